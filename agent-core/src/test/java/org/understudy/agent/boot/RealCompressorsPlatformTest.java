package org.understudy.agent.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;

/** Large images as the tools of distributions compress them. */
@Tag("platform")
class RealCompressorsPlatformTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gzip -9",
                "zstd -q -19 --rm",
                "zstd -q -1 --rm",
                "xz --check=crc32 -6",
                "xz --format=lzma -6",
                "lz4 -q -l -9 --rm",
                "bzip2 -9"
            })
    void modulesAtTheEndOfALargeImageAreFound(String compressor) throws IOException {
        Path plain = folder.resolve("initrd");
        Random random = new Random(17);
        CpioArchive archive = new CpioArchive();
        for (int i = 0; i < 4; i++) {
            byte[] bytes = new byte[500_000];
            random.nextBytes(bytes);
            String text = Base64.getEncoder().encodeToString(bytes);
            archive.add("usr/lib/firmware/f" + i, text + "\n".repeat(3_000_000));
        }
        archive.add("usr/lib/modules/6.12.1/kernel/drivers/block/virtio_blk.ko.xz", "x");
        Files.write(plain, archive.toBytes());
        String command = compressor + " " + plain;
        new ProcessCommandRunner().run(Command.of(command.split(" "))).orThrow();
        try (var files = Files.list(folder);
                InputStream in = Files.newInputStream(files.findFirst().orElseThrow())) {
            assertThat(Initramfs.read(in).drivers()).containsExactly("virtio_blk");
        }
    }
}
