package org.understudy.iscsi.initiator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.IscsiException.CommandFailed;
import org.understudy.iscsi.scsi.Sense;
import org.understudy.iscsi.scsi.SenseCode;

class ZeroingTest {

    private static final int BLOCK = 512;
    private static final int BLOCKS = 8192;

    private final FakeUnit unit = new FakeUnit();

    @Test
    void spaceIsFreedWhereTheUnitCanDoThat() throws IscsiException {
        unit.unmaps = true;

        zeroing().zero(10 * BLOCK, 1000 * BLOCK);

        assertThat(unit.commands).containsExactly("93 unmap 10+1000");
        unit.assertZeroed(10, 1010);
    }

    @Test
    void noCommandIsLongerThanTheUnitAllows() throws IscsiException {
        unit.unmaps = true;
        unit.maxWriteSame = 400;

        zeroing().zero(0, 1000 * BLOCK);

        assertThat(unit.commands).containsExactly("93 unmap 0+400", "93 unmap 400+400", "93 unmap 800+200");
        unit.assertZeroed(0, 1000);
    }

    @Test
    void aUnitThatFreesNothingIsWrittenWithTheSameBlock() throws IscsiException {
        zeroing().zero(5 * BLOCK, 20 * BLOCK);

        assertThat(unit.commands).containsExactly("93 5+20");
        unit.assertZeroed(5, 25);
    }

    @Test
    void aUnitThatDoesNotKnowWriteSameIsSentZerosAndNotAskedAgain() throws IscsiException {
        unit.unmaps = true;
        unit.knowsWriteSame = false;
        Zeroing zeroing = zeroing();

        zeroing.zero(0, 3000L * BLOCK);
        zeroing.zero(4000L * BLOCK, BLOCK);

        assertThat(unit.commands).containsExactly("8a 0+2048", "8a 2048+952", "8a 4000+1");
        unit.assertZeroed(0, 3000);
    }

    @Test
    void anyOtherFailureIsTheCallers() throws IscsiException {
        unit.broken = true;
        Zeroing zeroing = zeroing();

        assertThatExceptionOfType(CommandFailed.class).isThrownBy(() -> zeroing.zero(0, BLOCK));
    }

    private Zeroing zeroing() throws IscsiException {
        return Zeroing.ask(unit, unit, 0, BLOCK);
    }

    /** A unit in memory, full of ones, that carries out what it knows at once. */
    private static final class FakeUnit implements Unit.Sender {

        final List<String> commands = new ArrayList<>();
        final byte[] content = new byte[BLOCKS * BLOCK];
        boolean unmaps;
        boolean knowsWriteSame = true;
        boolean broken;
        long maxWriteSame;

        FakeUnit() {
            Arrays.fill(content, (byte) 1);
        }

        @Override
        public CompletableFuture<Integer> send(Exchange exchange) {
            ByteBuffer cdb = ByteBuffer.wrap(exchange.cdb());
            return switch (cdb.get(0) & 0xff) {
                case 0x12 -> inquiry(cdb.get(2) & 0xff, exchange);
                case 0x93 -> knowsWriteSame ? write(cdb, exchange, true) : fail(exchange, Sense.ILLEGAL_REQUEST);
                case 0x8a -> write(cdb, exchange, false);
                default -> throw new AssertionError("unexpected " + exchange.name());
            };
        }

        private CompletableFuture<Integer> inquiry(int page, Exchange exchange) {
            byte[] body = new byte[64];
            body[1] = (byte) page;
            body[3] = 60;
            if (page == 0xb0) {
                ByteBuffer.wrap(body).putLong(36, maxWriteSame);
            } else if (page == 0xb2 && unmaps) {
                body[5] = 0x40;
            }
            ByteBuffer target = Objects.requireNonNull(exchange.dataIn());
            target.duplicate().put(body);
            return CompletableFuture.completedFuture(body.length);
        }

        private CompletableFuture<Integer> write(ByteBuffer cdb, Exchange exchange, boolean same) {
            if (broken) {
                return fail(exchange, Sense.MEDIUM_ERROR);
            }
            int lba = (int) cdb.getLong(2);
            int blocks = cdb.getInt(10);
            boolean unmap = same && (cdb.get(1) & 8) != 0;
            commands.add(String.format("%02x", cdb.get(0) & 0xff) + (unmap ? " unmap " : " ") + lba + "+" + blocks);
            ByteBuffer data = Objects.requireNonNull(exchange.dataOut());
            assertThat(data.remaining()).isEqualTo(same ? BLOCK : blocks * BLOCK);
            for (int i = 0; i < blocks; i++) {
                data.get(same ? 0 : i * BLOCK, content, (lba + i) * BLOCK, BLOCK);
            }
            return CompletableFuture.completedFuture(data.remaining());
        }

        private static CompletableFuture<Integer> fail(Exchange exchange, int key) {
            return CompletableFuture.failedFuture(
                    new CommandFailed(exchange.name(), 2, Sense.of(key, SenseCode.INVALID_OPERATION_CODE)));
        }

        void assertZeroed(int from, int to) {
            for (int block = 0; block < BLOCKS; block++) {
                assertThat(content[block * BLOCK]).as("block %s", block).isEqualTo((byte)
                        (block >= from && block < to || block == 4000 && to == 3000 ? 0 : 1));
            }
        }
    }
}
