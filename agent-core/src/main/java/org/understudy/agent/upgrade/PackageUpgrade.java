package org.understudy.agent.upgrade;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.run.Outbox;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.ServerMessage;

/**
 * Fetches a package from the appliance, compares it with the digest that came over the authenticated control connection, and has it
 * installed. Whatever fails before the installation leaves everything as it was. One at a time. Thread-safe.
 */
public final class PackageUpgrade implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(PackageUpgrade.class);
    private static final String PACKAGES = "/agent/packages/";
    private static final Pattern NAME = Pattern.compile("understudy-agent[_-][A-Za-z0-9._~+-]{1,150}\\.(deb|rpm)");
    private static final long LARGEST = 1L << 30;

    private final PackageInstaller installer;
    private final Fetch fetch;
    private final Path directory;
    private final AtomicBoolean busy = new AtomicBoolean();
    private final ExecutorService worker = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "upgrade");
        thread.setDaemon(true);
        return thread;
    });

    /** Downloads from the appliance into a file. */
    @FunctionalInterface
    public interface Fetch {
        void fetch(String path, Path file);
    }

    /**
     * @param directory for the package while it is installed; belongs to the upgrade alone
     */
    public PackageUpgrade(PackageInstaller installer, Fetch fetch, Path directory) {
        this.installer = installer;
        this.fetch = fetch;
        this.directory = directory;
    }

    /** Deals with the request; answers go to {@code outbox}. Returns at once. */
    public void handle(ServerMessage.UpgradeAgent request, Outbox outbox) {
        if (!busy.compareAndSet(false, true)) {
            outbox.send(
                    failed(request, Problem.of(ProblemCode.UPGRADE_REFUSED, "reason", "another upgrade is under way")));
            return;
        }
        try {
            worker.execute(() -> {
                try {
                    outbox.send(upgrade(request));
                } finally {
                    busy.set(false);
                }
            });
        } catch (RejectedExecutionException e) {
            log.debug("no upgrade any more: the agent is closing");
        }
    }

    private AgentMessage upgrade(ServerMessage.UpgradeAgent request) {
        try {
            ServerMessage.PackageFile wanted = choose(request);
            log.info("upgrade: fetching {}", wanted.name());
            Path file = directory.resolve(wanted.name());
            try {
                Files.createDirectories(directory);
                fetch.fetch(PACKAGES + wanted.name(), file);
                check(file, wanted);
                log.info("upgrade: installing {}", wanted.name());
                installer.install(file);
            } finally {
                Files.deleteIfExists(file);
            }
            return new AgentMessage.Upgraded(request.request(), wanted.version());
        } catch (ProblemException e) {
            log.warn("upgrade: {}", e.problem().english());
            return failed(request, e.problem());
        } catch (IOException | RuntimeException e) {
            log.error("upgrade failed", e);
            return failed(request, Problem.of(ProblemCode.UPGRADE_FAILED).withDetails(e.toString()));
        }
    }

    private ServerMessage.PackageFile choose(ServerMessage.UpgradeAgent request) {
        PackageInstaller.Kind kind = installer.kind();
        ServerMessage.PackageFile found = request.packages().stream()
                .filter(one ->
                        one.format().equals(kind.format()) && one.architecture().equals(kind.architecture()))
                .findFirst()
                .orElseThrow(() -> Problem.of(
                                ProblemCode.UPGRADE_REFUSED,
                                "reason",
                                "the appliance has no package for " + kind.format() + " on " + kind.architecture())
                        .asException());
        if (!NAME.matcher(found.name()).matches() || found.bytes() < 1 || found.bytes() > LARGEST) {
            throw Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", "a package that cannot be one")
                    .asException();
        }
        return found;
    }

    private static void check(Path file, ServerMessage.PackageFile wanted) throws IOException {
        MessageDigest digest = BlockDigest.sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        String found = HexFormat.of().formatHex(digest.digest());
        if (Files.size(file) != wanted.bytes() || !found.equals(wanted.sha256().toLowerCase(Locale.ROOT))) {
            throw Problem.of(
                            ProblemCode.UPGRADE_REFUSED,
                            "reason",
                            "the package that was fetched has the SHA-256 " + found + ", announced was "
                                    + wanted.sha256())
                    .asException();
        }
    }

    private static AgentMessage.Failed failed(ServerMessage.UpgradeAgent request, Problem problem) {
        return new AgentMessage.Failed(request.request(), null, problem.code(), problem.values(), problem.details());
    }

    /** Takes no more requests; an installation that runs goes on outside this process. */
    @Override
    public void close() {
        worker.shutdown();
    }
}
