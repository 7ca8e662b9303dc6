package org.understudy.agent.linux;

import com.sun.jna.LastErrorException;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The program that stands by while file systems are frozen, in a process of its own. It has them open, and thaws them when the
 * deadline passes or when its standard input ends, which the kernel makes happen when the agent dies. It writes no file and
 * needs none from the freeze on: what it uses was used once before.
 *
 * <p>Commands on standard input, {@link DataInputStream} format, each answered on standard output: {@link #OPEN} count, paths;
 * {@link #ARM} milliseconds; {@link #DISARM}; {@link #CLOSE}. An answer is {@link #OK} and a number, which for {@code DISARM} is how
 * many file systems this program has thawed since it was armed, or {@link #FAILED} and a text.
 *
 * <p>It stands beside the agent all the time in continuous protection, so it is written for little memory: no lambdas and no
 * concatenation of texts, whose classes the virtual machine would make at run time, and classes that the agent uses too, whose pages
 * both share.
 */
public final class FreezeWatchdog {

    static final byte OPEN = 'O';
    static final byte ARM = 'A';
    static final byte DISARM = 'D';
    static final byte CLOSE = 'C';
    static final byte OK = '+';
    static final byte FAILED = '-';

    /** After the deadline it keeps looking: the agent may have been in the middle of a freeze. */
    private static final long AGAIN_MILLIS = 100;

    private static final int LAST_ROUNDS = 20;

    private final DataOutputStream answers;
    private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
    private final List<Integer> mounts = new ArrayList<>();
    private final ThreadPoolExecutor thawers =
            new ThreadPoolExecutor(1, 1, 1, TimeUnit.DAYS, new LinkedBlockingQueue<>(), new Daemons());
    private final List<Future<Boolean>> pending = new ArrayList<>();
    private boolean small;
    private boolean armed;
    private long deadline;
    private int thawed;

    private FreezeWatchdog(DataOutputStream answers) {
        this.answers = answers;
    }

    /** One command; {@code command} 0 is the end of the input. */
    private record Request(byte command, List<String> paths, long millis) {}

    private static final class Daemons implements ThreadFactory {
        @Override
        public Thread newThread(Runnable task) {
            Thread thread = new Thread(task, "thaw");
            thread.setDaemon(true);
            return thread;
        }
    }

    /** Puts commands into the queue as they come. */
    private static final class Reader extends Thread {

        private final DataInputStream in;
        private final BlockingQueue<Request> requests;

        Reader(DataInputStream in, BlockingQueue<Request> requests) {
            super("commands");
            setDaemon(true);
            this.in = in;
            this.requests = requests;
        }

        @Override
        public void run() {
            boolean open = true;
            while (open) {
                Request request = next(in);
                open = request.command != 0;
                requests.add(request);
            }
        }
    }

    private static final class Thaw implements Callable<Boolean> {

        private final int fd;

        Thaw(int fd) {
            this.fd = fd;
        }

        @Override
        public Boolean call() {
            return MountHandle.thaw(fd);
        }
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        DataInputStream in = new DataInputStream(new FileInputStream(FileDescriptor.in));
        FreezeWatchdog watchdog = new FreezeWatchdog(
                new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out))));
        new Reader(in, watchdog.requests).start();
        watchdog.serve();
    }

    private static Request next(DataInputStream in) {
        try {
            byte command = in.readByte();
            List<String> paths = new ArrayList<>();
            long millis = 0;
            if (command == OPEN) {
                int count = in.readInt();
                for (int i = 0; i < count; i++) {
                    paths.add(in.readUTF());
                }
            } else if (command == ARM) {
                millis = in.readLong();
            }
            return new Request(command, paths, millis);
        } catch (IOException e) {
            // A pipe that ends or breaks: nobody is there any more.
            return new Request((byte) 0, List.of(), 0);
        }
    }

    private void serve() throws IOException, InterruptedException {
        while (true) {
            Request request = awaitRequest();
            if (request == null) {
                thawAll();
                deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AGAIN_MILLIS);
            } else if (request.command == 0) {
                lastRounds();
                return;
            } else {
                obey(request);
            }
        }
    }

    /** The next command, or null when the deadline passes first. */
    private @Nullable Request awaitRequest() throws InterruptedException {
        return armed ? requests.poll(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS) : requests.take();
    }

    private void lastRounds() throws InterruptedException {
        for (int round = 0; armed && round < LAST_ROUNDS; round++) {
            thawAll();
            TimeUnit.MILLISECONDS.sleep(AGAIN_MILLIS);
        }
    }

    private void obey(Request request) throws IOException, InterruptedException {
        switch (request.command) {
            case OPEN -> open(request.paths);
            case ARM -> {
                thawed = 0;
                deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(request.millis);
                armed = true;
                ok(0);
            }
            case DISARM -> {
                armed = false;
                ok(thawed);
            }
            case CLOSE -> {
                closeAll();
                ok(0);
            }
            default -> throw new IOException("unknown command ".concat(Byte.toString(request.command)));
        }
        answers.flush();
    }

    private void ok(int number) throws IOException {
        answers.writeByte(OK);
        answers.writeInt(number);
    }

    private void open(List<String> paths) throws IOException, InterruptedException {
        closeAll();
        try {
            for (String path : paths) {
                mounts.add(MountHandle.openDirectory(path));
            }
            int count = Math.max(1, mounts.size());
            if (thawers.getMaximumPoolSize() < count) {
                thawers.setMaximumPoolSize(count);
                thawers.setCorePoolSize(count);
            }
            thawers.prestartAllCoreThreads();
            rehearse();
            if (!small) {
                // Most of what a start reads of files is never needed again; the second rehearsal fetches what the
                // emergency needs.
                small = true;
                forgetStart();
                rehearse();
            }
            ok(0);
        } catch (LastErrorException e) {
            closeAll();
            answers.writeByte(FAILED);
            answers.writeUTF(LibC.message(e));
        }
    }

    private void thawAll() throws InterruptedException {
        thaw(mounts);
    }

    /** Goes the way of the emergency while it may still touch files, on a file system that is never frozen. */
    private void rehearse() throws InterruptedException {
        int fd = MountHandle.openDirectory("/proc");
        thaw(List.of(fd));
        LibC.close(fd);
    }

    private static void forgetStart() {
        try {
            FilePages.release();
        } catch (IOException e) {
            // It is larger than it need be, which is no reason not to stand by.
            return;
        }
    }

    /** One thread for each, because a thaw waits while its file system is still being frozen. */
    private void thaw(List<Integer> fds) throws InterruptedException {
        for (int fd : fds) {
            pending.add(thawers.submit(new Thaw(fd)));
        }
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AGAIN_MILLIS);
        for (Future<Boolean> result : List.copyOf(pending)) {
            try {
                if (result.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                    thawed++;
                }
                pending.remove(result);
            } catch (TimeoutException e) {
                // Still waiting for the kernel; asked again in the next round.
                continue;
            } catch (ExecutionException e) {
                pending.remove(result);
            }
        }
    }

    private void closeAll() {
        for (int fd : mounts) {
            LibC.close(fd);
        }
        mounts.clear();
    }
}
