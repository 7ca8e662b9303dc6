package org.understudy.agent.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.ServerMessage;

class PackageUpgradeTest {

    private static final String NAME = "understudy-agent_0.2.0_amd64.deb";
    private static final String CONTENT = "a newer agent";

    @TempDir
    Path directory;

    private final BlockingQueue<AgentMessage> answers = new LinkedBlockingQueue<>();
    private final List<String> installed = Collections.synchronizedList(new ArrayList<>());
    private String served = CONTENT;
    private @Nullable Problem refusal;
    private final CountDownLatch go = new CountDownLatch(1);
    private boolean wait;

    private final PackageInstaller installer = new PackageInstaller() {
        @Override
        public Kind kind() {
            return new Kind("deb", "amd64");
        }

        @Override
        public void install(Path file) {
            try {
                if (wait) {
                    go.await();
                }
                Problem problem = refusal;
                if (problem != null) {
                    throw problem.asException();
                }
                installed.add(Files.readString(file));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    };

    private final List<String> fetched = Collections.synchronizedList(new ArrayList<>());
    private @Nullable PackageUpgrade upgrade;

    @AfterEach
    void close() {
        go.countDown();
        if (upgrade != null) {
            upgrade.close();
        }
    }

    private void ask(PackageInstaller by, ServerMessage.PackageFile... files) {
        PackageUpgrade asked = upgrade;
        if (asked == null) {
            asked = new PackageUpgrade(
                    by,
                    (path, file) -> {
                        fetched.add(path);
                        try {
                            Files.writeString(file, served);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    },
                    directory.resolve("upgrade"));
            upgrade = asked;
        }
        asked.handle(new ServerMessage.UpgradeAgent(7, List.of(files)), answers::add);
    }

    private static ServerMessage.PackageFile file(String format, String name) {
        byte[] bytes = CONTENT.getBytes(StandardCharsets.UTF_8);
        return new ServerMessage.PackageFile(
                format,
                "amd64",
                "0.2.0",
                name,
                bytes.length,
                HexFormat.of().formatHex(BlockDigest.sha256().digest(bytes)));
    }

    private AgentMessage answer() throws InterruptedException {
        AgentMessage answer = answers.poll(1, TimeUnit.MINUTES);
        assertThat(answer).isNotNull();
        return answer;
    }

    private void assertRefused(ProblemCode code) throws InterruptedException {
        assertThat(answer())
                .isInstanceOfSatisfying(
                        AgentMessage.Failed.class,
                        failed -> assertThat(failed.code()).isEqualTo(code));
        assertThat(installed).isEmpty();
    }

    @Test
    void thePackageOfThisHostsKindIsFetchedAndInstalledAndLeavesNoFile() throws Exception {
        ask(installer, file("rpm", "understudy-agent-0.2.0-1.x86_64.rpm"), file("deb", NAME));
        assertThat(answer()).isEqualTo(new AgentMessage.Upgraded(7, "0.2.0"));
        assertThat(fetched).containsExactly("/agent/packages/" + NAME);
        assertThat(installed).containsExactly(CONTENT);
        assertThat(directory.resolve("upgrade")).isEmptyDirectory();
    }

    @Test
    void aPackageThatIsNotTheAnnouncedOneIsNotInstalled() throws Exception {
        served = "a newer agenT";
        ask(installer, file("deb", NAME));
        assertRefused(ProblemCode.UPGRADE_REFUSED);
        assertThat(directory.resolve("upgrade")).isEmptyDirectory();
    }

    @Test
    void aNameThatLeadsElsewhereIsRefusedBeforeItIsFetched() throws Exception {
        ask(installer, file("deb", "../../etc/cron.d/understudy-agent_1_amd64.deb"));
        assertRefused(ProblemCode.PROTOCOL_VIOLATION);
        assertThat(fetched).isEmpty();
    }

    @Test
    void withoutAPackageOfThisKindNothingHappens() throws Exception {
        ask(installer, file("rpm", "understudy-agent-0.2.0-1.x86_64.rpm"));
        assertRefused(ProblemCode.UPGRADE_REFUSED);
        assertThat(fetched).isEmpty();
    }

    @Test
    void anAgentThatIsNoPackageRefuses() throws Exception {
        ask(PackageInstaller.NONE, file("deb", NAME));
        assertRefused(ProblemCode.UPGRADE_REFUSED);
    }

    @Test
    void whatThePackageSystemSaysIsPassedOn() throws Exception {
        refusal = Problem.of(ProblemCode.UPGRADE_FAILED).withDetails("dpkg: no space");
        ask(installer, file("deb", NAME));
        assertThat(answer())
                .isInstanceOfSatisfying(
                        AgentMessage.Failed.class,
                        failed -> assertThat(failed.details()).isEqualTo("dpkg: no space"));
    }

    @Test
    void aSecondRequestWhileOneIsUnderWayIsRefused() throws Exception {
        wait = true;
        ask(installer, file("deb", NAME));
        ask(installer, file("deb", NAME));
        assertRefused(ProblemCode.UPGRADE_REFUSED);
        go.countDown();
        assertThat(answer()).isInstanceOf(AgentMessage.Upgraded.class);
    }
}
