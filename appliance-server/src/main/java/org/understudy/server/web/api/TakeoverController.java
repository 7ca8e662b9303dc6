package org.understudy.server.web.api;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.hypervisor.VirtualMachine;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeovers;

/** Takeovers and drills. */
@RestController
@RequestMapping("/api/v1/takeovers")
class TakeoverController {

    private final Takeovers takeovers;

    TakeoverController(Takeovers takeovers) {
        this.takeovers = takeovers;
    }

    /**
     * What to start. Everything but point and mode is chosen from the point's facts if left out.
     *
     * @param mode {@code TAKEOVER} or {@code DRILL}
     * @param acceptSuspect start although verification found damage
     */
    record TakeoverRequest(
            String pointId,
            Takeover.Mode mode,
            @Nullable Integer cpus,
            @Nullable Long memoryBytes,
            VirtualMachine.@Nullable DiskBus diskBus,
            VirtualMachine.@Nullable NicModel nicModel,
            VirtualMachine.@Nullable Firmware firmware,
            @Nullable List<TakeoverResource.ProbeResource> probes,
            @Nullable Boolean acceptSuspect) {}

    @PostMapping
    @ResponseStatus(HttpStatus.ACCEPTED)
    TakeoverResource start(@RequestBody TakeoverRequest request, Locale locale) {
        TakeoverId id = takeovers.start(new Takeovers.Request(
                PointId.parse(request.pointId()),
                request.mode(),
                request.cpus() == null ? OptionalInt.empty() : OptionalInt.of(request.cpus()),
                request.memoryBytes() == null ? OptionalLong.empty() : OptionalLong.of(request.memoryBytes()),
                Optional.ofNullable(request.diskBus()),
                Optional.ofNullable(request.nicModel()),
                Optional.ofNullable(request.firmware()),
                request.probes() == null
                        ? List.of()
                        : request.probes().stream()
                                .map(TakeoverResource.ProbeResource::toProbe)
                                .toList(),
                Boolean.TRUE.equals(request.acceptSuspect())));
        return takeover(id, locale);
    }

    @GetMapping
    List<TakeoverResource> recent(@RequestParam(defaultValue = "50") int limit, Locale locale) {
        return takeovers.takeovers(Math.clamp(limit, 1, 500)).stream()
                .map(takeover -> TakeoverResource.of(takeover, locale))
                .toList();
    }

    /** What there is for machines, what of it is kept for takeovers, and who has the rest. */
    @GetMapping("/room")
    MachineRoomResource room() {
        return MachineRoomResource.of(takeovers.room());
    }

    @GetMapping("/{takeover}")
    TakeoverResource takeover(@PathVariable TakeoverId takeover, Locale locale) {
        return takeovers
                .takeover(takeover)
                .map(found -> TakeoverResource.of(found, locale))
                .orElseThrow(() -> notFound("takeover " + takeover));
    }

    @GetMapping(value = "/{takeover}/screenshot", produces = MediaType.IMAGE_PNG_VALUE)
    ResponseEntity<byte[]> screenshot(@PathVariable TakeoverId takeover) {
        byte[] png = takeovers.screenshot(takeover).orElseThrow(() -> notFound("screenshot of " + takeover));
        return ResponseEntity.ok()
                .contentType(MediaType.IMAGE_PNG)
                .cacheControl(CacheControl.noStore())
                .body(png);
    }

    @PostMapping("/{takeover}/stop")
    TakeoverResource stop(@PathVariable TakeoverId takeover, Locale locale) {
        takeovers.stop(takeover);
        return takeover(takeover, locale);
    }

    @PostMapping("/{takeover}/resume")
    TakeoverResource resume(@PathVariable TakeoverId takeover, Locale locale) {
        takeovers.resume(takeover);
        return takeover(takeover, locale);
    }

    @PostMapping("/{takeover}/discard")
    TakeoverResource discard(@PathVariable TakeoverId takeover, Locale locale) {
        takeovers.discard(takeover);
        return takeover(takeover, locale);
    }

    record KeepChange(boolean kept) {}

    @PutMapping("/{takeover}/keep")
    TakeoverResource keep(@PathVariable TakeoverId takeover, @RequestBody KeepChange change, Locale locale) {
        takeovers.keep(takeover, change.kept());
        return takeover(takeover, locale);
    }

    private static RuntimeException notFound(String what) {
        return Problem.of(ProblemCode.NOT_FOUND, "what", what).asException();
    }
}
