package org.understudy.server.web.api;

import java.util.List;
import java.util.Locale;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.BackupRuns;

/** Backup runs. */
@RestController
@RequestMapping("/api/v1")
class RunController {

    private static final int LIMIT = 500;

    private final BackupRuns runs;

    RunController(BackupRuns runs) {
        this.runs = runs;
    }

    @PostMapping("/hosts/{host}/runs")
    @ResponseStatus(HttpStatus.ACCEPTED)
    RunResource start(@PathVariable HostId host, Locale locale) {
        return run(runs.start(host, BackupRun.Trigger.MANUAL), locale);
    }

    @GetMapping("/hosts/{host}/runs")
    List<RunResource> ofHost(@PathVariable HostId host, @RequestParam(defaultValue = "50") int limit, Locale locale) {
        return runs.recent(host, Math.clamp(limit, 1, LIMIT)).stream()
                .map(run -> RunResource.of(run, locale))
                .toList();
    }

    @GetMapping("/runs")
    List<RunResource> recent(@RequestParam(defaultValue = "50") int limit, Locale locale) {
        return runs.recent(Math.clamp(limit, 1, LIMIT)).stream()
                .map(run -> RunResource.of(run, locale))
                .toList();
    }

    @GetMapping("/runs/{run}")
    RunResource run(@PathVariable RunId run, Locale locale) {
        return runs.run(run)
                .map(found -> RunResource.of(found, locale))
                .orElseThrow(() ->
                        Problem.of(ProblemCode.NOT_FOUND, "what", "run " + run).asException());
    }

    @PostMapping("/runs/{run}/cancel")
    RunResource cancel(@PathVariable RunId run, Locale locale) {
        runs.cancel(run);
        return run(run, locale);
    }
}
