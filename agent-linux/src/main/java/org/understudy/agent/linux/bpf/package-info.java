/**
 * eBPF without a compiler or a library: the bpf(2) calls that change tracking needs, an assembler, and a reader of the kernel's type
 * information. Knows nothing of disks.
 */
@NullMarked
package org.understudy.agent.linux.bpf;

import org.jspecify.annotations.NullMarked;
