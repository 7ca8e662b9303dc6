/** Suite {@code iscsi}: our target under the kernel's initiator (open-iscsi), our initiator against the kernel's target (LIO). */
@NullMarked
package org.understudy.lab.iscsi;

import org.jspecify.annotations.NullMarked;
