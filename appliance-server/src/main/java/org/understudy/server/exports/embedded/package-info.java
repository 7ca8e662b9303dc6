/** Exports through the iSCSI target inside the server. */
@NullMarked
package org.understudy.server.exports.embedded;

import org.jspecify.annotations.NullMarked;
