package org.understudy.server.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

class FileNameTest {

    private static FileName bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return FileName.of(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "notes.txt", "...", "..a", "two words", "报告.pdf", "😀", "C:\\x", "*?\"<>|", "-rf"})
    void aNameThatIsTextIsShownAsItIs(String text) {
        FileName name = FileName.of(text.getBytes(StandardCharsets.UTF_8));

        assertThat(name.text()).isEqualTo(text);
        assertThat(FileName.parse(text)).isEqualTo(name);
    }

    @Test
    void everythingElseIsWrittenWithEscapes() {
        assertThat(bytes('1', '0', '0', '%').text()).isEqualTo("100%25");
        assertThat(bytes('a', '\n', 'b').text()).isEqualTo("a%0Ab");
        assertThat(bytes(0xff).text()).isEqualTo("%FF");
        assertThat(bytes(0x7f, 0x1b).text()).isEqualTo("%7F%1B");
        assertThat(bytes('x', 0xe4, 0xb8).text()).as("half of a character").isEqualTo("x%E4%B8");
        assertThat(bytes(0xc0, 0xae).text()).as("an overlong dot").isEqualTo("%C0%AE");
        assertThat(bytes(0xed, 0xa0, 0x80).text()).as("a surrogate").isEqualTo("%ED%A0%80");
        assertThat(bytes('a', 0xe2, 0x80, 0xae, 'b').text())
                .as("an override of the reading direction")
                .isEqualTo("a%E2%80%AEb");
        assertThat(bytes(0xff, 0xe4, 0xbd, 0xa0, 0xfe).text()).isEqualTo("%FF你%FE");
    }

    @Test
    void anyBytesComeBackAndNoTwoNamesHaveOneText() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = new byte[1 + random.nextInt(20)];
            random.nextBytes(bytes);
            for (int i = 0; i < bytes.length; i++) {
                boolean forbidden = bytes[i] == 0 || bytes[i] == '/' || bytes[i] == '.';
                bytes[i] = forbidden || random.nextInt(4) == 0 ? (byte) '%' : bytes[i];
            }
            FileName name = FileName.of(bytes);

            assertThat(FileName.parse(name.text()).bytes()).as("seed %d", seed).isEqualTo(bytes);
            assertThat(name.text().codePoints().noneMatch(Character::isISOControl))
                    .as("seed %d", seed)
                    .isTrue();
        }
    }

    @Test
    void needlessEscapesAndLowerCaseAreRead() {
        assertThat(FileName.parse("%61%ff")).isEqualTo(bytes('a', 0xff));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|empty",
                ".|no names of files",
                "..|no names of files",
                "%2e%2E|no names of files",
                "a/b|a slash",
                "a%2fb|a slash",
                "a%00|NUL",
                "100%|two hexadecimal digits",
                "%4|two hexadecimal digits",
                "%zz|two hexadecimal digits",
                "%+1|two hexadecimal digits"
            })
    void whatIsNoNameIsRefusedWithTheReason(String text, String reason) {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> FileName.parse(text))
                .satisfies(e -> {
                    assertThat(e.problem().code()).isEqualTo(ProblemCode.INVALID_REQUEST);
                    assertThat(e.problem().values().get("reason")).contains(reason);
                });
    }

    @Test
    void halfOfACharacterAndTooLongNamesAreRefused() {
        assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> FileName.parse("\ud800"));
        assertThat(FileName.parse("x".repeat(255)).bytes()).hasSize(255);
        assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> FileName.parse("x".repeat(256)));
        assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> FileName.parse("你".repeat(86)));
    }

    @Test
    void namesAreOrderedByUnsignedBytes() {
        List<FileName> names = new ArrayList<>(List.of(bytes(0xff), bytes('a', 'b'), bytes('Z'), bytes('a')));
        Collections.sort(names);

        assertThat(names).containsExactly(bytes('Z'), bytes('a'), bytes('a', 'b'), bytes(0xff));
    }

    @Test
    void pathsAreNamesWithSlashesBetween() {
        assertThat(FilePath.parse("")).isEqualTo(FilePath.ROOT);
        assertThat(FilePath.parse("etc/%FF").names()).containsExactly(FileName.parse("etc"), bytes(0xff));
        assertThat(FilePath.parse("a/b").parent()).isEqualTo(FilePath.parse("a"));
        assertThat(FilePath.parse("a").child(bytes('\n'))).hasToString("a/%0A");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/etc", "a/", "a//b", "../a", "a/..", "a/./b", "a/%2e%2e/b"})
    void pathsThatLeadElsewhereAreRefused(String text) {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> FilePath.parse(text))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.INVALID_REQUEST));
    }

    @Test
    void endlessPathsAreRefused() {
        assertThat(FilePath.parse("a/".repeat(999) + "a").names()).hasSize(1000);
        assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> FilePath.parse("a/".repeat(1000) + "a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"disk0", "disk12-3"})
    void idsOfFileSystemsComeBack(String text) {
        assertThat(FileSystemId.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "disk", "disk00", "disk0-0", "disk0-", "disk0-1x", "disk-1", "../disk0", "disk0/1"})
    void otherTextsAreNoIds(String text) {
        assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> FileSystemId.parse(text));
    }
}
