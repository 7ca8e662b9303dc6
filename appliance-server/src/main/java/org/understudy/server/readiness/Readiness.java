package org.understudy.server.readiness;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.protection.RecoveryPoints;

/**
 * Forecasts of hosts and of points. Facts of a host are stored by {@code fleet}, those of a point in its manifest, so a forecast is
 * made anew at each question and follows the rules of today. Thread-safe.
 */
@Component
public class Readiness {

    private final Fleet fleet;
    private final RecoveryPoints points;

    public Readiness(Fleet fleet, RecoveryPoints points) {
        this.fleet = fleet;
        this.points = points;
    }

    /** By what the host reported last; empty if it is not known or has not reported yet. */
    public Optional<Forecast> ofHost(HostId host) {
        return fleet.host(host).flatMap(Readiness::of);
    }

    /** By what the host reported last. */
    public static Optional<Forecast> of(ProtectedHost host) {
        List<String> selected = host.disks().stream()
                .filter(ProtectedHost.ProtectedDisk::selected)
                .sorted(Comparator.comparingInt(ProtectedHost.ProtectedDisk::number))
                .map(ProtectedHost.ProtectedDisk::key)
                .toList();
        return host.facts().map(facts -> Forecast.of(facts, selected));
    }

    /**
     * By what the host reported when the point was made.
     *
     * @throws org.understudy.core.problem.ProblemException {@code NOT_FOUND}, {@code MANIFEST_UNREADABLE}
     */
    public Forecast ofPoint(PointId point) {
        return of(points.manifest(point));
    }

    /** By what the host reported when the point was made. */
    public static Forecast of(Manifest manifest) {
        return Forecast.of(
                manifest.facts(),
                manifest.disks().stream()
                        .sorted(Comparator.comparingInt(Manifest.ManifestDisk::number))
                        .map(Manifest.ManifestDisk::key)
                        .toList());
    }
}
