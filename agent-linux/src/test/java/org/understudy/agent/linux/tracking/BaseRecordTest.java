package org.understudy.agent.linux.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

class BaseRecordTest {

    @TempDir
    Path directory;

    private BaseRecord some() {
        Random random = new Random(3);
        List<Extent> extents = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            extents.add(new Extent(random.nextInt(1 << 30), 1 + random.nextInt(1 << 20)));
        }
        return new BaseRecord("boot", 77, "point-1", ExtentSet.of(extents));
    }

    @Test
    void whatWasWrittenIsReadAndReplacesWhatWasThere() throws IOException {
        Path file = directory.resolve("tracking/disk.base");
        some().write(file);
        assertThat(BaseRecord.read(file)).isEqualTo(some());

        BaseRecord next = new BaseRecord("boot", 78, "point-2", ExtentSet.empty());
        next.write(file);

        assertThat(BaseRecord.read(file)).isEqualTo(next);
        try (var files = Files.list(file.getParent())) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void noDamagedByteAndNoCutGoesUnnoticed() throws IOException {
        Path file = directory.resolve("disk.base");
        some().write(file);
        byte[] good = Files.readAllBytes(file);
        Random random = new Random(11);
        for (int i = 0; i < 200; i++) {
            byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, bad);
            assertThatThrownBy(() -> BaseRecord.read(file)).isInstanceOf(IOException.class);
            Files.write(file, Arrays.copyOf(good, random.nextInt(good.length)));
            assertThatThrownBy(() -> BaseRecord.read(file)).isInstanceOf(IOException.class);
        }
    }
}
