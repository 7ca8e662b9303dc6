package org.understudy.agent.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.airlift.compress.lz4.Lz4Compressor;
import io.airlift.compress.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.LZMAOutputStream;
import org.tukaani.xz.XZOutputStream;

class InitramfsTest {

    private static final String MODULES = "lib/modules/6.1.0-18-amd64/kernel/drivers";

    /** "bzip2 -9" of a cpio archive (newc) with lib/modules/6.1/virtio_blk.ko, and a text of repetitions. */
    private static final String BZIP2 =
            "QlpoOTFBWSZTWVH5mvoAAD3/icxgCAA4Af3gOyQUAL/un0CCAACAAAgwAVqYMRpEBNPUaaGRgxRoAaNPIRT9GTUigAANAAAADIp6"
                    + "npIAAAaA9QaepoA6fjoUGtCLpSSAKSHFKjJVXyjlcAAoDTs3TDWWLTGSwZieZ91QiFglFtkFrRStkJCjWGUCttKUOwJWDiMeESDq"
                    + "l1BPepWkoJRSSCQSRijJg1DqFRUg9DrCEJiyOquqMICdp1YE+EDIACSCSEdrlorFTFo3ag2cOSGgD7+1ViEJiXUVILilOWcDIoxe"
                    + "c3f8ZaRlh4F1AVS4ezUXgqpNPECiRiJFq4pFzFMNiz87evpnm89BIkhEk6HSaDMwQZty3SCWSiZoBMAlpwzFRaSq2qcVMUHNIZFz"
                    + "Ju06t1TEJ0KFuir0lcjs5Ubfu3+el5wv1ITVOZEYIZi7kinChIKPzNfQ";

    enum Compression {
        NONE {
            @Override
            OutputStream over(OutputStream out) {
                return out;
            }
        },
        GZIP {
            @Override
            OutputStream over(OutputStream out) throws IOException {
                return new GZIPOutputStream(out);
            }
        },
        XZ {
            @Override
            OutputStream over(OutputStream out) throws IOException {
                return new XZOutputStream(out, new LZMA2Options(6), org.tukaani.xz.XZ.CHECK_CRC32);
            }
        },
        LZMA {
            @Override
            OutputStream over(OutputStream out) throws IOException {
                return new LZMAOutputStream(out, new LZMA2Options(6), -1);
            }
        },
        ZSTD {
            @Override
            OutputStream over(OutputStream out) throws IOException {
                return new ZstdOutputStream(out);
            }
        },
        LZ4 {
            @Override
            OutputStream over(OutputStream out) {
                return new ByteArrayOutputStream() {
                    @Override
                    public void close() throws IOException {
                        out.write(lz4(toByteArray()));
                        out.close();
                    }
                };
            }
        };

        abstract OutputStream over(OutputStream out) throws IOException;

        byte[] compress(byte[] plain) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (OutputStream out = over(bytes)) {
                out.write(plain);
            }
            return bytes.toByteArray();
        }
    }

    /** The legacy frame in blocks of 200 kB, so that there are several. */
    private static byte[] lz4(byte[] plain) {
        Lz4Compressor compressor = new Lz4Compressor();
        ByteBuffer frame = ByteBuffer.allocate(2 * plain.length + 4096).order(ByteOrder.LITTLE_ENDIAN);
        frame.putInt(0x184c2102);
        for (int at = 0; at < plain.length; at += 200_000) {
            int length = Math.min(200_000, plain.length - at);
            byte[] block = new byte[compressor.maxCompressedLength(length)];
            int size = compressor.compress(plain, at, length, block, 0, block.length);
            frame.putInt(size).put(block, 0, size);
        }
        return Arrays.copyOf(frame.array(), frame.position());
    }

    private static byte[] main() {
        byte[] filler = new byte[300_000];
        new Random(5).nextBytes(filler);
        Arrays.fill(filler, 1000, 150_000, (byte) 'x');
        return new CpioArchive()
                .add("init", "#!/bin/sh")
                .add("bin/tool", Base64.getEncoder().encodeToString(filler))
                .addAll(MODULES + "/block", "virtio_blk.ko")
                .addAll(MODULES + "/scsi", "sd_mod.ko.xz", "virtio_scsi.ko.zst")
                .addAll(MODULES + "/ata", "ata_piix.ko", "pata_legacy.ko")
                .addAll("usr/" + MODULES + "/nvme/host", "nvme.ko")
                .add("lib/modules/6.1.0-18-amd64/modules.builtin", "kernel/drivers/virtio/virtio_pci.ko\n")
                .toBytes();
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static Initramfs read(byte[] image) throws IOException {
        return Initramfs.read(new ByteArrayInputStream(image));
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void driversAreFoundBehindEarlyMicrocodeWhateverTheCompression(Compression compression) throws IOException {
        byte[] microcode = new CpioArchive()
                .add("kernel/x86/microcode/GenuineIntel.bin", "µcode")
                .toBytes();
        byte[] image = concat(microcode, new byte[1024], compression.compress(main()));

        Initramfs contents = read(image);

        assertThat(contents.drivers())
                .containsExactlyInAnyOrder("virtio_blk", "sd_mod", "virtio_scsi", "ata_piix", "nvme", "virtio_pci");
        assertThat(contents.versions()).containsExactly("6.1.0-18-amd64");
    }

    @Test
    void bzip2IsUnpackedToo() throws IOException {
        assertThat(read(Base64.getDecoder().decode(BZIP2)).drivers()).containsExactly("virtio_blk");
    }

    @Test
    void severalPlainArchivesBeforeTheCompressedOneAreAllRead() throws IOException {
        byte[] modules =
                new CpioArchive().addAll(MODULES + "/ata", "ahci.ko.xz").toBytes();
        byte[] firmware = new CpioArchive().add("lib/firmware/x.bin", "x").toBytes();

        assertThat(read(concat(firmware, modules, Compression.ZSTD.compress(main())))
                        .drivers())
                .contains("ahci", "virtio_blk");
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void aTruncatedImageIsNotBelieved(Compression compression) throws IOException {
        byte[] image = compression.compress(main());

        for (int length : new int[] {0, 3, 50, image.length / 2, image.length * 3 / 4}) {
            assertThatThrownBy(() -> read(Arrays.copyOf(image, length))).isInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void mutatedImagesGiveContentsOrAnIoException(Compression compression) throws IOException {
        byte[] image = compression.compress(main());
        long seed = 20_260_101L;
        Random random = new Random(seed);
        int readable = 0;
        int rounds = 50;
        for (int round = 0; round < rounds; round++) {
            byte[] mutated = image.clone();
            for (int i = 0; i <= random.nextInt(5); i++) {
                mutated[random.nextInt(mutated.length)] = (byte) random.nextInt();
            }
            try {
                assertThat(read(mutated).drivers())
                        .as("seed %d round %d", seed, round)
                        .isSubsetOf(Drivers.STORAGE);
                readable++;
            } catch (IOException e) {
                assertThat(e).hasMessageMatching("(?s).+");
            }
        }
        assertThat(readable).isBetween(0, rounds);
    }

    @Test
    void aBombIsStoppedAtItsSize() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            byte[] header = new CpioArchive().add("a", "b").toBytes();
            String huge = new String(header, 0, 110, java.nio.charset.StandardCharsets.US_ASCII);
            out.write((huge.substring(0, 54) + "FFFFFFF0" + huge.substring(62))
                    .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            out.write("a\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        }

        assertThatThrownBy(() -> read(bytes.toByteArray())).hasMessageContaining("larger than");
    }
}
