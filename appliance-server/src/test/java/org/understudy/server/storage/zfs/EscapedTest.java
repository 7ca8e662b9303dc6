package org.understudy.server.storage.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.understudy.zfs.name.HoldTag;
import org.understudy.zfs.name.PropertyName;

class EscapedTest {

    private static final PropertyName PROPERTY = new PropertyName("org.understudy.point:k");

    @Test
    void anyTextComesBackAsItWas() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(40);
            for (int i = 0; i < length; i++) {
                // Half of it ASCII; the rest has lone surrogates and control characters too.
                text.append((char) random.nextInt(random.nextBoolean() ? 128 : 65536));
            }
            for (Escaped form : Escaped.values()) {
                String encoded = form.encode(text.toString());
                assertThat(form.decode(encoded)).as("seed %d", seed).isEqualTo(text.toString());
                assertThat(encoded.chars()).as("seed %d", seed).allMatch(c -> c >= ' ' && c <= '~');
            }
        }
    }

    @Test
    void whatZfsCannotTellApartStaysApartAsAValue() {
        for (String value :
                List.of("", "-", "a\tb", "a\nb", " ", "=", "%0041", "备份", "x".repeat(1024), "%".repeat(1024))) {
            String encoded = Escaped.VALUE.encode(value);

            assertThat(PROPERTY.assignment(encoded)).isEqualTo(PROPERTY + "=" + encoded);
            assertThat(Escaped.VALUE.decode(encoded)).isEqualTo(value);
        }
        assertThat(PROPERTY.assignment(Escaped.VALUE.encode("界".repeat(1024)))).hasSizeLessThan(8192);
    }

    @Test
    void plainTextStaysReadable() {
        assertThat(Escaped.VALUE.encode("2026-11-20 10:00")).isEqualTo("=2026-11-20 10:00");
        assertThat(Escaped.TAG.encode("restore 7")).isEqualTo("understudy:restore_00207");
    }

    @Test
    void whatWasNotWrittenByUsIsRefused() {
        for (String damaged : List.of("", "a", "=%", "=%00", "=%00G1", "=%00A", "=ü", "=\t")) {
            assertThatIllegalArgumentException()
                    .as(damaged)
                    .isThrownBy(() -> Escaped.VALUE.decode(damaged))
                    .withMessageContaining(damaged);
        }
    }

    @Test
    void everyTagOfThePortHasATagOfZfs() {
        String longTag = "界".repeat(128);
        for (String tag : List.of("pin", "-r", "restore 7", "a_b", "@/#%,", longTag, "x".repeat(128))) {
            HoldTag held = HoldTags.of(tag);
            Map<String, String> properties = HoldTags.fits(tag)
                    ? Map.of()
                    : Map.of(HoldTags.property(tag).value(), Escaped.VALUE.encode(tag));

            assertThat(HoldTags.isOurs(held.value())).isTrue();
            assertThat(HoldTags.text(held.value(), properties)).isEqualTo(tag);
        }
        assertThat(HoldTags.of(longTag)).isNotEqualTo(HoldTags.of("界".repeat(127) + "a"));
    }

    @Test
    void aTagFromOtherHandsIsShownAsItIs() {
        assertThat(HoldTags.isOurs("keep")).isFalse();
        assertThat(HoldTags.text("keep", Map.of())).isEqualTo("keep");
        assertThat(HoldTags.text("k".repeat(200), Map.of())).hasSize(128);
    }

    @Test
    void aLongTagWhoseTextIsLostStillHolds() {
        String held = HoldTags.of("界".repeat(128)).value();

        assertThat(HoldTags.text(held, Map.of())).isEqualTo(held);
    }
}
