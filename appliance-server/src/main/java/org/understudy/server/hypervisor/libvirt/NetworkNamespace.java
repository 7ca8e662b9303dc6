package org.understudy.server.hypervisor.libvirt;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Runs work on a thread that stands in a network namespace. Every call has a platform thread of its own that ends with the
 * work: a namespace belongs to a thread of the kernel, so neither a virtual thread nor one of a pool may enter it. Sockets keep
 * the namespace of the thread that opened them. Source: setns(2).
 *
 * @param file the namespace's file; empty: the server's own namespace
 */
record NetworkNamespace(Optional<Path> file) {

    private static final int CLONE_NEWNET = 0x40000000;
    private static final int O_RDONLY = 0;
    private static final int O_CLOEXEC = 0x80000;

    /** The three functions of the C library that Java lacks. */
    interface LibC extends Library {

        int open(String path, int flags) throws LastErrorException;

        int setns(int fd, int kind) throws LastErrorException;

        int close(int fd) throws LastErrorException;
    }

    private static final class Loaded {
        static final LibC C = Native.load("c", LibC.class);
    }

    <T> T run(String what, Callable<T> work) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = Thread.ofPlatform()
                .daemon()
                .name("guest-network " + what)
                .start(() -> {
                    try {
                        if (file.isPresent()) {
                            enter(file.get());
                        }
                        result.complete(work.call());
                    } catch (Throwable e) {
                        result.completeExceptionally(e);
                    }
                });
        try {
            return result.get();
        } catch (InterruptedException e) {
            thread.interrupt();
            throw e;
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof Exception exception) {
                throw exception;
            }
            if (cause instanceof Error error) {
                throw error;
            }
            throw e;
        }
    }

    private static void enter(Path file) throws IOException {
        try {
            int fd = Loaded.C.open(file.toString(), O_RDONLY | O_CLOEXEC);
            try {
                Loaded.C.setns(fd, CLONE_NEWNET);
            } finally {
                Loaded.C.close(fd);
            }
        } catch (LastErrorException e) {
            throw new IOException("cannot enter the network namespace " + file + ": errno " + e.getErrorCode(), e);
        }
    }
}
