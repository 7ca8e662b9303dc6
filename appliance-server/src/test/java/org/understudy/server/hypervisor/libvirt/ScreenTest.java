package org.understudy.server.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScreenTest {

    private static byte[] ppm() {
        byte[] header = "P6\n# a comment\n2 1\n255\n".getBytes(StandardCharsets.US_ASCII);
        byte[] picture = Arrays.copyOf(header, header.length + 6);
        System.arraycopy(new byte[] {(byte) 255, 0, 0, 1, 2, 3}, 0, picture, header.length, 6);
        return picture;
    }

    @Test
    void aPpmBecomesPngWithTheSamePoints() throws IOException {
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(Screen.png(ppm())));
        assertThat(image.getWidth()).isEqualTo(2);
        assertThat(image.getRGB(0, 0) & 0xffffff).isEqualTo(0xff0000);
        assertThat(image.getRGB(1, 0) & 0xffffff).isEqualTo(0x010203);
    }

    @Test
    void aPngStaysAsItIs() throws IOException {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(3, 3, BufferedImage.TYPE_INT_RGB), "png", png);
        assertThat(Screen.png(png.toByteArray())).isEqualTo(png.toByteArray());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "GIF89a",
                "P6",
                "P6 2",
                "P6\n2 1\n255\n12345",
                "P6\n99999 99999\n255\n",
                "P6\n-2 1\n255\n......"
            })
    void anythingElseIsRefused(String picture) {
        assertThatThrownBy(() -> Screen.png(picture.getBytes(StandardCharsets.ISO_8859_1)))
                .isInstanceOf(IOException.class);
    }
}
