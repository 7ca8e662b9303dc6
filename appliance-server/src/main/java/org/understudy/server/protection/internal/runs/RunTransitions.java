package org.understudy.server.protection.internal.runs;

import java.util.EnumSet;
import java.util.Set;
import org.understudy.server.protection.BackupRun.State;

/** Which state may follow which; the table of docs/design/backup-run.md. */
final class RunTransitions {

    private RunTransitions() {}

    static boolean allowed(State from, State to) {
        return following(from).contains(to);
    }

    private static Set<State> following(State from) {
        return switch (from) {
            case REQUESTED -> EnumSet.of(State.DESCRIBING, State.FAILED, State.CANCELLED);
            case DESCRIBING -> EnumSet.of(State.PREPARING, State.FAILED, State.CANCELLED);
            case PREPARING -> EnumSet.of(State.OPENING_VIEW, State.FAILED, State.CANCELLED);
            case OPENING_VIEW -> EnumSet.of(State.EXPORTING, State.FAILED, State.CANCELLED);
            case EXPORTING -> EnumSet.of(State.TRANSFERRING, State.FAILED, State.CANCELLED);
            case TRANSFERRING -> EnumSet.of(State.RELEASING, State.FAILED, State.CANCELLED);
            case RELEASING -> EnumSet.of(State.SNAPSHOTTING, State.FAILED, State.CANCELLED);
            // Straight to CATALOGUING: the snapshot of a run that died was found in the pool.
            case SNAPSHOTTING -> EnumSet.of(State.COMMITTING, State.CATALOGUING, State.FAILED);
            case COMMITTING -> EnumSet.of(State.CATALOGUING, State.FAILED);
            case CATALOGUING -> EnumSet.of(State.DONE, State.FAILED);
            case DONE, FAILED, CANCELLED -> EnumSet.noneOf(State.class);
        };
    }
}
