/**
 * Which parts of a block device were written: programs in the kernel that mark, and what user space does with the marks. The rules, states and
 * failures are in {@code docs/design/change-tracking.md}.
 */
@NullMarked
package org.understudy.agent.linux.tracking;

import org.jspecify.annotations.NullMarked;
