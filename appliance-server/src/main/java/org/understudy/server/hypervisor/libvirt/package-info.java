/**
 * The hypervisor as libvirt and QEMU: a private libvirtd in namespaces of its own or one that is already there, domain and
 * network descriptions, and a thread that reaches into the guests' network.
 */
@NullMarked
package org.understudy.server.hypervisor.libvirt;

import org.jspecify.annotations.NullMarked;
