/**
 * The storage port on btrfs: one subvolume per head, snapshot and clone, one sparse raw file per disk in it. Files stay
 * copy-on-write, because only then does btrfs keep checksums of their data. {@code BtrfsCommands} knows the tools' arguments,
 * {@code BtrfsParser} their output, {@code BtrfsVolumeStore} the policy.
 *
 * <pre>
 * understudy/lock                        held by the server that uses the pool
 * understudy/reserve                     space kept for putting a full pool in order
 * understudy/HOST/head                   subvolume: disk0.raw, disk1.raw, …, meta/
 * understudy/HOST/points/POINT           read-only snapshot of head
 * understudy/HOST/points/POINT.json      its record; a snapshot without one does not count
 * understudy/clones/CLONE                writable snapshot of a point
 * understudy/clones/CLONE.json           its record; a clone without one does not count
 * </pre>
 */
@NullMarked
package org.understudy.server.storage.btrfs;

import org.jspecify.annotations.NullMarked;
