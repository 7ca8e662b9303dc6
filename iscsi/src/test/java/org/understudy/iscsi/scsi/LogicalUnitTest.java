package org.understudy.iscsi.scsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.understudy.iscsi.device.MemoryBlockDevice;

/** The SCSI layer without a wire. */
class LogicalUnitTest {

    private static final Nexus ONE = new Nexus("iqn.2026-11.org.understudy:one", 1);
    private static final Nexus TWO = new Nexus("iqn.2026-11.org.understudy:two", 2);
    private static final Sense CONFLICT = Sense.of(15, 0xffff);

    private final MemoryBlockDevice device = new MemoryBlockDevice(1 << 20);
    private final LogicalUnit unit = new LogicalUnit("iqn.2026-11.org.understudy:t", 0, "SERIAL", device, true);
    private final LogicalUnit other =
            new LogicalUnit("iqn.2026-11.org.understudy:t", 1, "OTHER", new MemoryBlockDevice(1 << 20), false);
    private final ScsiTarget target = new ScsiTarget(List.of(unit, other));

    private static Cdb cdb(int... bytes) {
        byte[] field = new byte[16];
        for (int i = 0; i < bytes.length; i++) {
            field[i] = (byte) bytes[i];
        }
        return new Cdb(field);
    }

    private Outcome run(Nexus nexus, Cdb cdb, byte[] data) {
        try {
            Plan plan = target.prepare(nexus, 0, cdb);
            if (plan instanceof Plan.Answer answer) {
                return answer.outcome();
            }
            if (plan instanceof Plan.Work work) {
                return work.action().run();
            }
            if (plan instanceof Plan.Collect collect) {
                assertThat(data).hasSize(collect.length());
                return collect.collector().run(ByteBuffer.wrap(data));
            }
            if (plan instanceof Plan.Receive receive) {
                receive.sink().accept(0, ByteBuffer.wrap(data));
                return receive.sink().finish();
            }
            Plan.Send send = (Plan.Send) plan;
            ByteBuffer out = ByteBuffer.allocate((int) send.length());
            send.source().read(send.offset(), out);
            return Outcome.good(out.array());
        } catch (CheckCondition e) {
            return e.outcome();
        } catch (IOException e) {
            return LogicalUnit.failure(e, true);
        }
    }

    private Outcome run(Nexus nexus, int... bytes) {
        return run(nexus, cdb(bytes), new byte[0]);
    }

    private static Sense senseOf(Outcome outcome) {
        if (outcome.status() == ScsiStatus.RESERVATION_CONFLICT) {
            return CONFLICT;
        }
        Sense sense = outcome.sense();
        return sense == null ? Sense.of(0, 0) : sense;
    }

    private static void assertGood(Outcome outcome) {
        assertThat(outcome.status()).as("%s", outcome.sense()).isEqualTo(ScsiStatus.GOOD);
    }

    private Outcome read(Nexus nexus) {
        return run(nexus, 0x28, 0, 0, 0, 0, 0, 0, 0, 1);
    }

    private Outcome write(Nexus nexus) {
        return run(nexus, cdb(0x2a, 0, 0, 0, 0, 0, 0, 0, 1), new byte[512]);
    }

    private Outcome reserve(Nexus nexus, int action, int type, long key, long actionKey) {
        byte[] parameters =
                ByteBuffer.allocate(24).putLong(key).putLong(actionKey).array();
        return run(nexus, cdb(0x5f, action, type, 0, 0, 0, 0, 0, 24), parameters);
    }

    @Test
    void read_capacity_tells_the_last_block() {
        assertThat(ByteBuffer.wrap(run(ONE, 0x25).data()).getInt(0)).isEqualTo(2047);
        byte[] sixteen =
                run(ONE, 0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32).data();
        assertThat(ByteBuffer.wrap(sixteen).getLong(0)).isEqualTo(2047);
        LogicalUnit huge = new LogicalUnit("t", 0, "HUGE", new MemoryBlockDevice(4L << 40), false);
        Plan.Answer answer = (Plan.Answer) huge.prepare(ONE, cdb(0x25));
        assertThat(answer.outcome().data()).startsWith(0xff, 0xff, 0xff, 0xff);
    }

    @Test
    void nothing_past_the_end_is_reachable() {
        Sense outOfRange = Sense.of(Sense.ILLEGAL_REQUEST, SenseCode.LBA_OUT_OF_RANGE);
        assertThat(senseOf(run(ONE, 0x28, 0, 0, 0, 0x08, 0, 0, 0, 1))).isEqualTo(outOfRange);
        assertThat(senseOf(run(ONE, 0x28, 0, 0, 0, 0x07, 0xff, 0, 0, 2))).isEqualTo(outOfRange);
        int[] last = {0x88, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1};
        assertThat(senseOf(run(ONE, last))).isEqualTo(outOfRange);
    }

    @Test
    void unknown_commands_and_service_actions_have_their_sense() {
        assertThat(senseOf(run(ONE, 0xc1)))
                .isEqualTo(Sense.of(Sense.ILLEGAL_REQUEST, SenseCode.INVALID_OPERATION_CODE));
        assertThat(senseOf(run(ONE, 0x9e, 0x1f)))
                .isEqualTo(Sense.of(Sense.ILLEGAL_REQUEST, SenseCode.INVALID_FIELD_IN_CDB));
    }

    @Test
    void identification_is_unique_and_not_zero() {
        byte[] first = VitalProductData.page(unit, 0x83).orElseThrow();
        byte[] second = VitalProductData.page(other, 0x83).orElseThrow();
        assertThat(first).isNotEqualTo(second);
        assertThat(Arrays.copyOfRange(first, 8, first.length)).contains((byte) 'S');
        byte[] supported = VitalProductData.page(unit, 0).orElseThrow();
        for (int i = 4; i < supported.length; i++) {
            assertThat(VitalProductData.page(unit, supported[i] & 0xff)).isPresent();
        }
    }

    @Test
    void a_unit_attention_comes_once_and_not_to_inquiry() {
        unit.nexusEstablished(ONE);
        assertGood(run(ONE, 0x12, 0, 0, 0, 96));
        assertThat(senseOf(read(ONE))).isEqualTo(Sense.of(Sense.UNIT_ATTENTION, SenseCode.POWER_ON_RESET));
        assertGood(read(ONE));
        unit.reset(SenseCode.LUN_RESET);
        byte[] sense = run(ONE, 0x03, 0, 0, 0, 18).data();
        assertThat(Sense.parse(ByteBuffer.wrap(sense))).contains(Sense.of(Sense.UNIT_ATTENTION, SenseCode.LUN_RESET));
        assertGood(read(ONE));
    }

    @Test
    void compare_and_write_changes_only_what_matches() {
        byte[] data = new byte[1024];
        Arrays.fill(data, 512, 1024, (byte) 7);
        Cdb command = cdb(0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
        assertGood(run(ONE, command, data));
        Outcome miss = run(ONE, command, data);
        assertThat(senseOf(miss).key()).isEqualTo(Sense.MISCOMPARE);
        assertThat(read(ONE).data()).isEqualTo(Arrays.copyOfRange(data, 512, 1024));
    }

    @Test
    void a_miscompare_tells_where() {
        byte[] data = new byte[512];
        data[100] = 1;
        Outcome outcome = run(ONE, cdb(0x2f, 2, 0, 0, 0, 0, 0, 0, 1), data);
        assertThat(senseOf(outcome).information()).hasValue(100);
    }

    @Test
    void write_exclusive_lets_others_read() {
        assertGood(reserve(ONE, 0, 0, 0, 11));
        assertGood(reserve(ONE, 1, PersistentReservations.WRITE_EXCLUSIVE, 11, 0));
        assertGood(read(TWO));
        assertThat(senseOf(write(TWO))).isEqualTo(CONFLICT);
        assertGood(write(ONE));
    }

    @Test
    void exclusive_access_lets_nobody_else_in_but_registrants_of_the_right_types() {
        assertGood(reserve(ONE, 0, 0, 0, 11));
        assertGood(reserve(ONE, 1, PersistentReservations.EXCLUSIVE_ACCESS_REGISTRANTS, 11, 0));
        assertThat(senseOf(read(TWO))).isEqualTo(CONFLICT);
        assertGood(run(TWO, 0x00));
        assertGood(reserve(TWO, 0, 0, 0, 22));
        assertGood(read(TWO));
        assertGood(write(TWO));
    }

    @Test
    void a_reservation_outlives_its_session_and_can_be_preempted() {
        assertGood(reserve(ONE, 0, 0, 0, 11));
        assertGood(reserve(ONE, 1, PersistentReservations.EXCLUSIVE_ACCESS, 11, 0));
        unit.nexusLost(ONE);
        unit.reset(SenseCode.LUN_RESET);
        assertThat(senseOf(read(TWO))).isEqualTo(CONFLICT);

        unit.nexusEstablished(ONE);
        run(ONE, 0x00);
        assertGood(reserve(TWO, 0, 0, 0, 22));
        assertGood(reserve(TWO, 4, PersistentReservations.EXCLUSIVE_ACCESS, 22, 11));
        assertGood(write(TWO));
        assertThat(senseOf(read(ONE))).isEqualTo(Sense.of(Sense.UNIT_ATTENTION, SenseCode.REGISTRATIONS_PREEMPTED));
        assertThat(senseOf(read(ONE))).isEqualTo(CONFLICT);
    }

    @Test
    void keys_must_be_right_and_generations_count() {
        assertGood(reserve(ONE, 0, 0, 0, 11));
        assertThat(senseOf(reserve(ONE, 0, 0, 12, 13))).isEqualTo(CONFLICT);
        assertThat(senseOf(reserve(ONE, 1, 1, 12, 0))).isEqualTo(CONFLICT);
        assertThat(senseOf(reserve(TWO, 3, 0, 22, 0))).isEqualTo(CONFLICT);
        assertGood(reserve(ONE, 6, 0, 999, 14));
        byte[] keys = run(ONE, 0x5e, 0, 0, 0, 0, 0, 0, 0, 64).data();
        assertThat(ByteBuffer.wrap(keys).getInt(0)).isEqualTo(2);
        assertThat(ByteBuffer.wrap(keys).getLong(8)).isEqualTo(14);
        assertGood(reserve(ONE, 3, 0, 14, 0));
        assertThat(run(ONE, 0x5e, 0, 0, 0, 0, 0, 0, 0, 64).data()).hasSize(8);
    }

    @Test
    void the_old_reserve_ends_with_its_session() {
        assertGood(run(ONE, 0x16));
        assertThat(senseOf(run(TWO, 0x00))).isEqualTo(CONFLICT);
        assertGood(run(TWO, 0x17));
        assertThat(senseOf(run(TWO, 0x00))).isEqualTo(CONFLICT);
        unit.nexusLost(ONE);
        assertGood(run(TWO, 0x00));
    }

    @Test
    void an_ejected_medium_is_missed_until_it_is_loaded() {
        assertGood(run(ONE, 0x1e, 0, 0, 0, 1));
        assertThat(senseOf(run(TWO, 0x1b, 0, 0, 0, 2)))
                .isEqualTo(Sense.of(Sense.ILLEGAL_REQUEST, SenseCode.MEDIUM_REMOVAL_PREVENTED));
        unit.nexusLost(ONE);
        assertGood(run(TWO, 0x1b, 0, 0, 0, 2));
        assertThat(senseOf(write(ONE))).isEqualTo(Sense.of(Sense.NOT_READY, SenseCode.MEDIUM_NOT_PRESENT));
        assertGood(run(TWO, 0x1b, 0, 0, 0, 3));
        assertGood(write(ONE));
    }

    @Test
    void a_software_write_protected_unit_can_be_read_only() {
        byte[] page = unit.modePages().pages(ModePages.CONTROL, ModePages.Values.CURRENT);
        page[4] |= 0x08;
        byte[] list = ByteBuffer.allocate(4 + page.length).position(4).put(page).array();
        assertGood(run(ONE, cdb(0x15, 0x10, 0, 0, list.length), list));
        assertThat(senseOf(write(ONE))).isEqualTo(Sense.of(Sense.DATA_PROTECT, SenseCode.SOFTWARE_WRITE_PROTECTED));
        assertThat(run(ONE, 0x1a, 8, 0x3f, 0, 255).data()[2] & 0x80).isEqualTo(0x80);
        assertGood(read(ONE));
    }

    @Test
    void unmap_checks_every_range_before_it_touches_one() {
        assertGood(write(ONE));
        run(ONE, cdb(0x2a, 0, 0, 0, 0, 0, 0, 0, 1), filled(512));
        ByteBuffer list = ByteBuffer.allocate(40);
        list.putShort((short) 38).putShort((short) 32).putInt(0);
        list.putLong(0).putInt(1).putInt(0).putLong(5000).putInt(1).putInt(0);
        Outcome outcome = run(ONE, cdb(0x42, 0, 0, 0, 0, 0, 0, 0, 40), list.array());
        assertThat(senseOf(outcome)).isEqualTo(Sense.of(Sense.ILLEGAL_REQUEST, SenseCode.LBA_OUT_OF_RANGE));
        assertThat(read(ONE).data()).isEqualTo(filled(512));
    }

    @Test
    void extended_copy_carries_blocks_from_unit_to_unit() throws IOException {
        device.write(8 * 512, ByteBuffer.wrap(filled(1024)));
        ByteBuffer list = ByteBuffer.allocate(16 + 64 + 28);
        list.put(0, (byte) 5).putShort(2, (short) 64).putInt(8, 28);
        list.put(16, copyTarget(unit)).put(48, copyTarget(other));
        list.put(80, (byte) 2).putShort(82, (short) 24).putShort(84, (short) 0).putShort(86, (short) 1);
        list.putShort(90, (short) 2).putLong(92, 8).putLong(100, 100);
        int length = list.capacity();
        assertGood(run(ONE, cdb(0x83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, length), list.array()));

        ByteBuffer copied = ByteBuffer.allocate(1024);
        other.device().read(100 * 512, copied);
        assertThat(copied.array()).isEqualTo(filled(1024));
        byte[] status = run(ONE, 0x84, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12).data();
        assertThat(status[4]).isEqualTo((byte) 1);
    }

    private static byte[] copyTarget(LogicalUnit wanted) {
        byte[] text = ("UNDRSTDY" + wanted.serial()).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(32)
                .put(0, (byte) 0xe4)
                .put(4, (byte) 2)
                .put(5, (byte) 1)
                .put(7, (byte) text.length)
                .put(8, text)
                .array();
    }

    private static byte[] filled(int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) 9);
        return bytes;
    }

    @Test
    void every_supported_command_describes_itself() {
        byte[] list = run(ONE, 0xa3, 0x0c, 0, 0, 0, 0, 0, 0, 0x40, 0).data();
        assertThat(list.length).isEqualTo(4 + 8 * CommandTable.all().size());
        for (Operation operation : CommandTable.all()) {
            assertThat(operation.usage()[0] & 0xff).isEqualTo(operation.opcode());
            assertThat(operation.usage())
                    .hasSize(
                            cdb(operation.opcode()).length() == 16
                                    ? operation.usage().length
                                    : cdb(operation.opcode()).length());
        }
    }

    @Test
    void sense_survives_both_formats() {
        Sense sense = Sense.of(Sense.MISCOMPARE, 0x1d00).withInformation(77);
        assertThat(Sense.parse(ByteBuffer.wrap(sense.fixedFormat()))).contains(sense);
        assertThat(Sense.parse(ByteBuffer.wrap(sense.descriptorFormat()))).contains(sense);
        assertThat(Sense.parse(ByteBuffer.allocate(3))).isEmpty();
    }

    @Test
    void lun_fields_are_read_and_written_alike() {
        for (int number : new int[] {0, 1, 255, 256, 16383}) {
            assertThat(ScsiTarget.number(ScsiTarget.field(number))).isEqualTo(number);
        }
        assertThat(ScsiTarget.number(0x0001000200000000L)).isEqualTo(-1);
        assertThat(ScsiTarget.number(-1)).isEqualTo(-1);
    }
}
