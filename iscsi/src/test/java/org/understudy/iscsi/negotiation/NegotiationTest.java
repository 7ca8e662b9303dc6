package org.understudy.iscsi.negotiation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.iscsi.negotiation.ChapAuthenticator.AuthenticationFailed;

class NegotiationTest {

    private static TextKeys answer(String key, String value) throws NegotiationException {
        return new OperationalKeys(1 << 20, 1 << 20).answer(new TextKeys().put(key, value));
    }

    @ParameterizedTest(name = "{0}={1} is answered {2}")
    @CsvSource({
        "HeaderDigest, 'CRC32C,None', CRC32C",
        "DataDigest, 'None,CRC32C', None",
        "DataDigest, 'XYZ', Reject",
        "InitialR2T, No, No",
        "InitialR2T, Yes, Yes",
        "ImmediateData, No, No",
        "MaxBurstLength, 16776192, 1048576",
        "MaxBurstLength, 65536, 65536",
        "MaxOutstandingR2T, 1, 1",
        "MaxOutstandingR2T, 100, 8",
        "MaxConnections, 8, 1",
        "ErrorRecoveryLevel, 2, 0",
        "DefaultTime2Retain, 20, 0",
        "DataPDUInOrder, No, Yes",
        "IFMarker, Yes, No",
        "OFMarkInt, 2048, Reject",
        "X-com.example.key, 1, NotUnderstood",
        "iSCSIProtocolLevel, 2, 1"
    })
    void offers_are_answered_by_the_rules(String key, String value, String expected) throws NegotiationException {
        assertThat(answer(key, value).get(key)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MaxBurstLength=0",
                "MaxBurstLength=99999999999",
                "InitialR2T=maybe",
                "MaxRecvDataSegmentLength=100",
                "MaxConnections=x"
            })
    void nonsense_is_refused(String pair) {
        String[] parts = pair.split("=");
        assertThatThrownBy(() -> answer(parts[0], parts[1])).isInstanceOf(NegotiationException.class);
    }

    @Test
    void first_burst_never_exceeds_max_burst() throws NegotiationException {
        OperationalKeys keys = new OperationalKeys(1 << 20, 1 << 20);
        TextKeys reply =
                keys.answer(new TextKeys().put("FirstBurstLength", 262144).put("MaxBurstLength", 65536));
        assertThat(reply.get("FirstBurstLength")).isEqualTo("65536");
        assertThat(keys.result().firstBurstBytes()).isEqualTo(65536);
    }

    @Test
    void an_initiator_and_a_target_agree() throws NegotiationException {
        OperationalKeys initiator = new OperationalKeys(262144, 524288);
        OperationalKeys target = new OperationalKeys(1 << 20, 1 << 20);
        initiator.accept(target.answer(initiator.offer(true, false)), true, false);
        SessionParameters ours = initiator.result();
        SessionParameters theirs = target.result();
        assertThat(ours.digests()).isEqualTo(theirs.digests());
        assertThat(ours.sendSegmentBytes())
                .isEqualTo(theirs.receiveSegmentBytes())
                .isEqualTo(1 << 20);
        assertThat(theirs.sendSegmentBytes()).isEqualTo(262144);
        assertThat(ours.maxBurstBytes()).isEqualTo(theirs.maxBurstBytes()).isEqualTo(524288);
        assertThat(ours.initialR2t()).isEqualTo(theirs.initialR2t()).isFalse();
    }

    @Test
    void text_is_parsed_and_written_alike() throws NegotiationException {
        TextKeys keys = new TextKeys().put("A", "1").put("B", "x=y").put("C", "");
        assertThat(TextKeys.parse(keys.encode()).asMap()).isEqualTo(keys.asMap());
        byte[] padded = (new String(keys.encode(), StandardCharsets.UTF_8) + "\0\0\0").getBytes(StandardCharsets.UTF_8);
        assertThat(TextKeys.parse(padded).asMap()).isEqualTo(keys.asMap());
    }

    @ParameterizedTest
    @ValueSource(strings = {"novalue", "=x", "A=1\0A=2"})
    void broken_text_is_refused(String text) {
        assertThatThrownBy(() -> TextKeys.parse(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(NegotiationException.class);
    }

    /** Vector computed from RFC 1994: MD5 over identifier, secret and challenge. */
    @Test
    void chap_answers_as_the_rfc_says() throws Exception {
        byte[] challenge = "challenge-bytes!".getBytes(StandardCharsets.UTF_8);
        byte[] expected = java.security.MessageDigest.getInstance("MD5")
                .digest("\u0007secret-of-12challenge-bytes!".getBytes(StandardCharsets.UTF_8));
        assertThat(Chap.response(Chap.Algorithm.MD5, new Chap.Challenge(7, challenge), "secret-of-12"))
                .isEqualTo(expected);
        assertThat(Chap.decode(Chap.encode(expected))).isEqualTo(expected);
        assertThat(Chap.decode("0bAQID")).containsExactly(1, 2, 3);
        assertThat(Chap.decode("0x123")).containsExactly(1, 0x23);
        assertThatThrownBy(() -> Chap.decode("zz")).isInstanceOf(NegotiationException.class);
        assertThatThrownBy(() -> Chap.decode("0x" + "00".repeat(2000))).isInstanceOf(NegotiationException.class);
    }

    @Test
    void a_challenge_is_good_for_one_answer_and_may_not_be_reflected() throws Exception {
        ChapCredentials in = new ChapCredentials("user", "in-secret-123");
        ChapAuthenticator target =
                new ChapAuthenticator(in, Optional.of(new ChapCredentials("server", "out-secret-123")));
        TextKeys question = target.step(new TextKeys().put("CHAP_A", "5"));
        assertThatThrownBy(
                        () -> target.step(new TextKeys().put("CHAP_N", "user").put("CHAP_R", "0x00")))
                .isInstanceOf(AuthenticationFailed.class);
        Chap.Challenge asked = new Chap.Challenge(
                Integer.parseInt(String.valueOf(question.get("CHAP_I"))),
                Chap.decode(String.valueOf(question.get("CHAP_C"))));
        String proof = Chap.encode(Chap.response(Chap.Algorithm.MD5, asked, in.secret()));
        assertThatThrownBy(
                        () -> target.step(new TextKeys().put("CHAP_N", "user").put("CHAP_R", proof)))
                .isInstanceOf(AuthenticationFailed.class);

        ChapAuthenticator second =
                new ChapAuthenticator(in, Optional.of(new ChapCredentials("server", "out-secret-123")));
        TextKeys again = second.step(new TextKeys().put("CHAP_A", "5"));
        Chap.Challenge mirrored = new Chap.Challenge(
                Integer.parseInt(String.valueOf(again.get("CHAP_I"))),
                Chap.decode(String.valueOf(again.get("CHAP_C"))));
        TextKeys reflection = new TextKeys()
                .put("CHAP_N", "user")
                .put("CHAP_R", Chap.encode(Chap.response(Chap.Algorithm.MD5, mirrored, in.secret())))
                .put("CHAP_I", mirrored.identifier())
                .put("CHAP_C", Chap.encode(mirrored.bytes()));
        assertThatThrownBy(() -> second.step(reflection)).isInstanceOf(AuthenticationFailed.class);
        assertThat(second.authenticated()).isFalse();
    }

    @Test
    void names_are_checked_and_lower_case() {
        assertThat(IscsiName.of("IQN.2026-11.org.Example:Disk").value()).isEqualTo("iqn.2026-11.org.example:disk");
        assertThat(IscsiName.of("eui.0123456789abcdef").value()).startsWith("eui.");
        assertThatThrownBy(() -> IscsiName.of("disk")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> IscsiName.of("iqn.2026-11.org.example:with space"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
