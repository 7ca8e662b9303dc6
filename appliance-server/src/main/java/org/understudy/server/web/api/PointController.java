package org.understudy.server.web.api;

import java.time.Instant;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.Manifest;
import org.understudy.server.protection.RecoveryPoints;

/** Recovery points. */
@RestController
@RequestMapping("/api/v1")
class PointController {

    private static final Logger log = LoggerFactory.getLogger(PointController.class);

    private final RecoveryPoints points;

    PointController(RecoveryPoints points) {
        this.points = points;
    }

    @GetMapping("/hosts/{host}/points")
    List<PointResource> ofHost(@PathVariable HostId host) {
        return points.points(host).stream().map(PointResource::of).toList();
    }

    @GetMapping("/points/{point}")
    PointResource point(@PathVariable PointId point) {
        return points.point(point)
                .map(PointResource::of)
                .orElseThrow(() -> Problem.of(ProblemCode.POINT_NOT_FOUND, "point", point.toString())
                        .asException());
    }

    @GetMapping("/points/{point}/manifest")
    Manifest manifest(@PathVariable PointId point) {
        return points.manifest(point);
    }

    /** Starts reading the point back; the outcome appears in the point's {@code verification}. */
    @PostMapping("/points/{point}/verify")
    @ResponseStatus(HttpStatus.ACCEPTED)
    PointResource verify(@PathVariable PointId point) {
        PointResource found = point(point);
        var unused = points.verify(point).whenComplete((verified, failure) -> {
            if (failure != null) {
                log.warn("Verification of recovery point {} did not finish: {}", point, failure.toString());
            }
        });
        return found;
    }

    record PinChange(boolean pinned) {}

    @PutMapping("/points/{point}/pin")
    PointResource pin(@PathVariable PointId point, @RequestBody PinChange change) {
        return PointResource.of(points.pin(point, change.pinned()));
    }

    /** @param until an instant in the future; a lock can be made longer, never shorter */
    record LockChange(Instant until) {}

    @PutMapping("/points/{point}/lock")
    PointResource lock(@PathVariable PointId point, @RequestBody LockChange change) {
        return PointResource.of(points.lock(point, change.until()));
    }

    @DeleteMapping("/points/{point}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void delete(@PathVariable PointId point) {
        points.delete(point);
    }

    /** Makes the catalogue equal to what the pool holds. */
    @PostMapping("/catalogue/rebuild")
    RecoveryPoints.RebuildReport rebuild() {
        return points.rebuildCatalogue();
    }
}
