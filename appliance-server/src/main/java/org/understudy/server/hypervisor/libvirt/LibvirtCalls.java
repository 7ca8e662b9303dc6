package org.understudy.server.hypervisor.libvirt;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.libvirt.Connect;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.libvirt.jna.Libvirt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * The one supervised connection to libvirt. Calls run on platform threads of their own: a native call would hold a virtual
 * thread's carrier, and a libvirt that hangs must not hold the caller for ever. A connection that broke is opened again in the
 * background; the call that found it broken fails with {@code HYPERVISOR_UNAVAILABLE}, the next one waits for the new one.
 */
final class LibvirtCalls implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LibvirtCalls.class);

    /** Without it libvirt prints every failure to standard error; a strong reference, since native code holds it. */
    private static final Libvirt.VirErrorCallback QUIET = (userData, error) -> {};

    /** What is asked of libvirt. */
    @FunctionalInterface
    interface Call<T> {
        T on(LibvirtConnection libvirt) throws LibvirtException;
    }

    /** Opens a connection; may start the daemon first. */
    @FunctionalInterface
    interface Opener {
        LibvirtConnection open() throws LibvirtException;
    }

    /** libvirt refused a call, and the connection is well. */
    static final class Refused extends RuntimeException {

        private final ErrorNumber number;

        Refused(LibvirtException e) {
            super(e.getMessage(), e);
            this.number = e.getError() == null
                    ? ErrorNumber.VIR_ERR_UNKNOWN
                    : e.getError().getCode();
        }

        boolean is(ErrorNumber expected) {
            return number == expected;
        }
    }

    private final ExecutorService threads = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("libvirt-", 0).factory());
    private final Opener opener;
    private final Duration startLimit;
    private final Duration callLimit;

    private @Nullable CompletableFuture<LibvirtConnection> connection;
    private boolean closed;

    LibvirtCalls(Opener opener, Duration startLimit, Duration callLimit) {
        this.opener = opener;
        this.startLimit = startLimit;
        this.callLimit = callLimit;
    }

    /**
     * Begins to connect and has libvirt examine its QEMU, which takes it seconds and would else fall into the first takeover;
     * returns at once.
     */
    void warmUp() {
        CompletableFuture<LibvirtConnection> opening = current();
        log.debug("connecting to libvirt (already connected: {})", opening.isDone());
        var unused = opening.thenAcceptAsync(LibvirtCalls::examine, threads);
    }

    private static void examine(LibvirtConnection libvirt) {
        try {
            log.debug(
                    "libvirt knows its QEMU: {} characters of capabilities",
                    libvirt.getCapabilities().length());
        } catch (LibvirtException e) {
            log.debug("libvirt could not examine its QEMU yet: {}", e.getMessage());
        }
    }

    /**
     * @throws Refused if libvirt refused it
     * @throws ProblemException {@code HYPERVISOR_UNAVAILABLE}
     */
    <T> T call(Call<T> call) {
        CompletableFuture<LibvirtConnection> used = current();
        LibvirtConnection libvirt = await(used);
        CompletableFuture<T> answer = new CompletableFuture<>();
        threads.execute(() -> {
            try {
                answer.complete(call.on(libvirt));
            } catch (LibvirtException e) {
                answer.completeExceptionally(alive(libvirt) ? new Refused(e) : unavailable(e.getMessage(), e));
            } catch (Throwable e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return answer.get(callLimit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ProblemException problem
                    && problem.problem().code() == ProblemCode.HYPERVISOR_UNAVAILABLE) {
                drop(used, libvirt);
            }
            throw rethrow(e.getCause());
        } catch (TimeoutException e) {
            drop(used, libvirt);
            throw unavailable("libvirt did not answer within " + callLimit.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.of(ProblemCode.CANCELLED, "what", "a call to libvirt").asException(e);
        }
    }

    static ProblemException unavailable(@Nullable String details, Throwable cause) {
        return Problem.of(ProblemCode.HYPERVISOR_UNAVAILABLE)
                .withDetails(details)
                .asException(cause);
    }

    private synchronized CompletableFuture<LibvirtConnection> current() {
        if (closed) {
            throw Problem.of(ProblemCode.HYPERVISOR_UNAVAILABLE)
                    .withDetails("the server is ending")
                    .asException();
        }
        CompletableFuture<LibvirtConnection> present = connection;
        if (present != null && !present.isCompletedExceptionally()) {
            return present;
        }
        CompletableFuture<LibvirtConnection> opening = new CompletableFuture<>();
        connection = opening;
        threads.execute(() -> open(opening));
        return opening;
    }

    private void open(CompletableFuture<LibvirtConnection> opening) {
        long started = System.nanoTime();
        try {
            Connect.setErrorCallback(QUIET);
            LibvirtConnection libvirt = opener.open();
            log.info("connected to libvirt after {} ms", (System.nanoTime() - started) / 1_000_000);
            opening.complete(libvirt);
        } catch (ProblemException e) {
            opening.completeExceptionally(unavailable(e.problem().english(), e));
        } catch (LibvirtException e) {
            opening.completeExceptionally(unavailable(e.getMessage(), e));
        } catch (Throwable e) {
            opening.completeExceptionally(e);
        }
    }

    private LibvirtConnection await(CompletableFuture<LibvirtConnection> opening) {
        try {
            return opening.get(startLimit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw rethrow(e.getCause());
        } catch (TimeoutException e) {
            throw unavailable("libvirt did not start within " + startLimit.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.of(ProblemCode.CANCELLED, "what", "the wait for libvirt")
                    .asException(e);
        }
    }

    private static boolean alive(LibvirtConnection libvirt) {
        try {
            return libvirt.isAlive();
        } catch (LibvirtException e) {
            log.debug("the connection to libvirt broke: {}", e.getMessage());
            return false;
        }
    }

    private void drop(CompletableFuture<LibvirtConnection> broken, LibvirtConnection libvirt) {
        synchronized (this) {
            if (connection != broken || closed) {
                return;
            }
            connection = null;
        }
        log.warn("the connection to libvirt broke and is opened again");
        threads.execute(() -> disconnect(libvirt));
        warmUp();
    }

    private static void disconnect(LibvirtConnection libvirt) {
        try {
            libvirt.close();
        } catch (LibvirtException e) {
            log.debug("closing the connection to libvirt: {}", e.getMessage());
        }
    }

    private static RuntimeException rethrow(@Nullable Throwable cause) {
        return switch (cause) {
            case Error error -> throw error;
            case RuntimeException runtime -> runtime;
            case null -> new IllegalStateException("failed without a cause");
            default -> new IllegalStateException(cause);
        };
    }

    @Override
    public void close() {
        CompletableFuture<LibvirtConnection> last;
        synchronized (this) {
            closed = true;
            last = connection;
            connection = null;
        }
        if (last != null && last.isDone() && !last.isCompletedExceptionally()) {
            disconnect(last.join());
        }
        threads.shutdown();
    }
}
