/** How long a takeover takes beside a start of the same image by libvirt alone. */
@org.jspecify.annotations.NullMarked
package org.understudy.demo.bench.takeover;
