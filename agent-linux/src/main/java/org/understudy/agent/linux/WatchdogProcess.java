package org.understudy.agent.linux;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.understudy.core.command.Command;
import org.understudy.core.command.InteractiveProcess;
import org.understudy.core.command.InteractiveRunner;

/**
 * The running {@link FreezeWatchdog} and the talk with it. Started at the first need and kept; started anew if it died. Used by one
 * thread.
 */
final class WatchdogProcess implements AutoCloseable {

    private static final long ANSWER_SECONDS = 10;

    /** For the first answer of a program that was just started: a busy host takes its time, and nothing is frozen yet. */
    private static final long START_SECONDS = 60;

    /**
     * What keeps it small. It does little and seldom, so nothing is compiled: no compilers, no code that they made. Archived classes stay
     * pages of the archive, which it shares with the agent. Nobody attaches to it, which would write a file.
     */
    private static final List<String> SMALL = List.of(
            "-XX:+IgnoreUnrecognizedVMOptions",
            "-XX:+UnlockDiagnosticVMOptions",
            "--enable-native-access=ALL-UNNAMED",
            "-Xms2m",
            "-Xmn1m",
            "-Xmx16m",
            "-Xss256k",
            "-Xint",
            "-XX:+UseSerialGC",
            "-XX:ArchiveRelocationMode=0",
            "-XX:-UsePerfData",
            "-XX:+DisableAttachMechanism");

    private final InteractiveRunner programs;
    private final Path log;
    private @Nullable InteractiveProcess process;
    private BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();

    /**
     * @param log what the program says on standard error
     */
    WatchdogProcess(InteractiveRunner programs, Path log) {
        this.programs = programs;
        this.log = log;
    }

    private record Answer(boolean ok, String text, int number) {}

    /** What is written to the program. */
    @FunctionalInterface
    private interface Words {
        void write(DataOutputStream out) throws IOException;
    }

    /** Has the program open the mount points, start it first if need be. */
    void open(List<String> paths) throws IOException {
        boolean started = process == null || !process.isAlive();
        if (started) {
            start();
        }
        ask(FreezeWatchdog.OPEN, started ? START_SECONDS : ANSWER_SECONDS, out -> {
            out.writeInt(paths.size());
            for (String path : paths) {
                out.writeUTF(path);
            }
        });
    }

    /** From now on the program thaws when the time is over or this process dies. */
    void arm(long millis) throws IOException {
        ask(FreezeWatchdog.ARM, ANSWER_SECONDS, out -> out.writeLong(millis));
    }

    /** Ends the vigil; returns how many file systems the program had to thaw. */
    int disarm() throws IOException {
        return ask(FreezeWatchdog.DISARM, ANSWER_SECONDS, out -> {}).number();
    }

    /** Has the program let go of the mount points, so that they can be unmounted. */
    void release() throws IOException {
        ask(FreezeWatchdog.CLOSE, ANSWER_SECONDS, out -> {});
    }

    private void start() {
        close();
        Path java = Path.of(System.getProperty("java.home", "/usr"), "bin", "java");
        InteractiveProcess started = programs.converse(Command.of(command(java.toString())), log);
        BlockingQueue<Answer> queue = new LinkedBlockingQueue<>();
        Thread listener = new Thread(() -> listen(started, queue), "watchdog-answers");
        listener.setDaemon(true);
        listener.start();
        process = started;
        answers = queue;
    }

    private static List<String> command(String java) {
        List<String> argv = new ArrayList<>(List.of(java));
        argv.addAll(SMALL);
        argv.addAll(List.of("-cp", System.getProperty("java.class.path", ""), FreezeWatchdog.class.getName()));
        return argv;
    }

    private static void listen(InteractiveProcess process, BlockingQueue<Answer> queue) {
        try (DataInputStream in = new DataInputStream(process.output())) {
            while (true) {
                byte kind = in.readByte();
                if (kind == FreezeWatchdog.FAILED) {
                    queue.add(new Answer(false, in.readUTF(), 0));
                } else {
                    queue.add(new Answer(true, "", in.readInt()));
                }
            }
        } catch (IOException e) {
            queue.add(new Answer(false, "the freeze watchdog ended", 0));
        }
    }

    private Answer ask(byte command, long seconds, Words words) throws IOException {
        InteractiveProcess running = process;
        if (running == null) {
            throw new IOException("the freeze watchdog does not run");
        }
        DataOutputStream out = new DataOutputStream(running.input());
        out.writeByte(command);
        words.write(out);
        out.flush();
        try {
            Answer answer = answers.poll(seconds, TimeUnit.SECONDS);
            if (answer == null) {
                close();
                throw new IOException("the freeze watchdog does not answer");
            }
            if (!answer.ok()) {
                throw new IOException(answer.text());
            }
            return answer;
        } catch (InterruptedException e) {
            // Half a conversation cannot be gone on with.
            close();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the freeze watchdog was asked", e);
        }
    }

    /** Ends the program, which thaws what it guards. */
    @Override
    public void close() {
        InteractiveProcess running = process;
        process = null;
        if (running != null) {
            try {
                running.input().close();
            } catch (IOException e) {
                // It has ended by itself, which is what closing is for.
                running.close();
                return;
            }
            running.awaitExit(java.time.Duration.ofSeconds(5));
            running.close();
        }
    }
}
