package org.understudy.zfs.error;

import java.util.List;
import java.util.Optional;
import org.understudy.zfs.name.Guid;

/** Why {@code zfs} or {@code zpool} did not do what was asked; one type for each thing that a caller can act on. */
public sealed interface ZfsError {

    /** No file system, volume, snapshot or bookmark of that name. */
    record Missing(String name) implements ZfsError {}

    record ParentMissing(String name) implements ZfsError {}

    record PoolMissing(String name) implements ZfsError {}

    record AlreadyExists(String name) implements ZfsError {}

    /** A hold keeps the snapshot. */
    record Held(String name) implements ZfsError {}

    /** Clones come from the snapshot. */
    record HasClones(String name, List<String> clones) implements ZfsError {}

    /** Snapshots or datasets lie below. */
    record HasChildren(String name) implements ZfsError {}

    /** Mounted, opened, or exported to somebody. */
    record Busy(String name) implements ZfsError {}

    record TagExists(String name) implements ZfsError {}

    record TagMissing(String name) implements ZfsError {}

    record NotAClone(String name) implements ZfsError {}

    record OutOfSpace(String name) implements ZfsError {}

    /** A property that ZFS does not know, or a value that it does not take. */
    record InvalidProperty(String name, String detail) implements ZfsError {}

    /** A full stream to a dataset that is there already. */
    record DestinationExists(String name) implements ZfsError {}

    /** An incremental stream to a dataset that was written to since its last snapshot. */
    record DestinationModified(String name) implements ZfsError {}

    /** The last snapshot of the destination is not the base of the stream. */
    record BaseMismatch(String name) implements ZfsError {}

    /** An earlier receive was interrupted: resume it, or discard its state. */
    record PartialState(String name) implements ZfsError {}

    /** The bytes are no stream, end early, or were damaged. */
    record BadStream(String detail, Optional<String> resumeToken) implements ZfsError {}

    /** The token is not one, or what it names is gone. */
    record ResumeRefused(String detail) implements ZfsError {}

    record DeviceMissing(String device) implements ZfsError {}

    /** The device holds a pool, a file system, or is used by something else. */
    record DeviceInUse(String detail) implements ZfsError {}

    record DeviceTooSmall(String device) implements ZfsError {}

    record ScrubRunning(String pool) implements ZfsError {}

    record NoScrub(String pool) implements ZfsError {}

    /** I/O of the pool is suspended, or the pool cannot be opened. */
    record PoolUnavailable(String pool, String detail) implements ZfsError {}

    /** The key of an encrypted dataset is not loaded. */
    record KeyMissing(String name) implements ZfsError {}

    record PermissionDenied(String name) implements ZfsError {}

    /** The kernel has no ZFS. */
    record NoModule() implements ZfsError {}

    /** The name now belongs to something else than what was meant; nothing was done. */
    record NotOurs(String name, Guid expected, Guid found) implements ZfsError {}

    /** The version of ZFS on this machine cannot do it. */
    record Unsupported(String what) implements ZfsError {}

    /** The output of a tool is not understood. */
    record Unreadable(String output) implements ZfsError {}

    /** Anything else, in the tool's words. */
    record Other(int status, String message) implements ZfsError {}
}
