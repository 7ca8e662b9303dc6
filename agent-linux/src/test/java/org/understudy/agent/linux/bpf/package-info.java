/** Tests of this package; those tagged {@code platform} need root, loop devices and eBPF. */
@NullMarked
package org.understudy.agent.linux.bpf;

import org.jspecify.annotations.NullMarked;
