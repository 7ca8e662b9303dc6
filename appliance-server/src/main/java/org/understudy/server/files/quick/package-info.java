/**
 * The quick path: the appliance's own kernel mounts the file systems of a clone, read-only. See docs/design/files.md.
 */
@NullMarked
package org.understudy.server.files.quick;

import org.jspecify.annotations.NullMarked;
