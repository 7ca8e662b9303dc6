package org.understudy.privileges.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.privileges.name.CloneId;
import org.understudy.privileges.name.HostId;
import org.understudy.privileges.name.Identity;
import org.understudy.privileges.name.PointId;
import org.understudy.privileges.name.StoredText;
import org.understudy.privileges.name.Tag;

class CodecTest {

    private static final String H = "11111111-1111-1111-1111-111111111111";
    private static final String P = "22222222-2222-2222-2222-222222222222";
    private static final HostId HOST = new HostId(H);
    private static final PointId POINT = new PointId(P);
    private static final Identity ID = new Identity("18446744073709551615");

    static List<Request> everyVerb() {
        return List.of(
                new Request.CreateHost(HOST),
                new Request.CreateGeneration(HOST, 1),
                new Request.CreateVolume(HOST, 1, 255, 1L << 40, 16384),
                new Request.GrowVolume(HOST, 1, 0, 1L << 41),
                new Request.TakePoint(HOST, 1, POINT, Map.of("host-name", "büro \"1\" %"), 1_800_000_000L),
                new Request.FindPoint(HOST, 1, POINT),
                new Request.KeepPoint(HOST, 1, POINT, ID, 1_800_000_000L),
                new Request.HoldPoint(HOST, 1, POINT, new Tag("run")),
                new Request.ReleasePoint(HOST, 1, POINT, new Tag("run")),
                new Request.SetProperty(HOST, 1, POINT, "state", ""),
                new Request.RemoveProperty(HOST, 1, POINT, "state"),
                new Request.ForkGeneration(HOST, 1, POINT, 2),
                new Request.SelectHead(HOST, 2),
                new Request.ClonePoint(HOST, 1, POINT, new CloneId("takeover-1")),
                new Request.DestroyPoint(HOST, 1, POINT, ID),
                new Request.DestroyGeneration(HOST, 1, ID),
                new Request.DestroyHost(HOST, ID),
                new Request.DestroyClone(new CloneId("takeover-1"), ID),
                new Request.ReadStatus(),
                new Request.ConfirmClock(1_800_000_000L));
    }

    @ParameterizedTest
    @MethodSource("everyVerb")
    void every_verb_is_read_as_it_was_written(Request request) {
        assertThat(Codec.readRequest(Codec.write(request))).isEqualTo(request);
    }

    private static void refused(byte[] message) {
        assertThatExceptionOfType(ProblemException.class)
                .as(new String(message, StandardCharsets.ISO_8859_1))
                .isThrownBy(() -> Codec.readRequest(message))
                .satisfies(e -> {
                    assertThat(e.problem().code()).isEqualTo(ProblemCode.PROTOCOL_VIOLATION);
                    assertThat(e.problem().values().get("reason")).matches("[ -~]{1,203}");
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "null",
                "[]",
                "{}",
                "1",
                "\"create-host\"",
                "{\"verb\":\"run\",\"argv\":[\"zfs\",\"destroy\",\"-r\",\"tank\"]}",
                "{\"verb\":\"org.understudy.privileges.protocol.Request$CreateHost\",\"host\":\"" + H + "\"}",
                "{\"verb\":\"create-host\"}",
                "{\"verb\":\"create-host\",\"host\":null}",
                "{\"verb\":\"create-host\",\"host\":5}",
                "{\"verb\":\"create-host\",\"host\":[\"" + H + "\"]}",
                "{\"verb\":\"create-host\",\"host\":{\"value\":\"" + H + "\"}}",
                "{\"verb\":\"create-host\",\"host\":\"" + H + "\",\"path\":\"/etc/shadow\"}",
                "{\"verb\":\"create-host\",\"host\":\"" + H + "\",\"host\":\"" + H + "\"}",
                "{\"host\":\"" + H + "\",\"verb\":\"create-host\",\"verb\":\"read-status\"}",
                "{\"verb\":\"create-host\",\"host\":\"" + H + "\"} {\"verb\":\"read-status\"}",
                "{\"verb\":\"create-host\",\"host\":\"" + H + "\"",
                "{verb:\"read-status\"}",
                "{'verb':'read-status'}",
                "{\"verb\":\"read-status\",}",
                "{\"verb\":\"read-status\"/**/}",
                "{\"verb\":\"create-generation\",\"host\":\"" + H + "\",\"generation\":\"1\"}",
                "{\"verb\":\"create-generation\",\"host\":\"" + H + "\",\"generation\":1.0}",
                "{\"verb\":\"create-generation\",\"host\":\"" + H + "\",\"generation\":0}",
                "{\"verb\":\"create-generation\",\"host\":\"" + H + "\",\"generation\":-1}",
                "{\"verb\":\"create-generation\",\"host\":\"" + H + "\",\"generation\":4294967297}",
                "{\"verb\":\"create-generation\",\"host\":\"" + H + "\",\"generation\":true}",
                "{\"verb\":\"create-generation\",\"host\":\"" + H + "\"}",
                "{\"verb\":\"confirm-clock\",\"wallSeconds\":1e3}",
                "{\"verb\":\"confirm-clock\",\"wallSeconds\":99999999999999999999999999}",
                "{\"verb\":\"create-volume\",\"host\":\"" + H
                        + "\",\"generation\":1,\"disk\":0,\"bytes\":4097,\"blockBytes\":4096}"
            })
    void anything_else_is_refused(String message) {
        refused(message.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "..",
                ".",
                "",
                " ",
                "-o",
                "-r",
                "--",
                "a/b",
                "a@b",
                "a#b",
                "a%b",
                "a,b",
                "a b",
                "a\\u0000",
                "a\\n",
                "*",
                "tank",
                "/etc/passwd",
                "..\\/..",
                "A",
                "\\u00e4",
                "\\u0430",
                "\\ud83d\\ude00",
                "\\uff0e\\uff0e",
                "$(id)",
                "`id`",
                "a;b",
                "a|b",
                "11111111-1111-1111-1111-11111111111A",
                "11111111-1111-1111-1111-111111111111\\n",
                " 11111111-1111-1111-1111-111111111111"
            })
    void names_that_try_to_be_more_are_refused(String name) {
        for (String message : List.of(
                "{\"verb\":\"create-host\",\"host\":\"" + name + "\"}",
                "{\"verb\":\"find-point\",\"host\":\"" + H + "\",\"generation\":1,\"point\":\"" + name + "\"}",
                "{\"verb\":\"destroy-host\",\"host\":\"" + H + "\",\"identity\":\"" + name + "\"}")) {
            refused(message.getBytes(StandardCharsets.UTF_8));
        }
        if (!List.of("a", "tank").contains(name) && !name.matches("[a-z0-9-]+") || name.startsWith("-")) {
            refused(("{\"verb\":\"destroy-clone\",\"cloneId\":\"" + name + "\",\"identity\":\"1\"}")
                    .getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void deep_and_long_messages_are_refused_without_effort() {
        refused(("{\"verb\":" + "[".repeat(30_000)).getBytes(StandardCharsets.UTF_8));
        refused(("{\"verb\":\"create-host\",\"host\":\"" + "1".repeat(60_000) + "\"}")
                .getBytes(StandardCharsets.UTF_8));
        refused(("{\"" + "v".repeat(50_000) + "\":1}").getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void bytes_that_are_no_utf_8_are_refused() {
        refused(new byte[] {'"', (byte) 0xc0, (byte) 0x80, '"'});
        refused(new byte[] {(byte) 0xff, (byte) 0xfe, '{', 0, '}', 0});
        refused(new byte[] {'{', 0, '}'});
    }

    /** Bytes changed, cut and doubled: read as a request within bounds, or refused; never anything else. */
    @ParameterizedTest
    @ValueSource(longs = {101, 102, 103})
    void damaged_messages_are_requests_or_refused(long seed) {
        Random random = new Random(seed);
        List<Request> all = everyVerb();
        for (int i = 0; i < 4000; i++) {
            byte[] message = damage(Codec.write(all.get(random.nextInt(all.size()))), random);
            try {
                Request read = Codec.readRequest(message);
                assertThat(Codec.readRequest(Codec.write(read)))
                        .as("seed %d", seed)
                        .isEqualTo(read);
            } catch (ProblemException e) {
                assertThat(e.problem().code()).as("seed %d", seed).isEqualTo(ProblemCode.PROTOCOL_VIOLATION);
            }
        }
    }

    private static byte[] damage(byte[] message, Random random) {
        byte[] copy = java.util.Arrays.copyOf(message, message.length - random.nextInt(2) * random.nextInt(5));
        for (int n = random.nextInt(4); n > 0; n--) {
            String likely = "\"{}[],:\\0-./@% \n";
            copy[random.nextInt(copy.length)] =
                    random.nextBoolean() ? (byte) random.nextInt(256) : (byte) likely.charAt(random.nextInt(16));
        }
        return copy;
    }

    @ParameterizedTest
    @ValueSource(longs = {201, 202})
    void texts_come_back_from_their_stored_form(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            String text = random.ints(random.nextInt(20), 0x20, 0xd000)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
            assertThat(StoredText.decode(StoredText.encode(text)))
                    .as("seed %d", seed)
                    .contains(text);
            assertThat(StoredText.encode(text)).matches("=[ -~]*");
        }
        assertThat(StoredText.decode("plain")).isEmpty();
        assertThat(StoredText.decode("=%00zz")).isEmpty();
    }
}
