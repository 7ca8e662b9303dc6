/** The fake of the export port for tests of every module; it passes the same contract as the real target. */
@NullMarked
package org.understudy.server.exports.memory;

import org.jspecify.annotations.NullMarked;
