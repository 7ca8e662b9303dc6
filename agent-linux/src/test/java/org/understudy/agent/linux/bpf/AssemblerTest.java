package org.understudy.agent.linux.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.understudy.agent.linux.bpf.Assembler.Register.R0;
import static org.understudy.agent.linux.bpf.Assembler.Register.R1;
import static org.understudy.agent.linux.bpf.Assembler.Register.R2;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Encodings as the kernel's instruction set documentation gives them. */
class AssemblerTest {

    private static String hex(Assembler assembler) {
        return HexFormat.of().formatHex(assembler.code());
    }

    @Test
    void instructionsAreEncodedAsDocumented() {
        assertThat(hex(new Assembler().constant(R0, 7))).isEqualTo("b700000007000000");
        assertThat(hex(new Assembler().constant(R1, 0x1122334455667788L)))
                .isEqualTo("18010000887766550000000044332211");
        assertThat(hex(new Assembler().move(R2, R1))).isEqualTo("bf12000000000000");
        assertThat(hex(new Assembler().load(Assembler.Size.LONG, R2, R1, 8))).isEqualTo("7912080000000000");
        assertThat(hex(new Assembler().load(Assembler.Size.INT, R2, R1, -4))).isEqualTo("6112fcff00000000");
        assertThat(hex(new Assembler().atomic(Assembler.Atomic.OR, R1, 16, R2))).isEqualTo("db21100040000000");
        assertThat(hex(new Assembler().exit())).isEqualTo("9500000000000000");
    }

    @Test
    void jumpsCountInstructionsInBothDirections() {
        Assembler assembler = new Assembler();
        assembler
                .label("back")
                .jumpIf(R1, Assembler.Test.EQUAL, 0, "on")
                .jump("back")
                .label("on")
                .exit();

        assertThat(hex(assembler)).isEqualTo("1501010000000000" + "0500feff00000000" + "9500000000000000");
    }

    @Test
    void aLabelThatIsMissingOrSetTwiceIsAMistake() {
        assertThatThrownBy(() -> new Assembler().jump("nowhere").code()).hasMessageContaining("nowhere");
        assertThatThrownBy(() -> new Assembler().label("a").label("a")).hasMessageContaining("twice");
    }
}
