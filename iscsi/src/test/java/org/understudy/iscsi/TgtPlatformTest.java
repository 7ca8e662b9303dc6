package org.understudy.iscsi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.iscsi.initiator.DiscoveredTarget;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import org.understudy.iscsi.initiator.SessionConfig;
import org.understudy.iscsi.negotiation.ChapCredentials;

/** Our initiator against tgt: written, read back and compared with the file behind it. */
@Tag("platform")
@Timeout(120)
class TgtPlatformTest {

    private static final int SIZE = 64 << 20;
    private static final ChapCredentials OURS = new ChapCredentials("agent", "a-long-secret-1");
    private static final ChapCredentials THEIRS = new ChapCredentials("tgt", "another-secret-2");

    @TempDir
    private Path directory;

    private Path lun = Path.of("");
    private TgtDaemon tgt;
    private SessionConfig config;

    @BeforeEach
    void start() throws IOException {
        lun = directory.resolve("tgt.img");
        try (RandomAccessFile file = new RandomAccessFile(lun.toFile(), "rw")) {
            file.setLength(SIZE);
        }
        tgt = TgtDaemon.start(directory, lun);
        config = SessionConfig.of(tgt.address(), TestTargets.IQN);
    }

    @AfterEach
    void stop() {
        tgt.close();
    }

    @Test
    void it_is_discovered() throws IOException {
        assertThat(IscsiSession.discover(config))
                .extracting(DiscoveredTarget::iqn)
                .containsExactly(TestTargets.IQN);
    }

    @Test
    void data_comes_back_as_it_was_written() throws IOException {
        exchange(config);
    }

    @Test
    void data_comes_back_with_digests_over_headers_and_data() throws IOException {
        tgt.set("HeaderDigest", "CRC32C");
        tgt.set("DataDigest", "CRC32C");
        exchange(config.withDigests(true, true).withQueueDepth(3));
    }

    @Test
    void data_comes_back_with_bursts_of_a_mebibyte_and_without_r2t() throws IOException {
        tgt.set("MaxRecvDataSegmentLength", "1048576");
        tgt.set("MaxBurstLength", "1048576");
        tgt.set("FirstBurstLength", "1048576");
        tgt.set("InitialR2T", "No");
        exchange(config.withQueueDepth(8));
    }

    @Test
    void what_is_unmapped_reads_as_zeros() throws IOException {
        try (IscsiSession session = IscsiSession.login(config)) {
            RemoteDisk disk = session.disk(1);
            byte[] ones = new byte[1 << 20];
            Arrays.fill(ones, (byte) 1);
            disk.write(0, ByteBuffer.wrap(ones));

            disk.unmap(4096, 1 << 19);

            ByteBuffer back = ByteBuffer.allocate(1 << 20);
            disk.read(0, back);
            Arrays.fill(ones, 4096, 4096 + (1 << 19), (byte) 0);
            assertThat(back.array()).isEqualTo(ones);
        }
    }

    @Test
    void chap_one_way() throws IOException {
        tgt.requireChap(OURS.user(), OURS.secret());
        exchange(config.withChap(OURS));
        assertThatThrownBy(() -> IscsiSession.login(config)).isInstanceOf(IscsiException.LoginRefused.class);
        ChapCredentials wrong = new ChapCredentials(OURS.user(), "wrong-secret-99");
        assertThatThrownBy(() -> IscsiSession.login(config.withChap(wrong)))
                .isInstanceOf(IscsiException.LoginRefused.class);
    }

    @Test
    void chap_both_ways() throws IOException {
        tgt.requireChap(OURS.user(), OURS.secret());
        tgt.proveWith(THEIRS.user(), THEIRS.secret());
        exchange(config.withChap(OURS).withMutualChap(THEIRS));
        ChapCredentials impostor = new ChapCredentials(THEIRS.user(), "some-other-secret");
        assertThatThrownBy(() -> IscsiSession.login(config.withChap(OURS).withMutualChap(impostor)))
                .isInstanceOf(IscsiException.LoginRefused.class)
                .hasMessageContaining("prove itself");
    }

    private void exchange(SessionConfig with) throws IOException {
        byte[] content = new byte[16 << 20];
        new Random(with.queueDepth()).nextBytes(content);
        try (IscsiSession session = IscsiSession.login(with)) {
            assertThat(session.luns()).contains(1);
            RemoteDisk disk = session.disk(1);
            assertThat(disk.sizeBytes()).isEqualTo(SIZE);
            List<CompletableFuture<Void>> writes = new ArrayList<>();
            for (int offset = 0; offset < content.length; offset += 1 << 19) {
                writes.add(disk.writeAsync(4096 + offset, ByteBuffer.wrap(content, offset, 1 << 19)));
            }
            writes.forEach(CompletableFuture::join);
            disk.flush();
            ByteBuffer back = ByteBuffer.allocate(content.length);
            disk.read(4096, back);
            assertThat(back.array()).isEqualTo(content);
        }
        try (RandomAccessFile file = new RandomAccessFile(lun.toFile(), "r")) {
            byte[] stored = new byte[content.length];
            file.seek(4096);
            file.readFully(stored);
            assertThat(stored).isEqualTo(content);
        }
    }
}
