package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;

/**
 * Everything that writes to a disk, at the same time and from several processes: direct, buffered, mapped and io_uring writes (fio), files
 * made, renamed, truncated and deleted, holes punched, ranges zeroed, space discarded. Seeded.
 */
final class Workload {

    static final boolean HAS_FIO = Files.isExecutable(Path.of("/usr/bin/fio"));

    private final ProcessCommandRunner commands = new ProcessCommandRunner();
    private final Path logs;
    private final Random random;

    Workload(Path logs, long seed) {
        this.logs = logs;
        random = new Random(seed);
        if (!HAS_FIO) {
            System.err.println("fio is not installed: io_uring and mapped writes are left out");
        }
    }

    /** Works on a mounted file system. */
    void onFiles(Path mountPoint, boolean trim) throws IOException {
        List<RunningProcess> running = new ArrayList<>();
        Path own = Files.createDirectories(mountPoint.resolve("a name"));
        if (HAS_FIO) {
            running.add(fio("libaio", own.resolve("direct"), "--direct=1", "--bs=4k", "--iodepth=64"));
            running.add(fio("io_uring", own.resolve("uring"), "--direct=1", "--bs=8k", "--iodepth=128", "--fsync=64"));
            running.add(fio("mmap", own.resolve("mapped"), "--bs=4k"));
            running.add(fio("psync", own.resolve("buffered"), "--bs=3k", "--fsync=200"));
        }
        try (FileWriters writers = new FileWriters(random.nextLong(), own, mountPoint)) {
            shell(FILE_OPERATIONS, mountPoint, Integer.toString(random.nextInt(1 << 15)));
            if (trim) {
                commands.run(Command.of("fstrim", mountPoint.toString()));
            }
            await(running);
        }
        commands.run(Command.of("sync", "--file-system", mountPoint.toString())).orThrow();
    }

    /** Works on a device without file system. */
    void onDevice(Path device) throws IOException {
        List<RunningProcess> running = new ArrayList<>();
        if (HAS_FIO) {
            running.add(fio("libaio", device, "--direct=1", "--bs=4k", "--iodepth=64", "--offset=0"));
            running.add(fio("io_uring", device, "--direct=1", "--bs=16k", "--iodepth=64", "--offset=40M"));
            running.add(fio("mmap", device, "--bs=4k", "--offset=80M"));
        }
        shell(DEVICE_OPERATIONS, device, Integer.toString(random.nextInt(1 << 15)));
        await(running);
        commands.run(Command.of("blockdev", "--flushbufs", device.toString())).orThrow();
    }

    private RunningProcess fio(String engine, Path file, String... more) {
        List<String> argv = new ArrayList<>(List.of(
                "fio",
                "--name=" + engine,
                "--ioengine=" + engine,
                "--filename=" + file,
                "--rw=randwrite",
                "--size=32M",
                "--io_size=" + (2 + random.nextInt(6)) + "M",
                "--randseed=" + random.nextInt(1 << 30),
                "--refill_buffers",
                "--end_fsync=1"));
        argv.addAll(List.of(more));
        return commands.start(Command.of(argv), logs.resolve("fio-" + engine + ".log"));
    }

    private void await(List<RunningProcess> running) throws IOException {
        for (RunningProcess process : running) {
            if (!process.awaitExit(java.time.Duration.ofSeconds(120))) {
                process.close();
                throw new IOException("fio does not end");
            }
        }
    }

    private void shell(String script, Path target, String seed) {
        commands.run(Command.of("bash", "-c", script, "workload", target.toString(), seed))
                .orThrow();
    }

    private static final String FILE_OPERATIONS = """
            set -e; cd "$1"; RANDOM=$2; mkdir -p many
            for i in $(seq 120); do
              f=many/f$((RANDOM % 60))
              case $((RANDOM % 9)) in
                0) head -c $((RANDOM * 8)) /dev/urandom > $f ;;
                1) rm -f $f ;;
                2) [ -e $f ] && truncate -s $((RANDOM * 4)) $f || true ;;
                3) [ -e $f ] && mv $f many/r$((RANDOM % 20)) || true ;;
                4) [ -e $f ] && fallocate -p -o $((RANDOM * 2)) -l 65536 $f 2>/dev/null || true ;;
                5) [ -e $f ] && fallocate -z -o $((RANDOM * 2)) -l 131072 $f 2>/dev/null || true ;;
                6) fallocate -l $((RANDOM * 16 + 1)) $f 2>/dev/null || true ;;
                7) dd if=/dev/urandom of=$f bs=4k count=$((RANDOM % 40 + 1)) conv=notrunc,fsync status=none ;;
                8) dd if=/dev/urandom of=$f bs=64k count=2 oflag=direct conv=notrunc status=none ;;
              esac
            done
            head -c 6M /dev/urandom > gone; sync gone; rm gone
            """;

    private static final String DEVICE_OPERATIONS = """
            set -e; RANDOM=$2
            for i in $(seq 12); do
              o=$((RANDOM % 900))
              case $((RANDOM % 4)) in
                0) dd if=/dev/urandom of="$1" bs=37k seek=$((o * 2)) count=9 conv=notrunc status=none ;;
                1) dd if=/dev/urandom of="$1" bs=4k seek=$((o * 16)) count=33 oflag=direct conv=notrunc status=none ;;
                2) blkdiscard -f -o $((o * 65536)) -l 1048576 "$1" 2>/dev/null || true ;;
                3) blkdiscard -f -z -o $((o * 65536 + 4096)) -l 294912 "$1" ;;
              esac
            done
            sync "$1"
            """;
}
