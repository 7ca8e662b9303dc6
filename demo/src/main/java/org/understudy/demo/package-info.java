/** The demonstration: the main job of the product, end to end, on one machine. */
@NullMarked
package org.understudy.demo;

import org.jspecify.annotations.NullMarked;
