package org.understudy.agent.enrolment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.understudy.agent.state.Identity;
import org.understudy.agent.state.StateDirectory;
import org.understudy.agent.testing.FakeAppliance;
import org.understudy.agent.testing.TestAuthority;
import org.understudy.agent.tls.AgentTls;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

class EnrollerTest {

    @TempDir
    Path directory;

    private FakeAppliance appliance;
    private StateDirectory state;

    @BeforeEach
    void start() throws Exception {
        appliance = new FakeAppliance(new TestAuthority());
        state = StateDirectory.open(directory.resolve("state"));
    }

    @AfterEach
    void stop() throws Exception {
        state.close();
        appliance.close();
    }

    private Identity enrol(String fingerprint, boolean force) {
        return new Enroller(state)
                .enrol(
                        new EnrolmentRequest(appliance.address(), fingerprint, "a token", List.of("/dev/loop7")),
                        "hóst 1",
                        "0123456789abcdef0123456789abcdef",
                        force);
    }

    private void assertProblem(ProblemCode code, Runnable action) {
        assertThatThrownBy(action::run)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).as(e.getMessage()).isEqualTo(code));
    }

    @Test
    void anEnrolledHostKeepsAWorkingIdentityThatOnlyItsOwnerCanRead() throws Exception {
        String shown = appliance.authority().fingerprint().toUpperCase(java.util.Locale.ROOT);
        Identity identity = enrol(shown.replaceAll("(..)(?=.)", "$1:"), false);

        assertThat(state.identity()).contains(identity);
        assertThat(identity.hostId()).isEqualTo("host-1");
        assertThat(identity.devices()).containsExactly("/dev/loop7");
        assertThat(AgentTls.mutual(identity.privateKey(), identity.certificate(), identity.authority()))
                .isNotNull();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("state"))))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(directory.resolve("state/identity.json"))))
                .isEqualTo("rw-------");
        assertThat(identity.toString()).doesNotContain("PRIVATE");
    }

    @Test
    void aWrongFingerprintIsToldBeforeAnythingIsSent() throws Exception {
        String other = new TestAuthority().fingerprint();

        assertThatThrownBy(() -> enrol(other, false)).isInstanceOfSatisfying(ProblemException.class, e -> {
            assertThat(e.problem().code()).isEqualTo(ProblemCode.FINGERPRINT_MISMATCH);
            assertThat(e.problem().values().get("expected")).isEqualTo(other);
            try {
                assertThat(e.problem().values().get("found"))
                        .isEqualTo(appliance.authority().fingerprint());
            } catch (java.security.GeneralSecurityException broken) {
                throw new AssertionError(broken);
            }
        });
        assertThat(state.identity()).isEmpty();
    }

    @Test
    void aServerWithAClientsCertificateOfTheRightAuthorityIsNotTheAppliance() throws Exception {
        try (FakeAppliance impostor = new FakeAppliance(appliance.authority(), false, 0)) {
            EnrolmentRequest request = new EnrolmentRequest(
                    impostor.address(), appliance.authority().fingerprint(), "a token", List.of());

            assertProblem(
                    ProblemCode.FINGERPRINT_MISMATCH,
                    () -> new Enroller(state).enrol(request, "host", "machine", false));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ProblemCode.class,
            names = {"TOKEN_INVALID", "TOKEN_EXPIRED", "TOKEN_USED"})
    void whatTheApplianceSaysOfATokenIsPassedOn(ProblemCode code) throws Exception {
        appliance.refuseTokens(code);
        String fingerprint = appliance.authority().fingerprint();

        assertProblem(code, () -> enrol(fingerprint, false));
        assertThat(state.identity()).isEmpty();
    }

    @Test
    void anApplianceThatIsNotThereIsUnreachable() throws Exception {
        String fingerprint = appliance.authority().fingerprint();
        appliance.close();

        assertProblem(ProblemCode.APPLIANCE_UNREACHABLE, () -> enrol(fingerprint, false));
    }

    @Test
    void anEnrolledHostIsEnrolledAgainOnlyByForce() throws Exception {
        String fingerprint = appliance.authority().fingerprint();
        Identity first = enrol(fingerprint, false);

        assertProblem(ProblemCode.ALREADY_ENROLLED, () -> enrol(fingerprint, false));
        assertThat(state.identity()).contains(first);

        Identity second = enrol(fingerprint, true);
        assertThat(second.privateKey()).isNotEqualTo(first.privateKey());
        assertThat(state.identity()).contains(second);
    }
}
