package org.understudy.agent.linux.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BtfTest {

    /** A small kernel: {@code struct disk { int major; struct { long size; }; }}, an enumeration, a tracepoint. */
    private static byte[] small() {
        Types types = new Types();
        int integer = types.add("int", 1, 0, 4, 32);
        int big = types.add("long", 1, 0, 8, 64);
        int inner = types.add("", 4, 1, 8, types.name("size"), big, 0);
        int disk = types.add("disk", 4, 2, 16, types.name("major"), integer, 0, types.name(""), inner, 64);
        types.add("op", 6, 2, 4, types.name("OP_READ"), 0, types.name("OP_WRITE"), 1);
        int pointer = types.add("", 2, 0, disk);
        int constant = types.add("", 10, 0, pointer);
        int prototype = types.add("", 13, 3, 0, 0, pointer, types.name("disk"), constant, types.name("n"), integer);
        int function = types.add("", 2, 0, prototype);
        types.add("btf_trace_disk_done", 8, 0, function);
        return types.bytes();
    }

    @Test
    void membersAreFoundThroughMembersWithoutName() throws IOException {
        Btf btf = Btf.of(small());

        assertThat(btf.member("disk", "major")).contains(new Btf.Member(0, 4));
        assertThat(btf.member("disk", "size")).contains(new Btf.Member(8, 8));
        assertThat(btf.member("disk", "colour")).isEmpty();
        assertThat(btf.member("tape", "major")).isEmpty();
    }

    @Test
    void constantsAndArgumentsAreFoundByName() throws IOException {
        Btf btf = Btf.of(small());

        assertThat(btf.enumerationWith("OP_WRITE")).isEqualTo(Map.of("OP_READ", 0, "OP_WRITE", 1));
        assertThat(btf.enumerationWith("OP_ERASE")).isEmpty();
        Btf.Tracepoint done = btf.tracepoint("disk_done").orElseThrow();
        assertThat(done.arguments()).containsExactly("disk", "");
        assertThat(done.argument("disk")).isZero();
        assertThat(done.argument("tape")).isEqualTo(-1);
        assertThat(btf.tracepoint("disk_begun")).isEmpty();
    }

    @Test
    void damagedInformationIsAnErrorAndNeverACrash() {
        byte[] good = small();
        assertThatThrownBy(() -> Btf.of(new byte[0])).isInstanceOf(IOException.class);
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> Btf.of(cut)).isInstanceOf(IOException.class);
        }
        Random random = new Random(5);
        for (int i = 0; i < 3000; i++) {
            byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
            try {
                Btf btf = Btf.of(bad);
                assertThat(btf.tracepoint("no such thing")).isEmpty();
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("BTF");
            }
        }
    }

    /** Writes types as {@code Documentation/bpf/btf.rst} says. */
    private static final class Types {

        private final ByteArrayOutputStream types = new ByteArrayOutputStream();
        private final ByteArrayOutputStream names = new ByteArrayOutputStream();
        private int count;

        Types() {
            names.write(0);
        }

        int name(String name) {
            if (name.isEmpty()) {
                return 0;
            }
            int at = names.size();
            names.writeBytes(name.getBytes(StandardCharsets.UTF_8));
            names.write(0);
            return at;
        }

        int add(String name, int kind, int length, int sizeOrType, int... rest) {
            word(name(name));
            word(kind << 24 | length);
            word(sizeOrType);
            for (int word : rest) {
                word(word);
            }
            return ++count;
        }

        private void word(int word) {
            types.writeBytes(ByteBuffer.allocate(4)
                    .order(ByteOrder.nativeOrder())
                    .putInt(word)
                    .array());
        }

        byte[] bytes() {
            ByteBuffer all =
                    ByteBuffer.allocate(24 + types.size() + names.size()).order(ByteOrder.nativeOrder());
            all.putShort((short) 0xeb9f).put((byte) 1).put((byte) 0).putInt(24);
            all.putInt(0).putInt(types.size()).putInt(types.size()).putInt(names.size());
            all.put(types.toByteArray()).put(names.toByteArray());
            return all.array();
        }
    }
}
