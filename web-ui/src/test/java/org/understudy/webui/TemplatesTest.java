package org.understudy.webui;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the templates to the content policy: nothing inline, nothing from elsewhere. */
class TemplatesTest {

    private static final Pattern INLINE_STYLE = Pattern.compile("\\sstyle=|th:style|<style");
    private static final Pattern INLINE_SCRIPT = Pattern.compile("\\son[a-z]+=|<script(?![^>]*src=)|javascript:");
    private static final Pattern ELSEWHERE = Pattern.compile("(?:src|href)=\"(?:https?:)?//");
    private static final Pattern POST = Pattern.compile("<form[^>]*method=\"post\"[^>]*>");

    static List<Path> templates() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/main/resources/templates"))) {
            return files.toList();
        }
    }

    @ParameterizedTest
    @MethodSource("templates")
    void templatesHaveNoInlineStyleOrScriptAndLoadNothingFromElsewhere(Path template) throws IOException {
        String text = Files.readString(template);

        assertThat(text).doesNotContainPattern(INLINE_STYLE);
        assertThat(text).doesNotContainPattern(INLINE_SCRIPT);
        assertThat(text).doesNotContainPattern(ELSEWHERE);
        assertThat(text).doesNotContain("th:utext");
    }

    /** Only {@code th:action} adds the token that protects against forged requests. */
    @ParameterizedTest
    @MethodSource("templates")
    void everyFormThatChangesSomethingCarriesTheProtectionToken(Path template) throws IOException {
        assertThat(POST.matcher(Files.readString(template)).results().map(result -> result.group()))
                .allSatisfy(form -> assertThat(form).contains("th:action="));
    }
}
