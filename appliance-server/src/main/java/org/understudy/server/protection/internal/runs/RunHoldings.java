package org.understudy.server.protection.internal.runs;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.understudy.server.kernel.PointId;

/**
 * What a run has taken and must give back if it fails. Each mark is set before the act, so that an act whose answer was lost is
 * undone too. Owned by the run's thread.
 */
final class RunHoldings {

    private boolean headTouched;
    private boolean viewOpen;
    private boolean exported;
    private boolean pointMade;
    private @Nullable PointId base;
    private @Nullable PointId heldBase;

    /** @param newBase what the head must equal again; empty: all zeros */
    void headTouched(Optional<PointId> newBase) {
        headTouched = true;
        base = newBase.orElse(null);
    }

    boolean isHeadTouched() {
        return headTouched;
    }

    Optional<PointId> base() {
        return Optional.ofNullable(base);
    }

    void baseHeld(PointId point) {
        heldBase = point;
    }

    Optional<PointId> heldBase() {
        return Optional.ofNullable(heldBase);
    }

    void baseReleased() {
        heldBase = null;
    }

    void viewOpen(boolean open) {
        viewOpen = open;
    }

    boolean isViewOpen() {
        return viewOpen;
    }

    void exported(boolean isExported) {
        exported = isExported;
    }

    boolean isExported() {
        return exported;
    }

    /** The snapshot exists: nothing is rolled back any more. */
    void pointMade() {
        pointMade = true;
    }

    boolean isPointMade() {
        return pointMade;
    }
}
