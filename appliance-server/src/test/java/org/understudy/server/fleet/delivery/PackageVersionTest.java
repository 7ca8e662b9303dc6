package org.understudy.server.fleet.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackageVersionTest {

    /** In the order that dpkg --compare-versions gives. */
    private static final List<String> ASCENDING = List.of(
            "0.1.0~20261120171200.aaaaaaaa",
            "0.1.0~20261121000000.00000000",
            "0.1.0~rc1",
            "0.1.0",
            "0.1.0a",
            "0.1.0+1",
            "0.1.0.1",
            "0.1.9",
            "0.1.10",
            "0.2~",
            "0.2",
            "1");

    @Test
    void versionsAreInTheOrderOfDebian() {
        List<PackageVersion> shuffled =
                new ArrayList<>(ASCENDING.stream().map(PackageVersion::new).toList());
        Collections.shuffle(shuffled, new Random(7));
        assertThat(shuffled.stream().sorted().map(PackageVersion::text)).containsExactlyElementsOf(ASCENDING);
    }

    @Test
    void zerosInFrontOfANumberDoNotCount() {
        assertThat(new PackageVersion("1.01")).isEqualByComparingTo(new PackageVersion("1.1"));
    }

    @Test
    void numbersOfAnyLengthAreCompared() {
        assertThat(new PackageVersion("1." + "9".repeat(40))).isLessThan(new PackageVersion("1.1" + "0".repeat(40)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "v1", "1 2", "1;reboot", "1'", "1/2", "1\n"})
    void whatCouldHurtInAShellIsNoVersion(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> new PackageVersion(text));
    }
}
