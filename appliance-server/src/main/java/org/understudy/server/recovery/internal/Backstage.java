package org.understudy.server.recovery.internal;

import org.understudy.server.hypervisor.Hypervisor;
import org.understudy.server.protection.RecoveryPoints;
import org.understudy.server.recovery.RecoverySettings;
import org.understudy.server.storage.VolumeStore;

/** What every worker works with. */
record Backstage(
        TakeoverBook book,
        TakeoverLog log,
        VolumeStore store,
        Hypervisor hypervisor,
        RecoveryPoints points,
        Screenshots screenshots,
        RecoverySettings settings,
        RecoveryMetrics metrics) {}
