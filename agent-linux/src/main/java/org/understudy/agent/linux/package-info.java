/**
 * The agent on Linux: direct reads of block devices, what sysfs and procfs know of disks and mounts, FIFREEZE with an outside watchdog,
 * the command line. System calls go through JNA; nothing native is shipped.
 */
@NullMarked
package org.understudy.agent.linux;

import org.jspecify.annotations.NullMarked;
