package org.understudy.agent.transfer;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.ServerMessage.DataTarget;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import org.understudy.iscsi.initiator.SessionConfig;
import org.understudy.iscsi.negotiation.ChapCredentials;

/** LUNs over iSCSI inside TLS. Thread-safe. */
public final class IscsiTargets implements RemoteTargets {

    private static final Duration SILENCE_LIMIT = Duration.ofSeconds(30);

    private final String host;
    private final Optional<SSLContext> tls;
    private final String initiatorName;

    /**
     * @param host address of the appliance
     * @param tls the agent's certificate and the appliance's authority; empty only where both ends are on one machine
     * @param initiatorName our node name
     */
    public IscsiTargets(String host, Optional<SSLContext> tls, String initiatorName) {
        this.host = host;
        this.tls = tls;
        this.initiatorName = initiatorName;
    }

    @Override
    public RemoteSession login(DataTarget target) {
        try {
            SessionConfig config = SessionConfig.of(new InetSocketAddress(host, target.port()), target.iqn())
                    .withInitiatorName(initiatorName)
                    .withChap(new ChapCredentials(target.chapUser(), target.chapSecret()))
                    .withTimeout(SILENCE_LIMIT);
            return new Session(IscsiSession.login(tls.map(config::withTls).orElse(config)));
        } catch (IllegalArgumentException e) {
            throw Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", "the target cannot be used: " + e.getMessage())
                    .asException(e);
        } catch (IscsiException e) {
            throw e.problem().asException(e);
        }
    }

    private record Session(IscsiSession session) implements RemoteSession {

        @Override
        public RemoteVolume volume(int lun) {
            try {
                return new Volume(session.disk(lun));
            } catch (IscsiException e) {
                throw e.problem().asException(e);
            }
        }

        @Override
        public void close() {
            session.close();
        }
    }

    private record Volume(RemoteDisk disk) implements RemoteVolume {

        @Override
        public long sizeBytes() {
            return disk.sizeBytes();
        }

        @Override
        public int blockSize() {
            return disk.blockSize();
        }

        @Override
        public CompletableFuture<Void> write(long offset, ByteBuffer data) {
            return explained(disk.writeAsync(offset, data));
        }

        @Override
        public CompletableFuture<Void> read(long offset, ByteBuffer target) {
            return explained(disk.readAsync(offset, target));
        }

        private static CompletableFuture<Void> explained(CompletableFuture<Void> answer) {
            return answer.handle((nothing, failure) -> {
                if (failure != null) {
                    throw new CompletionException(problem(failure));
                }
                return nothing;
            });
        }

        @Override
        public void unmap(long offset, long length) {
            try {
                disk.unmap(offset, length);
            } catch (IscsiException e) {
                throw e.problem().asException(e);
            }
        }

        @Override
        public void flush() {
            try {
                disk.flush();
            } catch (IscsiException e) {
                throw e.problem().asException(e);
            }
        }

        private static ProblemException problem(Throwable failure) {
            @Nullable Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            if (cause instanceof IscsiException iscsi) {
                return iscsi.problem().asException(iscsi);
            }
            return Problem.of(ProblemCode.ISCSI_IO_FAILED).asException(failure);
        }
    }
}
