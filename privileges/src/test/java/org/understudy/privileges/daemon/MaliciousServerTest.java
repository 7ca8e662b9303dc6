package org.understudy.privileges.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.privileges.client.PrivilegesClient;
import org.understudy.privileges.clock.ManualTime;
import org.understudy.privileges.name.HostId;
import org.understudy.privileges.name.Identity;
import org.understudy.privileges.name.PointId;
import org.understudy.privileges.protocol.Answer;
import org.understudy.privileges.protocol.Codec;
import org.understudy.privileges.protocol.Frames;
import org.understudy.privileges.protocol.Request;

/** A stolen server with the socket at hand: what it tries is refused and logged, and the daemon serves on. Needs root. */
@Tag("platform")
class MaliciousServerTest {

    private static final String H = "11111111-1111-1111-1111-111111111111";
    private static final String P = "22222222-2222-2222-2222-222222222222";
    private static final HostId HOST = new HostId(H);
    private static final PointId POINT = new PointId(P);

    @TempDir
    Path directory;

    private DaemonFixture daemon;
    private PrivilegesClient good;
    private Answer.Point locked;
    private Set<String> everything;

    @BeforeEach
    void lockAPoint() throws IOException {
        daemon = new DaemonFixture(directory, "root", "root");
        good = new PrivilegesClient(daemon.settings.serverSocket());
        await().until(() -> good.ask(new Request.ReadStatus(), Answer.Status.class)
                .clock()
                .name()
                .equals("TRUSTED"));
        good.ask(new Request.CreateHost(HOST), Answer.Made.class);
        good.ask(new Request.CreateGeneration(HOST, 1), Answer.Made.class);
        good.ask(new Request.CreateVolume(HOST, 1, 0, 1 << 30, 16384), Answer.Made.class);
        locked = good.ask(
                new Request.TakePoint(
                        HOST,
                        1,
                        POINT,
                        Map.of("host-name", "web 1"),
                        ManualTime.START.plus(Duration.ofDays(7)).getEpochSecond()),
                Answer.Point.class);
        everything = daemon.pool.names();
    }

    @AfterEach
    void nothingIsLostAndTheDaemonServes() throws IOException {
        assertThat(daemon.pool.names()).isEqualTo(everything);
        assertThat(good.ask(new Request.FindPoint(HOST, 1, POINT), Answer.Point.class))
                .isEqualTo(locked);
        good.close();
        daemon.close();
    }

    private void refused(ProblemCode code, Request request) throws IOException {
        assertThat(daemon.send(Codec.write(request)))
                .isInstanceOfSatisfying(
                        Answer.Refused.class,
                        answer -> assertThat(answer.code()).isEqualTo(code));
        List<String> log = daemon.log();
        assertThat(log.get(log.size() - 2))
                .contains("\"event\":\"call\"", Codec.text(request).substring(1));
        assertThat(log.get(log.size() - 1)).contains("\"event\":\"outcome\"", "refused", code.name());
    }

    @Test
    void it_cannot_destroy_or_shorten_what_is_locked() throws IOException {
        refused(ProblemCode.POINT_LOCKED, new Request.DestroyPoint(HOST, 1, POINT, locked.identity()));
        refused(ProblemCode.LOCK_ONLY_LONGER, new Request.KeepPoint(HOST, 1, POINT, locked.identity(), 1));
        refused(ProblemCode.CONFLICT, new Request.DestroyPoint(HOST, 1, POINT, new Identity("1")));
        refused(ProblemCode.CONFLICT, new Request.DestroyGeneration(HOST, 1, generation()));
    }

    private Identity generation() {
        return good.ask(new Request.CreateGeneration(HOST, 1), Answer.Made.class)
                .identity();
    }

    @Test
    void it_cannot_gain_by_setting_the_clock_or_confirm_it() throws IOException {
        daemon.time.sourcesAgree(false);
        daemon.time.jump(Duration.ofDays(8));

        refused(ProblemCode.CLOCK_NOT_TRUSTED, new Request.DestroyPoint(HOST, 1, POINT, locked.identity()));
        refused(
                ProblemCode.ACCESS_DENIED,
                new Request.ConfirmClock(daemon.time.instant().getEpochSecond()));
        daemon.restart();
        refused(ProblemCode.CLOCK_NOT_TRUSTED, new Request.DestroyPoint(HOST, 1, POINT, locked.identity()));
        daemon.time.jump(Duration.ofDays(-8));
    }

    @Test
    void it_cannot_escape_by_names_options_or_paths() throws IOException {
        for (String name : List.of(
                "..",
                "../../tank/other",
                "-r",
                "-o",
                "a@b",
                "a%b",
                "a,b",
                "a b",
                "/etc/shadow",
                "tank/other",
                "\\u0000",
                H + "\\n",
                "\\u202e" + H,
                "*")) {
            for (String message : List.of(
                    "{\"verb\":\"create-host\",\"host\":\"" + name + "\"}",
                    "{\"verb\":\"destroy-host\",\"host\":\"" + name + "\",\"identity\":\"1003\"}",
                    "{\"verb\":\"destroy-clone\",\"cloneId\":\"" + name + "\",\"identity\":\"1003\"}",
                    "{\"verb\":\"destroy-point\",\"host\":\"" + H + "\",\"generation\":1,\"point\":\"" + name
                            + "\",\"identity\":\"" + locked.identity() + "\"}",
                    "{\"verb\":\"" + name + "\"}",
                    "{\"verb\":\"read-status\",\"path\":\"" + name + "\"}")) {
                int before = daemon.log().size();

                assertThat(daemon.send(message))
                        .isInstanceOfSatisfying(
                                Answer.Refused.class,
                                answer -> assertThat(answer.code()).isEqualTo(ProblemCode.PROTOCOL_VIOLATION));

                assertThat(daemon.log()).hasSize(before + 1);
                assertThat(daemon.log().get(before))
                        .contains("\"event\":\"refused\"")
                        .matches("[ -~]*");
            }
        }
    }

    @Test
    void a_replayed_request_gains_nothing() throws IOException {
        byte[] early =
                Codec.write(new Request.KeepPoint(HOST, 1, POINT, locked.identity(), locked.keepUntilSeconds() + 10));
        assertThat(daemon.send(early)).isInstanceOf(Answer.Point.class);
        locked = good.ask(
                new Request.KeepPoint(HOST, 1, POINT, locked.identity(), locked.keepUntilSeconds() + 100),
                Answer.Point.class);

        assertThat(daemon.send(early)).isInstanceOf(Answer.Refused.class);
    }

    @Test
    void lengths_out_of_bounds_end_the_connection_before_any_memory_is_taken() throws IOException {
        for (int length : new int[] {0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, Frames.MAX_BYTES + 1}) {
            int before = daemon.log().size();
            try (SocketChannel channel = daemon.connect()) {
                channel.write(ByteBuffer.allocate(4).putInt(length).flip());
                assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            }
            assertThat(daemon.log().get(before)).contains("refused", "a frame of");
        }
    }

    @Test
    void slow_and_truncated_messages_are_given_up_and_logged() throws IOException {
        int before = daemon.log().size();
        try (SocketChannel slow = daemon.connect();
                SocketChannel truncated = daemon.connect()) {
            slow.write(ByteBuffer.allocate(5).putInt(100).put((byte) '{').flip());
            truncated.write(ByteBuffer.allocate(5).putInt(100).put((byte) '{').flip());
            truncated.close();

            assertThat(slow.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
        await().until(() -> daemon.log().size() == before + 2);
        assertThat(daemon.log().get(before)).contains("did not come to its end");
    }

    @Test
    void idle_connections_give_way_to_a_good_client() throws IOException {
        List<SocketChannel> many = new ArrayList<>();
        try {
            for (int i = 0; i < DaemonFixture.QUICK.connections() * 10; i++) {
                many.add(daemon.connect());
            }
            for (int i = 0; i < 20; i++) {
                good.ask(new Request.ReadStatus(), Answer.Status.class);
            }
        } finally {
            for (SocketChannel channel : many) {
                channel.close();
            }
        }
    }

    @Test
    void random_bytes_are_refused() throws IOException {
        long seed = 301;
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            byte[] frame = new byte[1 + random.nextInt(200)];
            random.nextBytes(frame);
            assertThat(daemon.send(frame)).as("seed %d", seed).isInstanceOf(Answer.Refused.class);
        }
        assertThat(good.ask(new Request.ReadStatus(), Answer.Status.class).refused())
                .isGreaterThanOrEqualTo(200);
    }

    @Test
    void a_client_finds_the_daemon_again_after_a_restart() throws IOException {
        PrivilegesClient own = new PrivilegesClient(daemon.settings.serverSocket());
        own.ask(new Request.ReadStatus(), Answer.Status.class);
        daemon.close();
        try {
            assertThatExceptionOfType(ProblemException.class)
                    .isThrownBy(() -> own.ask(new Request.ReadStatus(), Answer.Status.class))
                    .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.PRIVILEGES_UNAVAILABLE));
        } finally {
            daemon.restart();
        }
        assertThat(own.ask(new Request.ReadStatus(), Answer.Status.class)).isNotNull();
        own.close();
    }

    @Test
    void the_console_confirms_the_clock_and_does_nothing_else() throws IOException {
        daemon.time.sourcesAgree(false);
        daemon.time.jump(Duration.ofDays(2));
        try (PrivilegesClient console = new PrivilegesClient(daemon.settings.consoleSocket())) {
            assertThat(console.ask(new Request.CreateHost(HOST))).isInstanceOf(Answer.Refused.class);
            assertThat(console.ask(new Request.ReadStatus(), Answer.Status.class)
                            .clock())
                    .isEqualTo(org.understudy.privileges.clock.ClockState.DOUBTED);

            console.ask(new Request.ConfirmClock(daemon.time.instant().getEpochSecond()), Answer.Done.class);

            assertThat(console.ask(new Request.ReadStatus(), Answer.Status.class)
                            .clock())
                    .isEqualTo(org.understudy.privileges.clock.ClockState.TRUSTED);
        }
    }

    @Test
    void a_second_daemon_on_the_same_state_is_refused() {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> PrivilegesDaemon.start(
                        daemon.settings,
                        new PrivilegesDaemon.Ground(daemon.pool, daemon.time, daemon.time, daemon.time)))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.DATA_DIRECTORY_IN_USE));
    }

    @Test
    void no_path_of_the_daemon_is_open_to_others() throws IOException {
        for (Path path : List.of(
                daemon.settings.state(),
                daemon.settings.log(),
                daemon.settings.consoleSocket().getParent())) {
            assertThat(java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .isEqualTo("rwx------");
        }
    }
}
