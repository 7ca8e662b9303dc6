/**
 * What the installed system on a protected disk needs to start on other hardware: its kernels' drivers, the contents of its initial
 * RAM disks, its network configuration. The tree is read as hostile: nothing outside of it is opened, every size is bounded.
 */
@NullMarked
package org.understudy.agent.boot;

import org.jspecify.annotations.NullMarked;
