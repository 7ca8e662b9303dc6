package org.understudy.server.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.util.FileSystemUtils;

/** How a host that knows nothing gets the agent: script, packages, and the line that people copy. */
class DeliveryTest {

    private static final String OLD = "understudy-agent_0.1.0~20261101.aaaa_amd64.deb";
    private static final String NEW = "understudy-agent_0.1.0_amd64.deb";
    private static final String RPM = "understudy-agent-0.1.0-1.x86_64.rpm";

    private final FleetServer server = FleetServer.shared();
    private final TestAgent nobody = new TestAgent(server, "delivery-" + UUID.randomUUID());
    private final Path packages = server.data.resolve("agent-packages");

    @BeforeEach
    void packages() throws IOException {
        server.clock.forward(Duration.ofHours(2));
        Files.createDirectories(packages);
        Files.writeString(packages.resolve(OLD), "old deb");
        Files.writeString(packages.resolve(NEW), "new deb");
        Files.writeString(packages.resolve(RPM), "rpm");
        Files.writeString(packages.resolve("secret.txt"), "not a package");
        Files.writeString(packages.resolve("understudy-agent_1';reboot;'_amd64.deb"), "not a package either");
    }

    @AfterEach
    void noPackages() throws IOException {
        FileSystemUtils.deleteRecursively(packages);
    }

    private HttpResponse<String> get(int port, String path) {
        return nobody.send(nobody.to(port, path).GET().build());
    }

    private static String sha256(String text) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes("UTF-8")));
    }

    @Test
    void anybodyMayReadTheScriptOnBothPortsAndItNamesThisApplianceAndItsNewestPackages() throws Exception {
        for (int port : new int[] {server.consolePort(), server.agentPort()}) {
            HttpResponse<String> answer = get(port, "/agent");
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body())
                    .startsWith("#!/bin/sh\n")
                    .endsWith("\nmain \"$@\" </dev/null\n")
                    .contains("SERVER='127.0.0.1:" + server.agentPort() + "'")
                    .contains("FINGERPRINT='" + server.identity.fingerprint() + "'")
                    .contains("deb amd64 0.1.0 " + sha256("new deb") + " 7 " + NEW)
                    .contains("rpm x86_64 0.1.0 " + sha256("rpm") + " 3 " + RPM)
                    .doesNotContain(OLD)
                    .doesNotContain("reboot")
                    .doesNotContainPattern("@[A-Z]+@");
        }
    }

    @Test
    void packagesAreGivenOutByTheirExactNamesOnly() {
        assertThat(get(server.agentPort(), "/agent/packages/" + NEW).body()).isEqualTo("new deb");
        assertThat(get(server.consolePort(), "/agent/packages/" + RPM).body()).isEqualTo("rpm");
        for (String path :
                new String[] {"secret.txt", "", "x/../" + NEW + "x", "%2e%2e/ports.properties", "..%2fports.properties"
                }) {
            HttpResponse<String> answer = get(server.agentPort(), "/agent/packages/" + path);
            assertThat(answer.statusCode()).as(path).isIn(400, 403, 404);
        }
    }

    @Test
    void aPackageThatIsReplacedGetsItsNewDigest() throws Exception {
        assertThat(get(server.agentPort(), "/agent").body()).contains(sha256("new deb"));
        Files.writeString(packages.resolve(NEW), "another new deb");
        assertThat(get(server.agentPort(), "/agent").body()).contains(sha256("another new deb"));
    }

    @Test
    void nothingCanBeChangedThere() {
        HttpResponse<String> answer = nobody.send(nobody.to(server.agentPort(), "/agent")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString("x"))
                .build());
        assertThat(answer.statusCode()).isEqualTo(404);
    }

    @Test
    void theLineOfATokenPinsTheKeyAndNamesTheFingerprint() {
        Fleet.IssuedToken issued = server.fleet().issueToken(Duration.ofMinutes(5), "tester");
        assertThat(issued.install().orElseThrow())
                .matches("curl -fsSk --pinnedpubkey 'sha256//[A-Za-z0-9+/]{43}=' https://127\\.0\\.0\\.1:"
                        + server.agentPort()
                        + "/agent \\| sh -s -- --fingerprint [0-9a-f]{64} --token [A-Za-z0-9_-]{43}")
                .contains(server.identity.fingerprint())
                .endsWith(issued.token());
    }

    @Test
    void withoutPackagesThereIsNoLineAndTheScriptStillExplains() throws IOException {
        FileSystemUtils.deleteRecursively(packages);
        assertThat(server.fleet().issueToken(Duration.ofMinutes(5), "tester").install())
                .isEmpty();
        HttpResponse<String> answer = get(server.agentPort(), "/agent");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("PACKAGES=''");
    }
}
