package org.understudy.iscsi.pdu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.iscsi.IscsiException.ProtocolViolation;
import org.understudy.iscsi.pdu.TargetPdu.Residual;
import org.understudy.iscsi.pdu.TargetPdu.ResidualKind;

class PduTest {

    private static final List<InitiatorPdu> REQUESTS = List.of(
            new InitiatorPdu.NopOut(true, 5, 6, 7),
            new InitiatorPdu.ScsiCommand(false, true, true, false, 3, 1L << 48, 9, 0xfffffff0L, new byte[] {
                1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
            }),
            new InitiatorPdu.TaskManagementRequest(true, 5, 8, 9, 10, 11),
            new InitiatorPdu.LoginRequest(true, false, 1, 3, 0, 0, 0x80aabbccddeeL, 0x1234, 15, 16),
            new InitiatorPdu.TextRequest(false, true, false, 1, 2, 3),
            new InitiatorPdu.DataOut(true, 1, 2, 3, 4, 0xffffffffL),
            new InitiatorPdu.LogoutRequest(true, 1, 2, 3),
            new InitiatorPdu.SnackRequest(2, 3));

    private static final List<TargetPdu> RESPONSES = List.of(
            new TargetPdu.NopIn(1, 2, 3),
            new TargetPdu.ScsiResponse(1, 0, 2, 3, new Residual(ResidualKind.OVERFLOW, 77)),
            new TargetPdu.TaskManagementResponse(1, 255),
            new TargetPdu.LoginResponse(true, false, 1, 3, 0, 0, 0x80aabbccddeeL, 0xfffe, 4, 2, 3),
            new TargetPdu.TextResponse(true, false, 1, 2, 3),
            new TargetPdu.DataIn(true, true, 0, 1, 2, 3, 0xfffffff0L, new Residual(ResidualKind.UNDERFLOW, 9)),
            new TargetPdu.LogoutResponse(1, 2),
            new TargetPdu.R2t(1, 2, 3, 4, 5, 0xfffffff0L),
            new TargetPdu.AsyncMessage(1, 3, (short) 4, (short) 5, (short) 6),
            new TargetPdu.Reject(9));

    private static Header header(ByteBuffer bytes) {
        return new Header(bytes, ByteBuffer.allocate(0));
    }

    @Test
    void requests_survive_the_wire() {
        for (InitiatorPdu pdu : REQUESTS) {
            ByteBuffer bytes = ByteBuffer.allocate(48);
            pdu.encode(bytes);
            InitiatorPdu back = InitiatorPdu.decode(header(bytes)).orElseThrow();
            assertThat(back).usingRecursiveComparison().isEqualTo(pdu);
        }
    }

    @Test
    void responses_survive_the_wire() {
        for (TargetPdu pdu : RESPONSES) {
            ByteBuffer bytes = ByteBuffer.allocate(48);
            pdu.encode(bytes);
            assertThat(TargetPdu.decode(header(bytes))).contains(pdu);
        }
    }

    @Test
    void opcodes_of_the_other_side_are_not_understood() {
        ByteBuffer response = ByteBuffer.allocate(48);
        RESPONSES.get(0).encode(response);
        assertThat(InitiatorPdu.decode(header(response))).isEmpty();
        ByteBuffer request = ByteBuffer.allocate(48);
        REQUESTS.get(0).encode(request);
        assertThat(TargetPdu.decode(header(request))).isEmpty();
    }

    /** RFC 7143 appendix A.4: CRC32C of 32 zero bytes is 0x8a9136aa, sent as aa 36 91 8a. */
    @Test
    void digests_are_those_of_the_rfc() {
        assertThat(Digests.crc(ByteBuffer.allocate(32), ByteBuffer.allocate(0), 0))
                .isEqualTo(0xaa36918a);
        assertThat(Digests.crc(ByteBuffer.allocate(30), ByteBuffer.allocate(0), 2))
                .isEqualTo(0xaa36918a);
    }

    @ParameterizedTest(name = "header digest {0}, data digest {1}, direct {2}")
    @CsvSource({"false,false,true", "true,false,true", "false,true,false", "true,true,true", "true,true,false"})
    void pdus_of_all_lengths_go_through(boolean header, boolean data, boolean direct) throws IOException {
        Digests digests = new Digests(header, data);
        Wire wire = new Wire(direct);
        PduWriter writer = new PduWriter(wire);
        writer.useDigests(digests);
        int[] lengths = {0, 1, 2, 3, 4, 5, 511, 512, 65535, 65536, 70001};
        for (int length : lengths) {
            ByteBuffer bytes = writer.nextHeader();
            new InitiatorPdu.NopOut(true, 0, length, 0).encode(bytes);
            writer.add(bytes, ByteBuffer.wrap(content(length)));
        }
        writer.flush();

        PduReader reader = new PduReader(wire, 8192);
        reader.enterFullFeaturePhase(1 << 20, 0, digests);
        for (int i = 0; i < lengths.length; i++) {
            Header next = reader.next().orElseThrow();
            assertThat(next.initiatorTaskTag()).isEqualTo(lengths[i]);
            if (i % 3 == 2) {
                reader.skipData();
            } else {
                ByteBuffer target = direct ? ByteBuffer.allocateDirect(1 << 20) : ByteBuffer.allocate(1 << 20);
                assertThat(reader.readData(target)).isTrue();
                assertThat(target.flip()).isEqualTo(ByteBuffer.wrap(content(lengths[i])));
            }
        }
        assertThat(reader.next()).isEmpty();
    }

    @Test
    void a_flipped_bit_is_noticed() throws IOException {
        for (int flip : new int[] {20, 50, 60, 400}) {
            Wire wire = new Wire(false);
            PduWriter writer = new PduWriter(wire);
            writer.useDigests(new Digests(true, true));
            ByteBuffer bytes = writer.nextHeader();
            new InitiatorPdu.NopOut(true, 0, 1, 0).encode(bytes);
            writer.add(bytes, ByteBuffer.wrap(content(400)));
            writer.flush();
            wire.flip(flip);
            PduReader reader = new PduReader(wire, 8192);
            reader.enterFullFeaturePhase(8192, 0, new Digests(true, true));
            if (flip < 52) {
                assertThatThrownBy(reader::next).isInstanceOf(ProtocolViolation.class);
            } else {
                reader.next();
                assertThat(reader.readData(ByteBuffer.allocate(400))).isFalse();
            }
        }
    }

    @Test
    void additional_headers_are_words_long_and_limited() throws IOException {
        Wire wire = new Wire(false);
        ByteBuffer bytes = ByteBuffer.allocate(48 + 8);
        bytes.put(0, (byte) 0x40).put(4, (byte) 2).putLong(48, 42);
        wire.write(new ByteBuffer[] {bytes}, 1);
        PduReader reader = new PduReader(wire, 8192);
        reader.enterFullFeaturePhase(8192, 8, Digests.NONE);
        assertThat(reader.next().orElseThrow().additional().getLong(0)).isEqualTo(42);
        assertThat(reader.next()).isEmpty();

        Wire second = new Wire(false);
        second.write(new ByteBuffer[] {bytes.rewind()}, 1);
        assertThatThrownBy(() -> new PduReader(second, 8192).next()).isInstanceOf(ProtocolViolation.class);
    }

    @Test
    void an_end_inside_of_a_pdu_is_an_end_of_file() throws IOException {
        Wire wire = new Wire(false);
        wire.write(new ByteBuffer[] {ByteBuffer.allocate(47)}, 1);
        assertThatThrownBy(() -> new PduReader(wire, 8192).next()).isInstanceOf(EOFException.class);
        Wire data = new Wire(false);
        data.write(new ByteBuffer[] {ByteBuffer.allocate(100).putInt(4, 100)}, 1);
        PduReader reader = new PduReader(data, 8192);
        reader.next();
        assertThatThrownBy(reader::skipData).isInstanceOf(EOFException.class);
    }

    @Test
    void the_pool_is_bounded_and_buffers_come_back() throws InterruptedException {
        BufferPool pool = new BufferPool(3 << 20);
        BufferPool.Lease first = pool.acquire(1 << 20, Duration.ZERO).orElseThrow();
        BufferPool.Lease second = pool.acquire((1 << 20) + 1, Duration.ZERO).orElseThrow();
        assertThat(second.size()).isEqualTo(2 << 20);
        assertThat(second.buffer().remaining()).isEqualTo((1 << 20) + 1);
        assertThat(pool.usedBytes()).isEqualTo(3 << 20);
        Optional<BufferPool.Lease> none = pool.acquire(1, Duration.ofMillis(10));
        assertThat(none).isEmpty();
        first.release();
        second.release();
        assertThat(pool.usedBytes()).isZero();
        assertThatThrownBy(first::release).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest(name = "{0} bytes in parts of {1}, direct {2}")
    @CsvSource({"70001,16384,true", "5,4,false", "262143,131072,true", "65536,65532,false"})
    void a_segment_without_digest_can_be_taken_in_parts(int length, int part, boolean direct) throws IOException {
        Wire wire = new Wire(direct);
        PduWriter writer = new PduWriter(wire);
        for (int i = 0; i < 2; i++) {
            ByteBuffer bytes = writer.nextHeader();
            new InitiatorPdu.NopOut(true, 0, i, 0).encode(bytes);
            writer.add(bytes, ByteBuffer.wrap(content(length)));
        }
        writer.flush();

        PduReader reader = new PduReader(wire, 8192);
        reader.enterFullFeaturePhase(1 << 20, 0, Digests.NONE);
        for (int i = 0; i < 2; i++) {
            assertThat(reader.next().orElseThrow().initiatorTaskTag()).isEqualTo(i);
            ByteBuffer target = ByteBuffer.allocate(length);
            while (target.remaining() > part) {
                reader.readPart(target, part);
            }
            assertThat(reader.readData(target)).isTrue();
            assertThat(target.array()).isEqualTo(content(length));
        }
        assertThat(reader.next()).isEmpty();
    }

    @Test
    void a_segment_with_a_digest_is_taken_whole() throws IOException {
        Wire wire = new Wire(false);
        PduWriter writer = new PduWriter(wire);
        writer.useDigests(new Digests(false, true));
        ByteBuffer bytes = writer.nextHeader();
        new InitiatorPdu.NopOut(true, 0, 1, 0).encode(bytes);
        writer.add(bytes, ByteBuffer.wrap(content(100)));
        writer.flush();

        PduReader reader = new PduReader(wire, 8192);
        reader.enterFullFeaturePhase(1 << 20, 0, new Digests(false, true));
        assertThat(reader.next()).isPresent();
        assertThatThrownBy(() -> reader.readPart(ByteBuffer.allocate(100), 4))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(reader.readData(ByteBuffer.allocate(100))).isTrue();
    }

    private static byte[] content(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** What is written can be read. */
    private static final class Wire implements Transport {
        private final boolean direct;
        private final ByteArrayOutputStream written = new ByteArrayOutputStream();
        private int position;
        private int flipped = -1;

        Wire(boolean direct) {
            this.direct = direct;
        }

        void flip(int at) {
            flipped = at;
        }

        @Override
        public int read(ByteBuffer target) {
            byte[] bytes = written.toByteArray();
            if (flipped >= 0) {
                bytes[flipped] ^= 1;
            }
            if (position == bytes.length) {
                return -1;
            }
            int count = Math.min(Math.min(target.remaining(), bytes.length - position), 1000);
            target.put(bytes, position, count);
            position += count;
            return count;
        }

        @Override
        public void write(ByteBuffer[] sources, int count) {
            for (int i = 0; i < count; i++) {
                byte[] bytes = new byte[sources[i].remaining()];
                sources[i].get(bytes);
                written.writeBytes(bytes);
            }
        }

        @Override
        public boolean prefersDirectBuffers() {
            return direct;
        }

        @Override
        public SocketAddress remoteAddress() {
            return InetSocketAddress.createUnresolved("wire", 0);
        }

        @Override
        public void close() {
            // nothing to close
        }
    }
}
