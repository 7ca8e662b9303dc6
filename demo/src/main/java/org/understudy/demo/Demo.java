package org.understudy.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.problem.ProblemException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code ./understudy demo}: the command line of the demonstration. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "The main job, end to end, on this machine.")
public final class Demo implements Callable<Integer> {

    @Option(names = "--disk", paramLabel = "FILE", description = "protect a copy of this bootable raw or qcow2 disk")
    private @Nullable Path disk;

    @Option(
            names = "--page",
            paramLabel = "FILE-IN-DISK",
            defaultValue = "/srv/www/index.html",
            description = "the file that the live machine changes between points (default ${DEFAULT-VALUE})")
    private String page = "";

    @Option(
            names = "--probe",
            paramLabel = "PATH",
            defaultValue = "/",
            description = "the path asked over HTTP (default ${DEFAULT-VALUE})")
    private String probe = "";

    @Option(names = "--keep", description = "leave everything running at the end")
    private boolean keep;

    @Option(names = "--json", paramLabel = "FILE", description = "write the measured figures")
    private @Nullable Path json;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Demo())
                .setExecutionExceptionHandler((failure, line, parsed) -> explain(failure))
                .execute(arguments));
    }

    private static int explain(Exception failure) {
        if (failure instanceof ProblemException problem) {
            System.err.println(
                    "\nThe demonstration failed: " + problem.problem().english());
        } else if (failure instanceof IllegalArgumentException) {
            System.err.println("\nThis cannot be demonstrated: " + failure.getMessage());
        } else {
            System.err.println("\nThe demonstration failed: " + failure);
            failure.printStackTrace(System.err);
        }
        return 1;
    }

    @Override
    public Integer call() throws Exception {
        if (!page.startsWith("/") || !probe.startsWith("/")) {
            throw new IllegalArgumentException("--page and --probe must begin with a slash");
        }
        Path home = required("understudy.home");
        Path work = required("understudy.work");
        Path pictures = picturesDirectory(home);
        Demonstration.Plan plan = new Demonstration.Plan(home, work, disk, page, probe, pictures, pictureName());
        Cleanup cleanup = Cleanup.alsoOnInterrupt();
        boolean ended = false;
        try {
            Demonstration demonstration = new Demonstration(plan, new ProcessCommandRunner(), cleanup, System.out);
            DemoFigures figures = demonstration.run();
            writeJson(figures);
            ended = true;
            if (keep) {
                demonstration.printHowToGoOn();
            }
            return 0;
        } finally {
            if (keep && ended) {
                cleanup.leave();
            } else {
                cleanup.close();
            }
        }
    }

    private void writeJson(DemoFigures figures) throws IOException {
        if (json == null) {
            return;
        }
        String text = JsonMapper.builder()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .build()
                .writeValueAsString(figures);
        Files.writeString(json, text + "\n", StandardCharsets.UTF_8);
    }

    private Path picturesDirectory(Path home) throws IOException {
        Path directory = json == null
                ? home.resolve("demo/target/pictures")
                : json.toAbsolutePath().normalize().getParent();
        if (directory == null) {
            throw new IllegalArgumentException("--json needs a file, not " + json);
        }
        return Files.createDirectories(directory);
    }

    private String pictureName() {
        return json == null ? "demo" : String.valueOf(json.getFileName()).replaceFirst("\\.json$", "");
    }

    private static Path required(String property) {
        String value = System.getProperty(property);
        if (value == null) {
            throw new IllegalStateException("start the demonstration with ./understudy demo");
        }
        return Path.of(value).toAbsolutePath().normalize();
    }
}
