package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class FilePagesTest {

    private static final String CODE = "7f0000001000-7f0000003000 r-xp 00000000 fe:00 42   /usr/lib/libx.so";

    private static List<FilePages.Range> clean(String head, String... fields) {
        List<String> lines = new java.util.ArrayList<>(List.of(head, "Rss:                  8 kB"));
        lines.addAll(List.of(fields));
        return FilePages.clean(lines);
    }

    @Test
    void codeOfALibraryIsLetGo() {
        assertThat(clean(CODE, "Anonymous:            0 kB", "Swap:                 0 kB"))
                .containsExactly(new FilePages.Range(0x7f0000001000L, 0x2000, false));
    }

    @Test
    void whatTheVirtualMachineIsMadeOfStaysMapped() {
        assertThat(clean(CODE.replace("libx.so", "libjvm.so"), "Anonymous:            0 kB"))
                .containsExactly(new FilePages.Range(0x7f0000001000L, 0x2000, true));
    }

    @Test
    void relocatedDataStay() {
        assertThat(clean(CODE.replace("r-xp", "r--p"), "Anonymous:            4 kB"))
                .isEmpty();
    }

    @Test
    void whatWasSwappedOutOrIsLockedStays() {
        assertThat(clean(CODE, "Anonymous:            0 kB", "Swap:                 4 kB"))
                .isEmpty();
        assertThat(clean(CODE, "Anonymous:            0 kB", "Locked:               8 kB"))
                .isEmpty();
    }

    @Test
    void whatCanBeWrittenOrIsNoFileStays() {
        assertThat(clean(CODE.replace("r-xp", "rw-p"), "Anonymous:            0 kB"))
                .isEmpty();
        assertThat(clean("7f0000001000-7f0000003000 r--p 00000000 00:00 0 ", "Anonymous:            0 kB"))
                .isEmpty();
        assertThat(clean("7f0000001000-7f0000003000 r-xp 00000000 00:00 0   [vdso]", "Anonymous:            0 kB"))
                .isEmpty();
    }

    @Test
    void aKernelThatDoesNotSayWhatIsAnonymousIsNotTrusted() {
        assertThat(clean(CODE)).isEmpty();
    }

    @Test
    void theProcessGoesOnAfterItsPagesWereLetGo() throws IOException {
        FilePages.release();
        FilePages.releaseKnown();
        assertThat(List.of(3, 1, 2).stream().sorted().toList()).containsExactly(1, 2, 3);
    }
}
