package org.understudy.core.problem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProblemTextsTest {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-zA-Z]+)}");
    private static final String ENGLISH = "problems.properties";
    private static final String CHINESE = "problems_zh.properties";

    @ParameterizedTest
    @ValueSource(strings = {ENGLISH, CHINESE})
    void everyCodeHasSummaryCauseAndRemedyAndNothingElseIsThere(String file) throws IOException {
        Set<String> expected = Arrays.stream(ProblemCode.values())
                .flatMap(code -> Set.of("summary", "cause", "remedy").stream().map(part -> code + "." + part))
                .collect(Collectors.toCollection(TreeSet::new));

        Properties texts = load(file);

        assertThat(new TreeSet<>(texts.stringPropertyNames())).isEqualTo(expected);
        assertThat(texts.values()).allSatisfy(text -> assertThat((String) text).isNotBlank());
    }

    @Test
    void bothLanguagesNameTheSameValues() throws IOException {
        Properties english = load(ENGLISH);
        Properties chinese = load(CHINESE);

        for (String key : english.stringPropertyNames()) {
            assertThat(placeholders(chinese.getProperty(key)))
                    .as(key)
                    .isEqualTo(placeholders(english.getProperty(key)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {ENGLISH, CHINESE})
    void noKeyIsWrittenTwice(String file) throws IOException {
        String text = new String(bytes(file), StandardCharsets.UTF_8);

        assertThat(text.lines()
                        .filter(line -> line.matches("[A-Z_]+\\..*"))
                        .map(line -> line.substring(0, line.indexOf('='))))
                .doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(strings = {ENGLISH, CHINESE})
    void bracesAreOnlyUsedForPlaceholders(String file) throws IOException {
        for (Object text : load(file).values()) {
            assertThat(PLACEHOLDER.matcher((String) text).replaceAll("")).doesNotContain("{", "}");
        }
    }

    @ParameterizedTest
    @EnumSource(ProblemCode.class)
    void textsAreShownInTheReadersLanguage(ProblemCode code) throws IOException {
        Problem problem = Problem.of(code);

        assertThat(problem.summary(Locale.SIMPLIFIED_CHINESE))
                .isEqualTo(shown(load(CHINESE).getProperty(code + ".summary")))
                .containsPattern("\\p{IsHan}");
        assertThat(problem.cause(Locale.ENGLISH)).isEqualTo(shown(load(ENGLISH).getProperty(code + ".cause")));
        assertThat(problem.summary(Locale.GERMAN)).isEqualTo(shown(load(ENGLISH).getProperty(code + ".summary")));
    }

    @Test
    void valuesReplaceTheirPlaceholdersEvenWhenTheyLookLikeReplacementPatterns() {
        Problem problem = Problem.of(ProblemCode.COMMAND_FAILED, "command", "echo $1 \\2 {status}", "status", "3")
                .withDetails("broken pipe");

        assertThat(problem.summary(Locale.ENGLISH))
                .isEqualTo("The command \"echo $1 \\2 {status}\" ended with status 3.");
        assertThat(problem.english()).endsWith(" [broken pipe]");
        assertThat(problem.asException()).hasMessage(problem.english());
    }

    @Test
    void anExceptionBecomesTheDetailsOnlyWhenThereAreNone() {
        IOException cause = new IOException("no route");

        assertThat(Problem.of(ProblemCode.ISCSI_CONNECTION_LOST)
                        .asException(cause)
                        .problem()
                        .details())
                .isEqualTo("java.io.IOException: no route");
        assertThat(Problem.of(ProblemCode.ISCSI_CONNECTION_LOST)
                        .withDetails("known")
                        .asException(cause))
                .hasCause(cause)
                .satisfies(e ->
                        assertThat(((ProblemException) e).problem().details()).isEqualTo("known"));
    }

    @Test
    void namesAndValuesMustComeInPairs() {
        assertThatThrownBy(() -> Problem.of(ProblemCode.INTERNAL, "alone"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pairs");
    }

    private static String shown(String text) {
        return PLACEHOLDER.matcher(text).replaceAll("?");
    }

    private static Set<String> placeholders(String text) {
        return PLACEHOLDER
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Properties load(String file) throws IOException {
        Properties properties = new Properties();
        // A strict decoder: a file saved in another encoding must fail here and not show as question marks to people.
        try (Reader reader = new InputStreamReader(
                new java.io.ByteArrayInputStream(bytes(file)),
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT))) {
            properties.load(reader);
        }
        assertThat(StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes(file)))
                        .toString())
                .doesNotContain("\uFFFD");
        return properties;
    }

    private static byte[] bytes(String file) throws IOException {
        try (InputStream in = Objects.requireNonNull(Problem.class.getResourceAsStream(file), file)) {
            return in.readAllBytes();
        }
    }
}
