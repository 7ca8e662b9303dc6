package org.understudy.server.storage.zfs;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;

/** What ZFS refuses, as problems of the port. */
final class ZfsProblems {

    private ZfsProblems() {}

    static ProblemException translate(ZfsException failure) {
        Problem problem =
                switch (failure.error()) {
                    case ZfsError.OutOfSpace full -> full(full.name());
                    case ZfsError.Held held -> held(held.name(), "a hold of ZFS");
                    case ZfsError.HasClones clones -> held(clones.name(), String.join(", ", clones.clones()));
                    case ZfsError.Busy busy ->
                        conflict(busy.name() + " is still in use; end the export, machine or program that has it open");
                    case ZfsError.AlreadyExists exists -> conflict(exists.name() + " is there already");
                    case ZfsError.InvalidProperty invalid -> conflict(invalid.name() + ": " + invalid.detail());
                    case ZfsError.NotOurs other ->
                        conflict(other.name() + " is not what it was (identity " + other.found() + ", not "
                                + other.expected() + ")");
                    case ZfsError.HasChildren children -> conflict(children.name() + " holds things that are not ours");
                    case ZfsError.PoolMissing pool ->
                        unavailable("there is no pool " + pool.name() + "; it may have to be imported");
                    case ZfsError.PoolUnavailable pool -> unavailable("pool " + pool.pool() + ": " + pool.detail());
                    case ZfsError.NoModule none -> unavailable("the kernel of this machine has no ZFS module");
                    case ZfsError.KeyMissing key -> unavailable("the key of " + key.name() + " is not loaded");
                    case ZfsError.PermissionDenied denied -> unavailable("no permission for " + denied.name());
                    case ZfsError.Missing missing -> unavailable(missing.name() + " is gone");
                    case ZfsError.ParentMissing parent ->
                        unavailable("nothing is there in which " + parent.name() + " could be made");
                    case ZfsError.Unreadable unreadable -> unavailable("what the zfs tools say is not understood");
                    case ZfsError.Unsupported old -> unavailable("its version cannot " + old.what());
                    // Of streams, devices and pools, which no command of the store touches, and what the library
                    // tolerates.
                    case ZfsError.TagExists e -> unexpected(e);
                    case ZfsError.TagMissing e -> unexpected(e);
                    case ZfsError.NotAClone e -> unexpected(e);
                    case ZfsError.DestinationExists e -> unexpected(e);
                    case ZfsError.DestinationModified e -> unexpected(e);
                    case ZfsError.BaseMismatch e -> unexpected(e);
                    case ZfsError.PartialState e -> unexpected(e);
                    case ZfsError.BadStream e -> unexpected(e);
                    case ZfsError.ResumeRefused e -> unexpected(e);
                    case ZfsError.DeviceMissing e -> unexpected(e);
                    case ZfsError.DeviceInUse e -> unexpected(e);
                    case ZfsError.DeviceTooSmall e -> unexpected(e);
                    case ZfsError.ScrubRunning e -> unexpected(e);
                    case ZfsError.NoScrub e -> unexpected(e);
                    case ZfsError.Other other ->
                        unavailable("the zfs tools failed with status " + other.status() + ": " + other.message());
                };
        return problem.withDetails(failure.problem().details()).asException(failure);
    }

    private static Problem held(String name, String by) {
        return Problem.of(ProblemCode.POINT_HELD, "point", name, "holds", by);
    }

    private static Problem unexpected(ZfsError error) {
        return unavailable("an answer that makes no sense here: " + error);
    }

    private static Problem conflict(String reason) {
        return Problem.of(ProblemCode.CONFLICT, "reason", reason);
    }

    static Problem full(String where) {
        return Problem.of(ProblemCode.POOL_FULL, "free", "0 B").withDetails(where);
    }

    static Problem unavailable(String reason) {
        return Problem.of(ProblemCode.POOL_UNAVAILABLE, "reason", reason);
    }

    /** A failed file operation in the pool. */
    static ProblemException translate(IOException failure) {
        if (failure instanceof ClosedByInterruptException) {
            return Problem.of(ProblemCode.CANCELLED, "what", "work on the storage pool")
                    .asException(failure);
        }
        return unavailable("a file operation failed in it").asException(failure);
    }
}
