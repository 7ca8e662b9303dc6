package org.understudy.iscsi.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;

/** VERIFY, WRITE AND VERIFY, COMPARE AND WRITE, ORWRITE (SBC-3 sections 5.2, 5.6, 5.28 to 5.31, 5.36 to 5.39). */
final class VerifyCommands {

    /** Most blocks that COMPARE AND WRITE takes: its length field has eight bits. */
    static final int MAX_COMPARE_BLOCKS = 255;

    private static final int CHUNK_BYTES = 256 << 10;

    private VerifyCommands() {}

    static Plan compareAndWrite(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        if (cdb.bit(1, 0xe0)) {
            throw CheckCondition.invalidField();
        }
        int blocks = cdb.u8(13);
        long offset = unit.checkedOffset(cdb.u64(2), blocks);
        unit.checkWritable();
        int length = blocks * unit.blockSize();
        boolean forceUnitAccess = cdb.bit(1, 0x08);
        return new Plan.Collect(2 * length, data -> {
            ByteBuffer expected = data.slice(data.position(), length);
            ByteBuffer replacement = data.slice(data.position() + length, length);
            unit.writeLock().writeLock().lock();
            try {
                compare(unit, offset, 0, expected);
                unit.device().write(offset, replacement);
            } finally {
                unit.writeLock().writeLock().unlock();
            }
            if (forceUnitAccess) {
                unit.device().flush();
            }
            return Outcome.GOOD;
        });
    }

    static Plan orWrite(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        BlockRange range = BlockRange.unprotected(cdb);
        long blocks = range.blocks();
        long offset = unit.checkedOffset(range.lba(), blocks);
        CapacityCommands.checkTransferLength(unit, blocks);
        unit.checkWritable();
        if (blocks == 0) {
            return new Plan.Answer(Outcome.GOOD);
        }
        return new Plan.Receive(blocks * unit.blockSize(), new OrSink(unit, offset, range.forceUnitAccess()));
    }

    static Plan verify(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        int byteCheck = cdb.u8(1) >> 1 & 3;
        BlockRange range = BlockRange.unprotected(cdb);
        if (byteCheck == 2) {
            throw CheckCondition.invalidField();
        }
        long blocks = range.blocks();
        long offset = unit.checkedOffset(range.lba(), blocks);
        if (blocks == 0) {
            return new Plan.Answer(Outcome.GOOD);
        }
        long length = blocks * unit.blockSize();
        if (byteCheck == 0) {
            return new Plan.Work(() -> {
                readBack(unit, offset, length);
                return Outcome.GOOD;
            });
        }
        if (byteCheck == 3) {
            // One block of data, compared with every block of the range.
            return new Plan.Collect(unit.blockSize(), data -> {
                for (long block = 0; block < blocks; block++) {
                    long at = block * unit.blockSize();
                    compare(unit, offset + at, at, data.slice());
                }
                return Outcome.GOOD;
            });
        }
        CapacityCommands.checkTransferLength(unit, blocks);
        return new Plan.Receive(length, new Plan.Sink() {
            @Override
            public void accept(long position, ByteBuffer data) throws IOException, CheckCondition {
                compare(unit, offset + position, position, data);
            }

            @Override
            public Outcome finish() {
                return Outcome.GOOD;
            }
        });
    }

    static Plan writeAndVerify(LogicalUnit unit, Nexus nexus, Cdb cdb) throws CheckCondition {
        int byteCheck = cdb.u8(1) >> 1 & 3;
        BlockRange range = BlockRange.unprotected(cdb);
        if (byteCheck >= 2) {
            throw CheckCondition.invalidField();
        }
        long blocks = range.blocks();
        long offset = unit.checkedOffset(range.lba(), blocks);
        CapacityCommands.checkTransferLength(unit, blocks);
        unit.checkWritable();
        if (blocks == 0) {
            return new Plan.Answer(Outcome.GOOD);
        }
        return new Plan.Receive(blocks * unit.blockSize(), new Plan.Sink() {
            @Override
            public void accept(long position, ByteBuffer data) throws IOException, CheckCondition {
                ByteBuffer written = data.duplicate();
                unit.write(offset + position, data);
                unit.device().flush();
                compare(unit, offset + position, position, written);
            }

            @Override
            public Outcome finish() {
                return Outcome.GOOD;
            }
        });
    }

    private static void readBack(LogicalUnit unit, long offset, long length) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, length));
        for (long done = 0; done < length; done += chunk.limit()) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, length - done));
            unit.device().read(offset + done, chunk);
        }
    }

    /** Compares with the medium; the sense of a miscompare carries the offset of the first byte that differs. */
    private static void compare(LogicalUnit unit, long offset, long position, ByteBuffer expected)
            throws IOException, CheckCondition {
        ByteBuffer chunk = ByteBuffer.allocate(Math.min(CHUNK_BYTES, expected.remaining()));
        long done = 0;
        while (expected.hasRemaining()) {
            chunk.clear().limit(Math.min(CHUNK_BYTES, expected.remaining()));
            unit.device().read(offset + done, chunk);
            chunk.flip();
            ByteBuffer wanted = expected.slice(expected.position(), chunk.remaining());
            int mismatch = chunk.mismatch(wanted);
            if (mismatch >= 0) {
                Sense sense = Sense.of(Sense.MISCOMPARE, SenseCode.MISCOMPARE_DURING_VERIFY)
                        .withInformation(position + done + mismatch);
                throw new CheckCondition(Outcome.check(sense));
            }
            expected.position(expected.position() + chunk.limit());
            done += chunk.limit();
        }
    }

    /** Sets the bits that arrive. */
    private record OrSink(LogicalUnit unit, long start, boolean forceUnitAccess) implements Plan.Sink {
        @Override
        public void accept(long position, ByteBuffer data) throws IOException {
            ByteBuffer merged = ByteBuffer.allocate(data.remaining());
            unit.writeLock().writeLock().lock();
            try {
                unit.device().read(start + position, merged);
                merged.flip();
                for (int i = 0; i < merged.limit(); i++) {
                    merged.put(i, (byte) (merged.get(i) | data.get(data.position() + i)));
                }
                unit.device().write(start + position, merged);
            } finally {
                unit.writeLock().writeLock().unlock();
            }
            data.position(data.limit());
        }

        @Override
        public Outcome finish() throws IOException {
            if (forceUnitAccess) {
                unit.device().flush();
            }
            return Outcome.GOOD;
        }
    }
}
