package org.understudy.iscsi.fuzz;

import java.nio.ByteBuffer;
import java.util.Random;
import org.understudy.iscsi.pdu.InitiatorPdu;
import org.understudy.iscsi.pdu.InitiatorPdu.DataOut;
import org.understudy.iscsi.pdu.InitiatorPdu.LogoutRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.NopOut;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.InitiatorPdu.SnackRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.TaskManagementRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.TextRequest;

/** Requests of full feature phase of every opcode, numbered in order and mostly well formed, with every CDB that means something. */
final class Requests {

    /** Operation codes with a data-out phase. */
    private static final int[] WRITING = {
        0x0a, 0x15, 0x2a, 0x2e, 0x2f, 0x41, 0x42, 0x55, 0x5f, 0x83, 0x89, 0x8a, 0x8b, 0x8e, 0x8f, 0x93, 0xaa, 0xae, 0xaf
    };

    private static final int[] READING = {
        0x00, 0x03, 0x08, 0x12, 0x16, 0x17, 0x1a, 0x1b, 0x1e, 0x25, 0x28, 0x34, 0x35, 0x56, 0x57, 0x5a, 0x5e, 0x84,
        0x88, 0x90, 0x91, 0x9e, 0xa0, 0xa3, 0xa8
    };

    private final Random random;
    private final long blocks;
    private final int firstBurst;
    private int cmdSn;

    /**
     * @param blocks capacity of the unit, near whose end many addresses lie
     * @param firstBurst most immediate data
     */
    Requests(Random random, int firstCmdSn, long blocks, int firstBurst) {
        this.firstBurst = firstBurst;
        this.random = random;
        this.blocks = blocks;
        this.cmdSn = firstCmdSn;
    }

    byte[] next() {
        int tag = random.nextInt(64);
        long lun = random.nextInt(20) == 0 ? random.nextLong() : 0;
        boolean immediate = random.nextInt(8) == 0;
        InitiatorPdu pdu =
                switch (random.nextInt(20)) {
                    case 0 -> new NopOut(immediate, lun, tag, random.nextInt(4) == 0 ? 1 : -1);
                    case 1 -> management(immediate, lun, tag);
                    case 2 -> new TextRequest(immediate, true, random.nextInt(40) == 0, lun, tag, -1);
                    case 3 ->
                        new DataOut(
                                random.nextBoolean(),
                                lun,
                                tag,
                                random.nextBoolean() ? -1 : random.nextInt(8),
                                random.nextInt(3),
                                random.nextInt(4) * 512L);
                    case 4 -> rare(immediate, tag);
                    default -> command(tag, lun, immediate);
                };
        return Wire.request(pdu, number(pdu), data(pdu));
    }

    private TaskManagementRequest management(boolean immediate, long lun, int tag) {
        // Functions 6 and 7 reset the whole target; 7 also ends this session.
        int function = random.nextInt(20) == 0 ? random.nextInt(128) : 1 + random.nextInt(6);
        return new TaskManagementRequest(immediate, function, lun, tag, random.nextInt(64), random.nextInt(40));
    }

    private InitiatorPdu rare(boolean immediate, int tag) {
        if (random.nextInt(12) != 0) {
            return new NopOut(true, 0, tag, -1);
        }
        return random.nextBoolean()
                ? new LogoutRequest(immediate, random.nextInt(4), tag, 0)
                : new SnackRequest(random.nextInt(4), tag);
    }

    private int number(InitiatorPdu pdu) {
        if (random.nextInt(200) == 0) {
            return cmdSn + random.nextInt(300) - 150;
        }
        return pdu.immediate() || pdu.unnumbered() ? cmdSn : cmdSn++;
    }

    private byte[] data(InitiatorPdu pdu) {
        if (pdu instanceof ScsiCommand command) {
            if (!command.write()) {
                return new byte[0];
            }
            int most = (int) Math.min(firstBurst, command.expectedLength());
            byte[] data = new byte[random.nextInt(4) == 0 ? random.nextInt(most + 1) : most];
            random.nextBytes(data);
            if (data.length >= 8) {
                // Parameter lists begin with lengths: small ones get further.
                ByteBuffer.wrap(data).putShort(0, (short) (data.length - 2)).putShort(2, (short) (data.length - 8));
            }
            return data;
        }
        if (pdu instanceof NopOut || pdu instanceof DataOut) {
            return new byte[random.nextInt(4) == 0 ? random.nextInt(5000) : 0];
        }
        if (pdu instanceof TextRequest) {
            return LoginTexts.text("SendTargets=" + (random.nextBoolean() ? "All" : FuzzRange.LOCKED));
        }
        return new byte[0];
    }

    private ScsiCommand command(int tag, long lun, boolean immediate) {
        boolean write = random.nextBoolean();
        int opcode = write ? WRITING[random.nextInt(WRITING.length)] : READING[random.nextInt(READING.length)];
        int count = random.nextInt(10) == 0 ? random.nextInt() : random.nextInt(9);
        byte[] cdb = cdb(opcode, count);
        if (random.nextInt(3) == 0) {
            cdb[random.nextInt(16)] = (byte) random.nextInt();
        }
        if (random.nextInt(20) == 0) {
            cdb[0] = (byte) random.nextInt();
        }
        long expected = random.nextInt(8) == 0 ? random.nextInt(1 << 20) : (count & 0xf) * 512L;
        if (random.nextInt(100) == 0) {
            expected = random.nextInt() & 0xffffffffL;
        }
        // Bits of both directions at once are for the mutator.
        return new ScsiCommand(
                immediate,
                true,
                !write,
                write,
                random.nextInt(20) == 0 ? random.nextInt(8) : 1,
                lun,
                tag,
                expected,
                cdb);
    }

    private byte[] cdb(int opcode, int count) {
        long lba =
                random.nextInt(4) == 0 ? blocks - random.nextInt(6) : random.nextInt((int) Math.min(1 << 20, blocks));
        ByteBuffer cdb = ByteBuffer.allocate(16).put(0, (byte) opcode);
        cdb.put(1, random.nextInt(4) == 0 ? (byte) random.nextInt() : 0);
        switch (opcode >> 5) {
            case 0 -> cdb.put(2, (byte) (lba >> 8)).put(3, (byte) lba).put(4, (byte) count);
            case 1, 2 -> cdb.putInt(2, (int) lba).putShort(7, (short) parameterLength(opcode, count));
            case 4 -> {
                cdb.putLong(2, lba).putInt(10, count);
                if (opcode == 0x89) {
                    cdb.putInt(10, 0).put(13, (byte) (count / 2));
                } else if (opcode == 0x9e || opcode == 0x83 || opcode == 0x84) {
                    cdb.put(1, (byte) random.nextInt(0x20)).putInt(10, 512);
                }
            }
            default -> cdb.putInt(2, (int) lba).putInt(6, opcode == 0xa0 || opcode == 0xa3 ? 4096 : count);
        }
        return cdb.array();
    }

    private static int parameterLength(int opcode, int count) {
        return switch (opcode) {
            // UNMAP, MODE SELECT, PERSISTENT RESERVE: a length in bytes
            case 0x42, 0x55, 0x5f, 0x5e, 0x5a -> (count & 0xf) * 512;
            default -> count;
        };
    }
}
