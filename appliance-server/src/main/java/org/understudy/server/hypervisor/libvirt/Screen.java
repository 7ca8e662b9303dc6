package org.understudy.server.hypervisor.libvirt;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageIO;

/** Turns what libvirt delivers as a picture of the screen (PNG, or PPM from older QEMU) into PNG. */
final class Screen {

    private static final int MAX_SIDE = 16384;

    private Screen() {}

    /** @throws IOException if it is neither PNG nor a whole binary PPM with 8-bit samples */
    static byte[] png(byte[] picture) throws IOException {
        if (picture.length > 8 && (picture[0] & 255) == 0x89 && picture[1] == 'P' && picture[2] == 'N') {
            return picture;
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(new Ppm(picture).image(), "png", png);
        return png.toByteArray();
    }

    /** Reads the binary PPM format ({@code P6}, netpbm.sourceforge.net/doc/ppm.html). */
    private static final class Ppm {

        private final byte[] bytes;
        private int position = 2;

        Ppm(byte[] bytes) throws IOException {
            if (bytes.length < 2 || bytes[0] != 'P' || bytes[1] != '6') {
                throw new IOException("a picture that is neither PNG nor PPM, " + bytes.length + " bytes");
            }
            this.bytes = bytes;
        }

        BufferedImage image() throws IOException {
            int width = number();
            int height = number();
            int maximum = number();
            position++;
            if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE || maximum != 255) {
                throw new IOException("PPM of " + width + "x" + height + " with maximum " + maximum);
            }
            if (bytes.length - position < 3L * width * height) {
                throw new IOException("PPM is cut short");
            }
            BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++, position += 3) {
                    image.setRGB(
                            x,
                            y,
                            (bytes[position] & 255) << 16
                                    | (bytes[position + 1] & 255) << 8
                                    | (bytes[position + 2] & 255));
                }
            }
            return image;
        }

        private int number() throws IOException {
            while (peek() <= ' ' || peek() == '#') {
                if (peek() == '#') {
                    while (peek() != '\n') {
                        position++;
                    }
                }
                position++;
            }
            int value = 0;
            while (peek() > ' ') {
                int digit = peek() - '0';
                if (digit < 0 || digit > 9 || value > MAX_SIDE) {
                    throw new IOException("PPM header is not a number");
                }
                value = value * 10 + digit;
                position++;
            }
            return value;
        }

        private int peek() throws IOException {
            if (position >= bytes.length) {
                throw new IOException("PPM is cut short");
            }
            return bytes[position];
        }
    }
}
