/**
 * The storage port on ZFS: one volume per disk, so that writes need no file system above the pool's own. {@code ZfsLayout} knows
 * the names, {@code HostTree} and {@code HostPoints} what is there, {@code Sweep} and {@code Lineage} plan without asking ZFS,
 * {@code ZfsVolumeStore} is the policy. Design: docs/design/zfs.md.
 *
 * <pre>
 * ROOT/reserve                    holds nothing; its reservation is kept for putting a full pool in order
 * ROOT/hosts/HOST                 its property org.understudy:head names the generation that is the head
 * ROOT/hosts/HOST/g1              generation: a file system with meta/
 * ROOT/hosts/HOST/g1/disk0        volume
 * ROOT/hosts/HOST/g1@POINT        recursive snapshot, one transaction; with org.understudy:gone it counts no more
 * ROOT/clones/CLONE/disk0         clone of a point; CLONE.new is being made, CLONE.old-GUID being removed
 * </pre>
 */
@NullMarked
package org.understudy.server.storage.zfs;

import org.jspecify.annotations.NullMarked;
