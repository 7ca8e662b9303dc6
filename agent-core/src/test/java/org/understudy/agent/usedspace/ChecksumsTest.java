package org.understudy.agent.usedspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Check values of the CRC catalogue and of the xxHash specification. */
class ChecksumsTest {

    private static final ByteBuffer DIGITS = ByteBuffer.wrap("123456789".getBytes(StandardCharsets.US_ASCII));

    @Test
    void crc32cEqualsItsCheckValue() {
        assertThat(~Checksums.crc32cRaw(-1, DIGITS, 0, 9)).isEqualTo(0xe3069283);
        assertThat(Checksums.crc32c(DIGITS, 0, 9)).isEqualTo(0xe3069283);
    }

    @Test
    void crc16EqualsItsCheckValues() {
        assertThat(Checksums.crc16(0, DIGITS, 0, 9)).isEqualTo(0xbb3d);
        assertThat(Checksums.crc16(0xffff, DIGITS, 0, 9)).isEqualTo(0x4b37);
    }

    @Test
    void xxHash64EqualsItsCheckValues() {
        assertThat(XxHash64.hash(ByteBuffer.allocate(0), 0, 0)).isEqualTo(0xef46db3751d8e999L);
        ByteBuffer letters = ByteBuffer.wrap("abc".getBytes(StandardCharsets.US_ASCII));
        assertThat(XxHash64.hash(letters, 0, 3)).isEqualTo(0x44bc2cf5ad770999L);
    }
}
