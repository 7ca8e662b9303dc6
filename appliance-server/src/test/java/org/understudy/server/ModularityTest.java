package org.understudy.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.modulith.core.ApplicationModules;
import org.springframework.modulith.docs.Documenter;

/** The module rules of docs/architecture.md, enforced. */
class ModularityTest {

    private static final Path DOCUMENTED = Path.of("../docs/modules");

    private final ApplicationModules modules = ApplicationModules.of(UnderstudyServer.class);

    @Test
    void modulesUseOnlyWhatTheyMayUse() {
        modules.verify();
    }

    @Test
    void theCommittedModuleDiagramIsTheGeneratedOne(@TempDir Path generated) throws IOException {
        new Documenter(modules, Documenter.Options.defaults().withOutputFolder(generated.toString()))
                .writeModulesAsPlantUml();
        Path diagram = generated.resolve("components.puml");
        String expected = inOrder(Files.readAllLines(diagram, StandardCharsets.UTF_8));
        if (Boolean.getBoolean("understudy.update-docs")) {
            Files.createDirectories(DOCUMENTED);
            Files.writeString(DOCUMENTED.resolve("components.puml"), expected, StandardCharsets.UTF_8);
        }
        assertThat(DOCUMENTED.resolve("components.puml"))
                .as("run the tests once with -Dunderstudy.update-docs=true and commit docs/modules")
                .hasContent(expected);
    }

    /** Neighbouring relations sorted: the generator writes them in an order that changes from one start to the next. */
    private static String inOrder(List<String> lines) {
        List<String> ordered = new ArrayList<>(lines);
        for (int start = 0; start < ordered.size(); start++) {
            int end = start;
            while (end < ordered.size() && ordered.get(end).startsWith("Rel(")) {
                end++;
            }
            ordered.subList(start, end).sort(null);
            start = end;
        }
        return String.join("\n", ordered) + "\n";
    }

    @Test
    void everyPackageIsNullMarkedAndSaysItsJob() throws IOException {
        try (Stream<Path> directories = Files.walk(Path.of("src/main/java"))) {
            for (Path directory : directories.filter(Files::isDirectory).toList()) {
                if (holdsClasses(directory)) {
                    assertThat(directory.resolve("package-info.java"))
                            .content(StandardCharsets.UTF_8)
                            .contains("@NullMarked")
                            .startsWith("/**");
                }
            }
        }
    }

    private static boolean holdsClasses(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.anyMatch(file -> file.toString().endsWith(".java"));
        }
    }
}
