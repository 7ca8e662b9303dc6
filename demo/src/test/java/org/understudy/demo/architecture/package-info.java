/** Rules that hold in every module. */
@NullMarked
package org.understudy.demo.architecture;

import org.jspecify.annotations.NullMarked;
