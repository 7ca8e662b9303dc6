/** Digests of the blocks of a disk image, and the file format that stores them. */
@NullMarked
package org.understudy.core.digest;

import org.jspecify.annotations.NullMarked;
