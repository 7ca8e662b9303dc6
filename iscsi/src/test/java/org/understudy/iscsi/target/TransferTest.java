package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.iscsi.IscsiException.CommandFailed;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.device.ReadOnlyBlockDevice;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import org.understudy.iscsi.initiator.SessionConfig;
import org.understudy.iscsi.scsi.Sense;
import org.understudy.iscsi.scsi.SenseCode;

/** Data there and back, with our own initiator. */
class TransferTest {

    private IscsiTargetServer server = TestTargets.unchecked(TestTargets::plainServer);

    @AfterEach
    void stop() {
        server.close();
    }

    private RemoteDisk start(MemoryBlockDevice device, Limits limits, SessionChange change) throws IOException {
        restart(TestTargets.plainServer(limits));
        server.add(TestTargets.target(device));
        return IscsiSession.login(change.apply(TestTargets.session(server))).disk(0);
    }

    private void restart(IscsiTargetServer other) {
        server.close();
        server = other;
    }

    private interface SessionChange {
        SessionConfig apply(SessionConfig config);
    }

    @ParameterizedTest(name = "segments of {0}, bursts of {1}, digests {2}")
    @CsvSource({
        "1048576, 1048576, false",
        "1048576, 1048576, true",
        "8192, 65536, false",
        "8192, 8192, true",
        "65536, 262144, false",
        "262144, 8192, true"
    })
    void pipelined_writes_of_all_sizes_come_back(int segment, int burst, boolean digests) throws IOException {
        MemoryBlockDevice device = new MemoryBlockDevice(64 << 20);
        RemoteDisk disk = start(
                device,
                Limits.defaults().withTransferSizes(segment, burst),
                config -> config.withDigests(digests, digests).withQueueDepth(64));
        Random random = new Random(segment + burst);
        byte[] expected = new byte[16 << 20];
        List<CompletableFuture<Void>> writes = new ArrayList<>();
        int offset = 0;
        while (offset < expected.length) {
            int length = Math.min(expected.length - offset, (1 + random.nextInt(5000)) * 512);
            byte[] part = new byte[length];
            random.nextBytes(part);
            System.arraycopy(part, 0, expected, offset, length);
            writes.add(disk.writeAsync(offset, ByteBuffer.wrap(part)));
            offset += length;
        }
        for (CompletableFuture<Void> write : writes) {
            write.join();
        }
        disk.flush();

        ByteBuffer back = ByteBuffer.allocateDirect(expected.length);
        disk.read(0, back);
        assertThat(back.flip().mismatch(ByteBuffer.wrap(expected))).isEqualTo(-1);
        ByteBuffer stored = ByteBuffer.allocate(expected.length);
        device.read(0, stored);
        assertThat(stored.flip().mismatch(ByteBuffer.wrap(expected))).isEqualTo(-1);
        assertThat(server.bufferBytes()).isZero();
    }

    @Test
    void a_disk_of_many_terabytes_is_used_to_its_last_block() throws IOException {
        long size = 40L << 40;
        RemoteDisk disk = start(new MemoryBlockDevice(size), Limits.defaults(), config -> config);
        assertThat(disk.sizeBytes()).isEqualTo(size);
        byte[] mark = "the last block of all".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        ByteBuffer block = ByteBuffer.allocate(512).put(mark).rewind();

        disk.write(size - 512, block);

        ByteBuffer back = ByteBuffer.allocate(512);
        disk.read(size - 512, back);
        assertThat(back.array()).startsWith(mark);
        assertThatThrownBy(() -> disk.read(size, ByteBuffer.allocate(512)))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void blocks_of_4096_bytes_are_shown_and_kept() throws IOException {
        RemoteDisk disk = start(new MemoryBlockDevice(1 << 20, 4096), Limits.defaults(), config -> config);
        assertThat(disk.blockSize()).isEqualTo(4096);
        disk.write(8192, ByteBuffer.allocate(4096).put(0, (byte) 7));
        ByteBuffer back = ByteBuffer.allocate(4096);
        disk.read(8192, back);
        assertThat(back.get(0)).isEqualTo((byte) 7);
        assertThatThrownBy(() -> disk.write(512, ByteBuffer.allocate(512)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void unmapping_frees_space_and_reads_as_zeros() throws IOException {
        MemoryBlockDevice device = new MemoryBlockDevice(8 << 20);
        RemoteDisk disk = start(device, Limits.defaults(), config -> config);
        disk.write(
                0,
                ByteBuffer.wrap(new Random(1)
                        .ints(2 << 20)
                        .collect(
                                () -> new java.io.ByteArrayOutputStream(),
                                (out, value) -> out.write(value),
                                (a, b) -> {})
                        .toByteArray()));
        long before = device.allocatedBytes();

        disk.unmap(1 << 20, 1 << 20);

        assertThat(device.allocatedBytes()).isLessThan(before);
        ByteBuffer back = ByteBuffer.allocate(1 << 20);
        disk.read(1 << 20, back);
        assertThat(back.array()).isEqualTo(new byte[1 << 20]);
    }

    @Test
    void a_read_only_lun_says_write_protected_and_stays_usable() throws IOException {
        server.add(TestTargets.target(new ReadOnlyBlockDevice(new MemoryBlockDevice(1 << 20))));
        try (IscsiSession session = IscsiSession.login(TestTargets.session(server))) {
            RemoteDisk disk = session.disk(0);
            assertThat(disk.readOnly()).isTrue();

            CommandFailed failed =
                    catchThrowableOfType(CommandFailed.class, () -> disk.write(0, ByteBuffer.allocate(1 << 20)));
            assertThat(failed.sense()).isEqualTo(Sense.of(Sense.DATA_PROTECT, SenseCode.WRITE_PROTECTED));
            CommandFailed unmap = catchThrowableOfType(CommandFailed.class, () -> disk.unmap(0, 4096));
            assertThat(unmap.sense()).isEqualTo(Sense.of(Sense.DATA_PROTECT, SenseCode.WRITE_PROTECTED));
            disk.read(0, ByteBuffer.allocate(4096));
        }
    }

    @Test
    void luns_are_apart_and_a_missing_one_is_told() throws IOException {
        MemoryBlockDevice zero = new MemoryBlockDevice(1 << 20);
        MemoryBlockDevice one = new MemoryBlockDevice(2 << 20, 4096);
        server.add(TestTargets.target(zero, one));
        try (IscsiSession session = IscsiSession.login(TestTargets.session(server))) {
            assertThat(session.luns()).containsExactly(0, 1);
            session.disk(1).write(0, ByteBuffer.allocate(4096).put(0, (byte) 1));
            assertThat(zero.allocatedBytes()).isZero();
            assertThat(one.allocatedBytes()).isPositive();
            assertThat(session.inquiry(0, true, 0x83)).isNotEqualTo(session.inquiry(1, true, 0x83));
            CommandFailed failed = catchThrowableOfType(CommandFailed.class, () -> session.disk(2));
            assertThat(failed.sense()).isEqualTo(Sense.of(Sense.ILLEGAL_REQUEST, SenseCode.LOGICAL_UNIT_NOT_SUPPORTED));
        }
    }

    @Test
    void a_device_that_fails_gives_medium_errors_and_no_dropped_connection() throws IOException {
        FailingDevice device = new FailingDevice(1 << 20);
        server.add(TestTargets.target(device));
        try (IscsiSession session = IscsiSession.login(TestTargets.session(server))) {
            RemoteDisk disk = session.disk(0);
            device.failing = true;
            CommandFailed read =
                    catchThrowableOfType(CommandFailed.class, () -> disk.read(0, ByteBuffer.allocate(1 << 20)));
            assertThat(read.sense()).isEqualTo(Sense.of(Sense.MEDIUM_ERROR, SenseCode.UNRECOVERED_READ_ERROR));
            CommandFailed write =
                    catchThrowableOfType(CommandFailed.class, () -> disk.write(0, ByteBuffer.allocate(1 << 20)));
            assertThat(write.sense()).isEqualTo(Sense.of(Sense.MEDIUM_ERROR, SenseCode.WRITE_ERROR));
            CommandFailed flush = catchThrowableOfType(CommandFailed.class, disk::flush);
            assertThat(flush.sense()).isEqualTo(Sense.of(Sense.MEDIUM_ERROR, SenseCode.WRITE_ERROR));
            device.failing = false;
            disk.write(0, ByteBuffer.allocate(4096));
        }
        assertThat(server.bufferBytes()).isZero();
    }

    @Test
    void tls_carries_the_same_data() throws IOException {
        MemoryBlockDevice device = new MemoryBlockDevice(32 << 20);
        restart(TestTargets.dualServer());
        server.add(TestTargets.target(device));
        byte[] content = new byte[256 << 10];
        new Random(9).nextBytes(content);
        try (IscsiSession session = IscsiSession.login(TestTargets.tlsSession(server, "agent-one"))) {
            RemoteDisk disk = session.disk(0);
            disk.write(512, ByteBuffer.wrap(content));
            ByteBuffer back = ByteBuffer.allocate(content.length);
            disk.read(512, back);
            assertThat(back.array()).isEqualTo(content);
        }
    }

    @Test
    void bandwidth_limits_hold() throws IOException {
        server.add(TestTargets.target(new MemoryBlockDevice(16 << 20)).withExportLimits(new ExportLimits(8 << 20, 0)));
        try (IscsiSession session = IscsiSession.login(TestTargets.session(server))) {
            long started = System.nanoTime();
            session.disk(0).write(0, ByteBuffer.allocate(4 << 20));
            double seconds = (System.nanoTime() - started) / 1e9;
            assertThat(seconds).isBetween(0.3, 3.0);
        }
    }
}
