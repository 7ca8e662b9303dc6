/** Failures that a person or a caller can act on: a code, its class, and texts in every language of the product. */
@NullMarked
package org.understudy.core.problem;

import org.jspecify.annotations.NullMarked;
