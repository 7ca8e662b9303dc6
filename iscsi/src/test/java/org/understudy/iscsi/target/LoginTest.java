package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.iscsi.IscsiException.ConnectionLost;
import org.understudy.iscsi.IscsiException.LoginRefused;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.initiator.DiscoveredTarget;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.SessionConfig;
import org.understudy.iscsi.negotiation.ChapCredentials;

/** Who gets in, and what those hear who do not. */
class LoginTest {

    private static final ChapCredentials RIGHT = new ChapCredentials("agent", "a-long-secret-1");
    private static final ChapCredentials BACK = new ChapCredentials("server", "another-secret-2");

    private IscsiTargetServer server;

    @BeforeEach
    void start() throws IOException {
        server = TestTargets.dualServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static TargetDefinition target() {
        return TestTargets.target(new MemoryBlockDevice(1 << 20));
    }

    private static int refusal(SessionConfig config) {
        LoginRefused refused = catchThrowableOfType(
                LoginRefused.class, () -> IscsiSession.login(config).close());
        assertThat(refused).as("refusal").isNotNull();
        return refused.status();
    }

    private static void assertWorks(SessionConfig config) throws IOException {
        try (IscsiSession session = IscsiSession.login(config)) {
            assertThat(session.luns()).containsExactly(0);
        }
    }

    @Test
    void an_open_target_lets_anybody_in() throws IOException {
        server.add(target());
        assertWorks(TestTargets.session(server));
    }

    @Test
    void an_unknown_target_is_not_found() {
        server.add(target());
        SessionConfig config = SessionConfig.of(TestTargets.plainAddress(server), "iqn.2026-11.org.understudy:nobody");
        assertThat(refusal(config)).isEqualTo(0x0203);
    }

    @Test
    void target_names_are_compared_without_case() throws IOException {
        server.add(target());
        assertWorks(
                SessionConfig.of(TestTargets.plainAddress(server), TestTargets.IQN.toUpperCase(java.util.Locale.ROOT)));
    }

    @Test
    void the_right_secret_gets_in() throws IOException {
        server.add(target().withChap(RIGHT));
        assertWorks(TestTargets.session(server).withChap(RIGHT));
    }

    @Test
    void a_missing_a_wrong_secret_and_a_wrong_name_are_refused() {
        server.add(target().withChap(RIGHT));
        SessionConfig config = TestTargets.session(server);
        assertThat(refusal(config)).isEqualTo(0x0201);
        assertThat(refusal(config.withChap(new ChapCredentials("agent", "wrong-secret-99"))))
                .isEqualTo(0x0201);
        assertThat(refusal(config.withChap(new ChapCredentials("other", RIGHT.secret()))))
                .isEqualTo(0x0201);
    }

    @Test
    void mutual_chap_proves_the_target() throws IOException {
        server.add(target().withChap(RIGHT).withMutualChap(BACK));
        assertWorks(TestTargets.session(server).withChap(RIGHT).withMutualChap(BACK));
    }

    @Test
    void an_initiator_leaves_a_target_that_cannot_prove_itself() {
        server.add(target().withChap(RIGHT).withMutualChap(BACK));
        SessionConfig config = TestTargets.session(server).withChap(RIGHT);
        assertThat(refusal(config.withMutualChap(new ChapCredentials("server", "not-this-secret"))))
                .isEqualTo(0x0201);
    }

    @Test
    void a_target_without_chap_cannot_stand_in_for_one_that_must_prove_itself() {
        server.add(target());
        assertThat(refusal(TestTargets.session(server).withChap(RIGHT).withMutualChap(BACK)))
                .isEqualTo(0x0201);
    }

    @Test
    void mutual_chap_is_refused_where_the_target_has_no_secret_for_it() {
        server.add(target().withChap(RIGHT));
        assertThat(refusal(TestTargets.session(server).withChap(RIGHT).withMutualChap(BACK)))
                .isEqualTo(0x0201);
    }

    @Test
    void the_access_list_counts() throws IOException {
        server.add(target().withAllowedInitiators(Set.of("iqn.2026-11.org.understudy:friend")));
        SessionConfig config = TestTargets.session(server);
        assertThat(refusal(config)).isEqualTo(0x0202);
        assertWorks(config.withInitiatorName("iqn.2026-11.org.understudy:friend"));
    }

    @Test
    void the_address_list_counts() throws IOException {
        server.add(target().withAllowedAddresses(Set.of("192.0.2.1")));
        assertThat(refusal(TestTargets.session(server))).isEqualTo(0x0202);
        server.remove(TestTargets.IQN);
        server.add(target().withAllowedAddresses(Set.of("127.0.0.1")));
        assertWorks(TestTargets.session(server));
    }

    @Test
    void over_tls_everything_works_too() throws IOException {
        server.add(target().withChap(RIGHT).withMutualChap(BACK));
        assertWorks(TestTargets.tlsSession(server, "agent-one").withChap(RIGHT).withMutualChap(BACK));
    }

    @Test
    void a_required_principal_alone_gets_in_and_never_without_tls() throws IOException {
        server.add(target().withRequiredPrincipal("agent-one"));
        assertWorks(TestTargets.tlsSession(server, "agent-one"));
        assertThat(refusal(TestTargets.tlsSession(server, "agent-two"))).isEqualTo(0x0202);
        assertThat(refusal(TestTargets.session(server))).isEqualTo(0x0202);
    }

    @Test
    void a_certificate_of_a_foreign_authority_ends_in_the_handshake() {
        server.add(target());
        SessionConfig config = TestTargets.tlsSession(server, "stranger");
        assertThatThrownBy(() -> IscsiSession.login(config).close()).isInstanceOf(ConnectionLost.class);
        assertThatThrownBy(() -> IscsiSession.login(
                                TestTargets.tlsSession(server, "agent-one").withTls(anonymous()))
                        .close())
                .isInstanceOf(ConnectionLost.class);
    }

    private static javax.net.ssl.SSLContext anonymous() throws IOException {
        try {
            javax.net.ssl.SSLContext context = javax.net.ssl.SSLContext.getInstance("TLSv1.3");
            context.init(null, new javax.net.ssl.TrustManager[] {new TrustingEverybody()}, null);
            return context;
        } catch (java.security.GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    /** A client that does not care who the server is, and has no certificate. */
    private static final class TrustingEverybody extends javax.net.ssl.X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(java.security.cert.X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(java.security.cert.X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(
                java.security.cert.X509Certificate[] chain, String type, java.net.Socket socket) {}

        @Override
        public void checkServerTrusted(
                java.security.cert.X509Certificate[] chain, String type, java.net.Socket socket) {}

        @Override
        public void checkClientTrusted(
                java.security.cert.X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public void checkServerTrusted(
                java.security.cert.X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public java.security.cert.X509Certificate[] getAcceptedIssuers() {
            return new java.security.cert.X509Certificate[0];
        }
    }

    @Test
    void discovery_names_the_targets_that_one_may_use() throws IOException {
        server.add(target());
        server.add(new TargetDefinition(
                        "iqn.2026-11.org.understudy:hidden",
                        List.of(),
                        java.util.Optional.empty(),
                        java.util.Optional.empty(),
                        Set.of("iqn.2026-11.org.understudy:friend"),
                        java.util.Optional.empty())
                .withExportLimits(ExportLimits.UNLIMITED));

        List<DiscoveredTarget> seen = IscsiSession.discover(TestTargets.session(server));

        assertThat(seen).extracting(DiscoveredTarget::iqn).containsExactly(TestTargets.IQN);
        assertThat(seen.get(0).portals()).containsExactly("127.0.0.1:" + server.plainPort() + ",1");
        List<DiscoveredTarget> friendly = IscsiSession.discover(
                TestTargets.session(server).withInitiatorName("iqn.2026-11.org.understudy:friend"));
        assertThat(friendly).hasSize(2);
    }

    @Test
    void many_targets_come_in_a_continued_answer() throws IOException {
        for (int i = 0; i < 500; i++) {
            server.add(TargetDefinition.open("iqn.2026-11.org.understudy:target-with-a-long-name-number-" + i));
        }
        assertThat(IscsiSession.discover(TestTargets.session(server))).hasSize(500);
    }

    @Test
    void credentials_never_show_in_text() {
        assertThat(target().withChap(RIGHT).toString()).doesNotContain(RIGHT.secret());
    }
}
