/** The protected machine of the demonstration: a bootable disk, attached and mounted as if it were running. */
@NullMarked
package org.understudy.demo.machine;

import org.jspecify.annotations.NullMarked;
