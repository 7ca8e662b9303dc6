package org.understudy.agent.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.ServerMessage.DataTarget;

/** What every adapter of {@link RemoteTargets} must do. LUN 3 has {@link #SIZE} bytes of ones; there is no LUN 9. */
abstract class RemoteTargetsContract {

    static final int SIZE = (3 << 20) + 5 * 512;
    static final int LUN = 3;

    abstract RemoteTargets targets();

    abstract DataTarget target();

    abstract DataTarget targetWithWrongSecret();

    /** Content of the LUN after a flush. */
    abstract byte[] content();

    private static byte[] ones() {
        byte[] ones = new byte[SIZE];
        Arrays.fill(ones, (byte) 1);
        return ones;
    }

    @Test
    void aVolumeTellsItsGeometry() {
        try (RemoteTargets.RemoteSession session = targets().login(target())) {
            RemoteVolume volume = session.volume(LUN);
            assertThat(volume.sizeBytes()).isEqualTo(SIZE);
            assertThat(volume.blockSize()).isEqualTo(512);
        }
    }

    @Test
    void manyWritesInFlightAllArriveAfterAFlush() throws Exception {
        byte[] expected = ones();
        Random random = new Random(4);
        try (RemoteTargets.RemoteSession session = targets().login(target())) {
            RemoteVolume volume = session.volume(LUN);
            List<CompletableFuture<Void>> answers = new ArrayList<>();
            for (int at = 0; at + 4096 <= SIZE; ) {
                int length = Math.min(SIZE - at, 512 * (1 + random.nextInt(300)));
                ByteBuffer data = ByteBuffer.allocateDirect(length + 100);
                byte[] bytes = new byte[length];
                random.nextBytes(bytes);
                data.position(100).put(bytes).position(100);
                System.arraycopy(bytes, 0, expected, at, length);
                answers.add(volume.write(at, data));
                assertThat(data.hasRemaining()).isFalse();
                at += length;
            }
            for (CompletableFuture<Void> answer : answers) {
                answer.get(20, TimeUnit.SECONDS);
            }
            volume.flush();
        }
        assertThat(Arrays.mismatch(content(), expected)).isEqualTo(-1);
    }

    @Test
    void whatWasWrittenAndAnsweredIsRead() throws Exception {
        try (RemoteTargets.RemoteSession session = targets().login(target())) {
            RemoteVolume volume = session.volume(LUN);
            byte[] bytes = new byte[8192];
            new Random(6).nextBytes(bytes);
            volume.write(65536, ByteBuffer.wrap(bytes)).get(20, TimeUnit.SECONDS);
            volume.unmap(65536 + 2048, 1024);
            Arrays.fill(bytes, 2048, 3072, (byte) 0);
            ByteBuffer read = ByteBuffer.allocateDirect(512 + bytes.length + 512);

            CompletableFuture<Void> answer = volume.read(65536 - 512, read);
            assertThat(read.hasRemaining()).isFalse();
            answer.get(20, TimeUnit.SECONDS);

            byte[] found = new byte[read.capacity()];
            read.flip().get(found);
            assertThat(Arrays.copyOfRange(found, 512, 512 + bytes.length)).isEqualTo(bytes);
            assertThat(found[0]).isEqualTo((byte) 1);
            assertThat(found[found.length - 1]).isEqualTo((byte) 1);
        }
    }

    @Test
    void anUnmappedRangeReadsAsZerosWhateverItsAlignment() {
        byte[] expected = ones();
        int[][] ranges = {{512, 512}, {4096 - 512, 1024}, {65536, 131072}, {1 << 20, 513 * 512}, {SIZE - 512, 512}};
        try (RemoteTargets.RemoteSession session = targets().login(target())) {
            RemoteVolume volume = session.volume(LUN);
            for (int[] range : ranges) {
                volume.unmap(range[0], range[1]);
                Arrays.fill(expected, range[0], range[0] + range[1], (byte) 0);
            }
            volume.flush();
        }
        assertThat(Arrays.mismatch(content(), expected)).isEqualTo(-1);
    }

    @Test
    void aRangeOutsideOfTheVolumeIsRefusedAndNothingIsWritten() {
        try (RemoteTargets.RemoteSession session = targets().login(target())) {
            RemoteVolume volume = session.volume(LUN);
            assertThatThrownBy(() ->
                            volume.write(SIZE - 512, ByteBuffer.allocate(1024)).get(20, TimeUnit.SECONDS))
                    .isInstanceOfAny(
                            IllegalArgumentException.class, IndexOutOfBoundsException.class, ExecutionException.class);
            volume.flush();
        }
        assertThat(Arrays.mismatch(content(), ones())).isEqualTo(-1);
    }

    @Test
    void aLunThatIsNotThereAndAWrongSecretAreRefused() {
        try (RemoteTargets.RemoteSession session = targets().login(target())) {
            assertThatThrownBy(() -> session.volume(9))
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.ISCSI_IO_FAILED));
        }
        assertThatThrownBy(() -> targets().login(targetWithWrongSecret()).close())
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.ISCSI_LOGIN_REFUSED));
    }

    @Test
    void aClosedSessionFailsWritesAsALostConnection() {
        RemoteTargets.RemoteSession session = targets().login(target());
        RemoteVolume volume = session.volume(LUN);
        session.close();
        session.close();
        assertThatThrownBy(() -> volume.write(0, ByteBuffer.allocate(512)).get(20, TimeUnit.SECONDS))
                .satisfies(e -> {
                    Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
                    assertThat(cause)
                            .isInstanceOfSatisfying(
                                    ProblemException.class,
                                    p -> assertThat(p.problem().code()).isEqualTo(ProblemCode.ISCSI_CONNECTION_LOST));
                });
        assertThatThrownBy(volume::flush)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        p -> assertThat(p.problem().code()).isEqualTo(ProblemCode.ISCSI_CONNECTION_LOST));
    }
}
