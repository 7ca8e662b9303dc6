package org.understudy.privileges.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.problem.ProblemCode;
import org.understudy.privileges.clock.ClockFile;
import org.understudy.privileges.clock.ManualTime;
import org.understudy.privileges.clock.TrustedClock;
import org.understudy.privileges.log.CallLog;
import org.understudy.privileges.name.HostId;
import org.understudy.privileges.protocol.Answer;
import org.understudy.privileges.protocol.Codec;
import org.understudy.privileges.protocol.Request;
import org.understudy.privileges.storage.InMemoryPool;
import org.understudy.privileges.storage.StorageVerbs;
import org.understudy.zfs.name.DatasetName;

class GateTest {

    private static final Caller SERVER = new Caller(Caller.Role.SERVER, "understudy");
    private static final byte[] CREATE =
            Codec.write(new Request.CreateHost(new HostId("11111111-1111-1111-1111-111111111111")));

    @TempDir
    Path directory;

    private final ManualTime time = new ManualTime();
    private final InMemoryPool pool = new InMemoryPool(new DatasetName("tank"), new DatasetName("tank/understudy"));
    private CallLog log;
    private Gate gate;

    @BeforeEach
    void open() throws IOException {
        log = new CallLog(directory, time, CallLog.FILE_BYTES);
        TrustedClock clock = new TrustedClock(time, time, time, new ClockFile(directory.resolve("clock")));
        StorageVerbs verbs = new StorageVerbs(pool, new DatasetName("tank/understudy"), clock, Duration.ofDays(3660));
        verbs.prepare();
        gate = new Gate(log, clock, verbs);
    }

    private List<String> lines() throws IOException {
        return Files.readAllLines(directory.resolve("calls.log"));
    }

    @Test
    void a_call_is_logged_before_it_is_carried_out_and_after() throws IOException {
        assertThat(gate.answer(SERVER, CREATE)).isInstanceOf(Answer.Made.class);

        assertThat(lines()).hasSize(2);
        assertThat(lines().get(0))
                .contains("\"number\":1", "server:understudy", "\"event\":\"call\"", "\"verb\":\"create-host\"");
        assertThat(lines().get(1)).contains("\"event\":\"outcome\"", "\"call\":1", "\"answer\":\"made\"");
    }

    @Test
    void a_daemon_that_dies_in_a_call_has_logged_it() throws IOException {
        pool.dieAfter(0);

        assertThat(gate.answer(SERVER, CREATE))
                .isInstanceOfSatisfying(
                        Answer.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(ProblemCode.INTERNAL));

        assertThat(lines().get(0)).contains("create-host");
        assertThat(lines().get(1)).contains("INTERNAL");
    }

    @Test
    void what_cannot_be_logged_is_not_done() throws IOException {
        List<String> before = pool.changes();
        log.close();

        assertThat(gate.answer(SERVER, CREATE))
                .isInstanceOfSatisfying(
                        Answer.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(ProblemCode.CALL_LOG_FAILED));

        assertThat(pool.changes()).isEqualTo(before);
    }

    @Test
    void the_server_may_not_confirm_the_clock_and_the_console_may_not_work_on_the_pool() {
        byte[] confirm = Codec.write(new Request.ConfirmClock(ManualTime.START.getEpochSecond()));

        assertThat(gate.answer(SERVER, confirm)).isInstanceOf(Answer.Refused.class);
        assertThat(gate.answer(new Caller(Caller.Role.CONSOLE, "root"), CREATE)).isInstanceOf(Answer.Refused.class);
        assertThat(gate.answer(new Caller(Caller.Role.CONSOLE, "root"), confirm))
                .isInstanceOf(Answer.Done.class);
    }
}
