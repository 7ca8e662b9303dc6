/** Byte ranges of a disk and sets of them. */
@NullMarked
package org.understudy.core.extent;

import org.jspecify.annotations.NullMarked;
