package org.understudy.iscsi.initiator;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.IscsiException.CommandFailed;
import org.understudy.iscsi.IscsiException.LunChanged;
import org.understudy.iscsi.IscsiException.ProtocolViolation;
import org.understudy.iscsi.IscsiException.UnflushedWritesInDoubt;
import org.understudy.iscsi.scsi.InstancePage;
import org.understudy.iscsi.scsi.ScsiTarget;
import org.understudy.iscsi.scsi.Sense;

/**
 * What a session knows of a logical unit that it uses: who it is, and which acknowledged writes were not flushed yet. Writes are
 * counted, not kept: if the target may have lost some, the next flush fails. Thread-safe.
 */
final class Unit {

    private static final int CAPACITY_BYTES = 32;
    private static final int MODE_BYTES = 8;
    private static final int CACHING_PAGE = 0x08;
    private static final int IDENTIFICATION_PAGE = 0x83;
    private static final int PAGE_BYTES = 1024;
    private static final byte[] NONE = new byte[0];

    private final int number;
    private final Identity identity;
    private final boolean readOnly;
    private byte[] instance;
    private long acknowledged;
    private long flushed;
    private boolean inDoubt;
    private long lastInDoubt;

    /** Sends a command somewhere. */
    @FunctionalInterface
    interface Sender {
        CompletableFuture<Integer> send(Exchange exchange) throws IscsiException;
    }

    /**
     * @param designators body of VPD page 0x83, empty where the target has none or it does not matter
     */
    private record Identity(long sizeBytes, int blockSize, byte[] designators) {}

    private Unit(int number, Identity identity, boolean readOnly, byte[] instance) {
        this.number = number;
        this.identity = identity;
        this.readOnly = readOnly;
        this.instance = instance;
    }

    /**
     * Asks a unit who it is.
     *
     * @param recognisable also asks for what is needed to know it again later
     */
    static Unit open(Sender sender, int number, boolean recognisable) throws IscsiException {
        Identity identity = identity(sender, number, recognisable);
        byte[] instance = recognisable ? page(sender, number, InstancePage.CODE) : NONE;
        return new Unit(number, identity, isProtected(sender, number), instance);
    }

    private static Identity identity(Sender sender, int number, boolean recognisable) throws IscsiException {
        ByteBuffer capacity = ByteBuffer.allocate(CAPACITY_BYTES);
        int length = IscsiSession.await(sender.send(Exchange.reading(
                "READ CAPACITY of LUN " + number,
                ScsiTarget.field(number),
                Cdbs.readCapacity(CAPACITY_BYTES),
                capacity)));
        long last = capacity.getLong(0);
        int blockSize = capacity.getInt(8);
        if (length < 12
                || last < 0
                || blockSize < 512
                || blockSize > 1 << 16
                || Integer.bitCount(blockSize) != 1
                || last >= Long.MAX_VALUE / blockSize) {
            throw new ProtocolViolation("capacity of LUN " + number + " makes no sense");
        }
        byte[] designators = recognisable ? page(sender, number, IDENTIFICATION_PAGE) : NONE;
        return new Identity((last + 1) * blockSize, blockSize, designators);
    }

    /** A page of vital product data; empty if the unit does not have it. */
    static byte[] page(Sender sender, int number, int code) throws IscsiException {
        ByteBuffer data = ByteBuffer.allocate(PAGE_BYTES);
        try {
            int length = IscsiSession.await(sender.send(Exchange.reading(
                    "INQUIRY of LUN " + number, ScsiTarget.field(number), Cdbs.inquiry(true, code, PAGE_BYTES), data)));
            boolean asked = length >= 4 && (data.get(1) & 0xff) == code;
            return asked ? Arrays.copyOf(data.array(), Math.min(length, 4 + (data.getShort(2) & 0xffff))) : NONE;
        } catch (CommandFailed e) {
            if (isIllegalRequest(e)) {
                return NONE;
            }
            throw e;
        }
    }

    private static boolean isProtected(Sender sender, int number) throws IscsiException {
        ByteBuffer mode = ByteBuffer.allocate(MODE_BYTES);
        try {
            int length = IscsiSession.await(sender.send(Exchange.reading(
                    "MODE SENSE of LUN " + number,
                    ScsiTarget.field(number),
                    Cdbs.modeSense(CACHING_PAGE, MODE_BYTES),
                    mode)));
            return length > 3 && (mode.get(3) & 0x80) != 0;
        } catch (CommandFailed e) {
            if (isIllegalRequest(e)) {
                // A target without mode pages has no write protection to tell of.
                return false;
            }
            throw e;
        }
    }

    static boolean isIllegalRequest(CommandFailed failure) {
        Sense sense = failure.sense();
        return sense != null && sense.key() == Sense.ILLEGAL_REQUEST;
    }

    int number() {
        return number;
    }

    long sizeBytes() {
        return identity.sizeBytes();
    }

    int blockSize() {
        return identity.blockSize();
    }

    boolean readOnly() {
        return readOnly;
    }

    /**
     * After a reconnect: is it the same unit, and does it still hold what it acknowledged?
     *
     * @throws LunChanged if it is another one
     */
    void verify(Sender sender) throws IscsiException {
        Identity now;
        byte[] newInstance;
        try {
            now = identity(sender, number, true);
            newInstance = page(sender, number, InstancePage.CODE);
        } catch (CommandFailed e) {
            if (isIllegalRequest(e)) {
                throw new LunChanged(number, "it is gone");
            }
            throw e;
        }
        if (!Arrays.equals(now.designators(), identity.designators())) {
            throw new LunChanged(
                    number,
                    "it identifies itself as " + HexFormat.of().formatHex(now.designators()) + ", not "
                            + HexFormat.of().formatHex(identity.designators()));
        }
        if (now.sizeBytes() != identity.sizeBytes() || now.blockSize() != identity.blockSize()) {
            throw new LunChanged(
                    number,
                    now.sizeBytes() + " bytes in blocks of " + now.blockSize() + ", not " + identity.sizeBytes()
                            + " in blocks of " + identity.blockSize());
        }
        compareInstance(newInstance);
    }

    private synchronized void compareInstance(byte[] newInstance) {
        boolean same = newInstance.length > 0 && Arrays.equals(newInstance, instance);
        instance = newInstance;
        if (!same && acknowledged > flushed) {
            inDoubt = true;
            lastInDoubt = acknowledged;
        }
    }

    /** A write or unmap was acknowledged. Called before its caller hears of it. */
    synchronized void wrote() {
        acknowledged++;
    }

    /** Writes that a flush which is sent now covers. */
    synchronized long covered() {
        return acknowledged;
    }

    /** A flush that covers this many writes succeeded. Called before its caller hears of it. */
    synchronized void flushed(long covered) {
        if (!inDoubt) {
            flushed = Math.max(flushed, covered);
        }
    }

    /** Before a flush is sent and again when it succeeded: fails, once, if it would promise too much. */
    synchronized void checkDoubt(long covered) throws UnflushedWritesInDoubt {
        if (inDoubt && covered > flushed) {
            inDoubt = false;
            flushed = Math.max(flushed, lastInDoubt);
            throw new UnflushedWritesInDoubt(number);
        }
    }
}
