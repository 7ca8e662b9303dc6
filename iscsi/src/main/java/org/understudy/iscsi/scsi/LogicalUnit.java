package org.understudy.iscsi.scsi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.device.ReadOnlyDeviceException;

/**
 * A logical unit: a block device with the state that SCSI gives it (unit attentions, reservations, mode pages). Thread-safe.
 * {@link #prepare} checks a command in the order of arrival; the plan it returns is carried out on any thread.
 */
public final class LogicalUnit {

    /** Size of the unit of allocation that is shown as physical block. */
    static final int PHYSICAL_BLOCK_BYTES = 4096;

    private final String targetName;
    private final int number;
    private final String serial;
    private final BlockDevice device;
    private final UnitAttentions attentions = new UnitAttentions();
    private final Spc2Reservation reservation = new Spc2Reservation();
    private final PersistentReservations persistentReservations = new PersistentReservations(attentions);
    private final ModePages modePages = new ModePages();
    private final RemovableMedium medium;
    private final CopyResults copyResults = new CopyResults();
    private final byte[] instance = InstancePage.draw();
    /** Read side: ordinary writes. Write side: commands that compare and change as one step. */
    private final ReadWriteLock writeLock = new ReentrantReadWriteLock();

    private volatile long knownBytes;
    private volatile boolean quietStart;
    private volatile Consumer<Nexus> taskAborter = nexus -> {};
    private volatile Function<byte[], Optional<LogicalUnit>> siblings = designator -> Optional.empty();

    /**
     * @param targetName name of the target, part of the port designator in VPD 0x83
     * @param serial unit serial number, stable and unique
     * @param removable the medium can be ejected and loaded by initiators
     */
    public LogicalUnit(String targetName, int number, String serial, BlockDevice device, boolean removable) {
        this.medium = new RemovableMedium(removable);
        this.targetName = targetName;
        this.number = number;
        this.serial = serial;
        this.device = device;
        this.knownBytes = device.sizeBytes();
    }

    public int number() {
        return number;
    }

    public BlockDevice device() {
        return device;
    }

    String serial() {
        return serial;
    }

    /** Content of the {@link InstancePage}. */
    byte[] instance() {
        return instance;
    }

    String targetName() {
        return targetName;
    }

    UnitAttentions attentions() {
        return attentions;
    }

    Spc2Reservation reservation() {
        return reservation;
    }

    PersistentReservations persistentReservations() {
        return persistentReservations;
    }

    ModePages modePages() {
        return modePages;
    }

    RemovableMedium medium() {
        return medium;
    }

    CopyResults copyResults() {
        return copyResults;
    }

    ReadWriteLock writeLock() {
        return writeLock;
    }

    int blockSize() {
        return device.blockSize();
    }

    long blockCount() {
        return device.sizeBytes() / device.blockSize();
    }

    /** True if sense data is to be in descriptor format. */
    public boolean descriptorSense() {
        return modePages.descriptorSense();
    }

    /** Checks a command and says how to carry it out. Does not block. */
    public Plan prepare(Nexus nexus, Cdb cdb) {
        try {
            Operation operation = CommandTable.find(cdb).orElse(null);
            if (operation == null) {
                throw CheckCondition.illegal(
                        CommandTable.hasServiceActions(cdb.opcode())
                                ? SenseCode.INVALID_FIELD_IN_CDB
                                : SenseCode.INVALID_OPERATION_CODE);
            }
            noticeResize();
            if (!reportsAttentionItself(cdb.opcode())) {
                OptionalInt attention = attentions.poll(nexus);
                if (attention.isPresent()) {
                    throw CheckCondition.of(Sense.UNIT_ATTENTION, attention.getAsInt());
                }
            }
            if (cdb.naca()) {
                throw CheckCondition.invalidField();
            }
            checkReservations(nexus, cdb, operation.access());
            if (!medium.present() && needsMedium(cdb)) {
                throw CheckCondition.of(Sense.NOT_READY, SenseCode.MEDIUM_NOT_PRESENT);
            }
            return operation.handler().plan(this, nexus, cdb);
        } catch (CheckCondition e) {
            return new Plan.Answer(e.outcome());
        }
    }

    private static boolean reportsAttentionItself(int opcode) {
        // INQUIRY, REPORT LUNS and REQUEST SENSE (SAM-5 section 5.14).
        return opcode == 0x12 || opcode == 0xa0 || opcode == 0x03;
    }

    /** All but inquiry, sense, mode, support, reservation and medium commands. */
    private static boolean needsMedium(Cdb cdb) {
        return switch (cdb.opcode()) {
            case 0x03, 0x12, 0x15, 0x16, 0x17, 0x1a, 0x1b, 0x1e, 0x55, 0x5a, 0x5e, 0x5f, 0xa0, 0xa3 -> false;
            default -> true;
        };
    }

    private void checkReservations(Nexus nexus, Cdb cdb, Access access) throws CheckCondition {
        if (!reservation.allows(nexus, cdb, access) || !persistentReservations.allows(nexus, access)) {
            throw CheckCondition.reservationConflict();
        }
    }

    /** Tells everybody if the device has another size than it had. */
    public void noticeResize() {
        long now = device.sizeBytes();
        if (now != knownBytes) {
            knownBytes = now;
            attentions.raise(SenseCode.CAPACITY_CHANGED, nexus -> true);
        }
    }

    /** True if the unit has just these properties; the device is compared as an object. */
    public boolean isMadeOf(BlockDevice otherDevice, String otherSerial, boolean removable) {
        return device == otherDevice && serial.equals(otherSerial) && medium.removable() == removable;
    }

    /** The target got or lost units: everybody is told. */
    void lunsChanged() {
        attentions.raise(SenseCode.REPORTED_LUNS_CHANGED, nexus -> true);
    }

    /** The nexus has read the list of units: it knows (SPC-4 section 6.33). */
    void lunsReported(Nexus nexus) {
        attentions.withdraw(nexus, SenseCode.REPORTED_LUNS_CHANGED);
    }

    /** The unit came to a target on which the nexus was already established. */
    void joined(Nexus nexus) {
        attentions.open(nexus, OptionalInt.of(SenseCode.REPORTED_LUNS_CHANGED));
    }

    /** From now on a new nexus finds no unit attention. */
    public void startQuietly() {
        quietStart = true;
    }

    /** A nexus was established: it starts with a unit attention, unless the unit is to start quietly. */
    public void nexusEstablished(Nexus nexus) {
        attentions.open(nexus, quietStart ? OptionalInt.empty() : OptionalInt.of(SenseCode.POWER_ON_RESET));
    }

    /** A nexus ended: its SPC-2 reservation ends, its persistent registration stays. */
    public void nexusLost(Nexus nexus) {
        reservation.releaseAll(nexus);
        medium.forget(nexus);
        attentions.close(nexus);
    }

    /** A logical unit or target reset: reservations of SPC-2 and mode pages go, persistent reservations stay. */
    public void reset(int attentionCode) {
        reservation.clear();
        modePages.reset();
        medium.allowAll();
        attentions.raise(attentionCode, nexus -> true);
    }

    /** Tells other nexuses that commands of theirs were aborted. */
    public void commandsClearedBy(Nexus nexus) {
        attentions.raise(SenseCode.COMMANDS_CLEARED_BY_OTHER, other -> !other.equals(nexus));
    }

    /** Finds the unit of the same target that a designator of VPD page 0x83 names. */
    void useSiblings(Function<byte[], Optional<LogicalUnit>> finder) {
        siblings = finder;
    }

    Optional<LogicalUnit> sibling(byte[] designator) {
        return siblings.apply(designator);
    }

    /** True if reservations let a nexus do this to the medium. */
    boolean mayAccess(Nexus nexus, Access access) {
        return (!reservation.isHeld() || reservation.isHeldBy(nexus)) && persistentReservations.allows(nexus, access);
    }

    /** Who aborts the commands of a nexus on this unit, for PREEMPT AND ABORT. */
    public void onAbort(Consumer<Nexus> aborter) {
        taskAborter = aborter;
    }

    void abortTasks(Nexus nexus) {
        taskAborter.accept(nexus);
    }

    /** Offset in bytes of a range of blocks that lies inside the unit. */
    long checkedOffset(long lba, long blocks) throws CheckCondition {
        long count = blockCount();
        if (lba < 0 || lba > count || blocks > count - lba) {
            throw CheckCondition.illegal(SenseCode.LBA_OUT_OF_RANGE);
        }
        return lba * blockSize();
    }

    void checkWritable() throws CheckCondition {
        if (device.readOnly()) {
            throw CheckCondition.of(Sense.DATA_PROTECT, SenseCode.WRITE_PROTECTED);
        }
        if (modePages.softwareWriteProtected()) {
            throw CheckCondition.of(Sense.DATA_PROTECT, SenseCode.SOFTWARE_WRITE_PROTECTED);
        }
    }

    void write(long offset, ByteBuffer data) throws IOException {
        writeLock.readLock().lock();
        try {
            device.write(offset, data);
        } finally {
            writeLock.readLock().unlock();
        }
    }

    /** The outcome of a command whose device failed. */
    public static Outcome failure(IOException e, boolean writing) {
        if (e instanceof ReadOnlyDeviceException) {
            return Outcome.check(Sense.DATA_PROTECT, SenseCode.WRITE_PROTECTED);
        }
        if (!writing) {
            return Outcome.check(Sense.MEDIUM_ERROR, SenseCode.UNRECOVERED_READ_ERROR);
        }
        String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        if (message.contains("no space left") || message.contains("quota exceeded")) {
            return Outcome.check(Sense.DATA_PROTECT, SenseCode.SPACE_ALLOCATION_FAILED);
        }
        return Outcome.check(Sense.MEDIUM_ERROR, SenseCode.WRITE_ERROR);
    }
}
