package org.understudy.server.exports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.HostId;

/** What every {@link BlockExporter} must do: one test for each sentence of the interface. */
public abstract class BlockExporterContract {

    protected static final String IQN = "iqn.2026-11.org.understudy:run-1";
    protected static final String SECRET = "a-secret-of-one-run";

    @TempDir
    protected Path directory;

    protected final HostId host = HostId.random();

    protected abstract BlockExporter exporter();

    protected Path image(String name, long bytes) throws IOException {
        Path image = directory.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        }
        return image;
    }

    protected BlockExport export(String iqn, Path... images) {
        List<BlockExport.Lun> luns = IntStream.range(0, images.length)
                .mapToObj(i -> new BlockExport.Lun(images[i], false, "serial-" + i))
                .toList();
        return new BlockExport(iqn, luns, "run", SECRET, Optional.of(host));
    }

    @Test
    void nothingIsExportedAtFirst() {
        assertThat(exporter().active()).isEmpty();
        assertThat(exporter().failure(IQN)).isEmpty();
    }

    @Test
    void anExportIsActiveUntilItIsReleased() throws IOException {
        ActiveExport active = exporter().export(export(IQN, image("a", 1 << 20), image("b", 1 << 20)));

        assertThat(active.iqn()).isEqualTo(IQN);
        assertThat(active.tlsPort()).isPositive();
        assertThat(active.sessions()).isZero();
        assertThat(active.bytesWritten()).isZero();
        assertThat(exporter().active()).containsExactly(active);
        assertThat(exporter().failure(IQN)).isEmpty();

        exporter().release(IQN);

        assertThat(exporter().active()).isEmpty();
    }

    @Test
    void equalContentsAreOneExportAndOthersAreRefused() throws IOException {
        Path image = image("a", 1 << 20);
        ActiveExport first = exporter().export(export(IQN, image));

        assertThat(exporter().export(export(IQN, image))).isEqualTo(first);
        refuses(ProblemCode.CONFLICT, () -> exporter().export(export(IQN, image("b", 1 << 20))));
        refuses(
                ProblemCode.CONFLICT,
                () -> exporter()
                        .export(new BlockExport(
                                IQN, export(IQN, image).luns(), "run", "another-secret-here", Optional.of(host))));

        assertThat(exporter().active()).containsExactly(first);
    }

    @Test
    void releasingWhatIsNotExportedSucceeds() throws IOException {
        assertThatCode(() -> exporter().release("iqn.2026-11.org.understudy:never"))
                .doesNotThrowAnyException();
        exporter().export(export(IQN, image("a", 1 << 20)));
        exporter().release(IQN);
        assertThatCode(() -> exporter().release(IQN)).doesNotThrowAnyException();
    }

    @Test
    void aReleasedNameMayBeUsedForOtherContents() throws IOException {
        exporter().export(export(IQN, image("a", 1 << 20)));
        exporter().release(IQN);

        exporter().export(export(IQN, image("b", 1 << 20)));

        assertThat(exporter().active()).extracting(ActiveExport::iqn).containsExactly(IQN);
    }

    @Test
    void exportsAreIndependentAndNamesIgnoreCase() throws IOException {
        String other = "iqn.2026-11.org.understudy:run-2";
        exporter().export(export(IQN, image("a", 1 << 20)));
        exporter().export(export(other, image("b", 1 << 20)));
        assertThat(exporter().active()).extracting(ActiveExport::iqn).containsExactlyInAnyOrder(IQN, other);

        exporter().release(IQN.toUpperCase(Locale.ROOT));

        assertThat(exporter().active()).extracting(ActiveExport::iqn).containsExactly(other);
    }

    @Test
    void aMissingDeviceIsRefusedAndLeavesNothingBehind() throws IOException {
        Path image = image("a", 1 << 20);

        refuses(
                ProblemCode.VOLUME_NOT_FOUND,
                () -> exporter().export(export(IQN, image, directory.resolve("missing"))));

        assertThat(exporter().active()).isEmpty();
        exporter().export(export(IQN, image));
    }

    @Test
    void anExportNeedsADeviceAndARealSecretWhichItNeverShows() throws IOException {
        BlockExport export = export(IQN, image("a", 1 << 20));

        assertThat(export.toString()).doesNotContain(SECRET);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BlockExport(IQN, List.of(), "run", SECRET, Optional.of(host)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BlockExport(IQN, export.luns(), "run", "short", Optional.of(host)));
    }

    protected static void refuses(ProblemCode code, ThrowingCallable call) {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code));
    }
}
