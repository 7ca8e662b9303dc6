package org.understudy.server.fleet.delivery;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.fleet.port.InstallationPaths;

/** {@code GET /agent} and {@code GET /agent/packages/NAME}, for anybody and on both ports: nothing in them is secret. */
@RestController
public class InstallationController {

    private static final MediaType SHELL_SCRIPT = new MediaType("text", "x-shellscript", StandardCharsets.UTF_8);

    private final Installation installation;
    private final AgentPackages packages;

    public InstallationController(Installation installation, AgentPackages packages) {
        this.installation = installation;
        this.packages = packages;
    }

    /** Never an error status for a missing package: {@code curl -f | sh} would then say nothing at all. */
    @GetMapping(InstallationPaths.SCRIPT)
    ResponseEntity<byte[]> script() {
        return ResponseEntity.ok()
                .contentType(SHELL_SCRIPT)
                .cacheControl(CacheControl.noStore())
                .body(installation.script().getBytes(StandardCharsets.UTF_8));
    }

    @GetMapping(InstallationPaths.PACKAGES + "{name}")
    ResponseEntity<Resource> agentPackage(@PathVariable String name) {
        Path file = packages.file(name)
                .orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND, "what", "agent package")
                        .asException());
        return ResponseEntity.ok()
                .contentType(MediaType.APPLICATION_OCTET_STREAM)
                .body(new FileSystemResource(file));
    }
}
