package org.understudy.webui;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessagesTest {

    private static final String ENGLISH = "messages.properties";
    private static final String CHINESE = "messages_zh.properties";
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{(\\d+)}");
    private static final Pattern USED = Pattern.compile("#\\{([a-zA-Z0-9.]+)[}(]");

    @Test
    void bothLanguagesHaveTheSameKeysWithTheSameValues() throws IOException {
        Properties english = load(ENGLISH);
        Properties chinese = load(CHINESE);

        assertThat(new TreeSet<>(chinese.stringPropertyNames()))
                .isEqualTo(new TreeSet<>(english.stringPropertyNames()));
        for (String key : english.stringPropertyNames()) {
            assertThat(placeholders(chinese.getProperty(key)))
                    .as(key)
                    .isEqualTo(placeholders(english.getProperty(key)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {ENGLISH, CHINESE})
    void noTextIsEmptyOrHasAnApostropheThatMessagesSwallow(String file) throws IOException {
        Properties texts = load(file);

        assertThat(texts)
                .isNotEmpty()
                .allSatisfy((key, text) ->
                        assertThat((String) text).as("%s", key).isNotBlank().doesNotContain("'"));
    }

    @ParameterizedTest
    @ValueSource(strings = {ENGLISH, CHINESE})
    void noKeyIsWrittenTwice(String file) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("src/main/resources/org/understudy/webui", file))) {
            assertThat(lines.filter(line -> !line.startsWith("#") && line.contains("="))
                            .map(line -> line.substring(0, line.indexOf('='))))
                    .isNotEmpty()
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void everyTextThatATemplateNamesExists() throws IOException {
        Set<String> used = new TreeSet<>();
        try (Stream<Path> templates = Files.list(Path.of("src/main/resources/templates"))) {
            for (Path template : templates.toList()) {
                Matcher matcher = USED.matcher(Files.readString(template));
                while (matcher.find()) {
                    used.add(matcher.group(1));
                }
            }
        }

        assertThat(used).hasSizeGreaterThan(100);
        assertThat(load(ENGLISH).stringPropertyNames()).containsAll(used);
    }

    private static Set<String> placeholders(String text) {
        Set<String> found = new TreeSet<>();
        Matcher matcher = PLACEHOLDER.matcher(text);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }

    private static Properties load(String file) throws IOException {
        Properties properties = new Properties();
        var stream = MessagesTest.class.getResourceAsStream("/org/understudy/webui/" + file);
        assertThat(stream).as(file).isNotNull();
        try (Reader reader = new InputStreamReader(stream, StandardCharsets.UTF_8)) {
            properties.load(reader);
        }
        return properties;
    }
}
