package org.understudy.demo.bench.agent;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** restic with its defaults. It takes a device only through its standard input, so a shell opens the device for it. */
final class ResticContender extends ReadingContender {

    private final Path repository;
    private final Map<String, String> environment;

    private ResticContender(CommandRunner commands, SourceDisk source, Path work) {
        super(commands, source);
        repository = work.resolve("restic");
        environment = Map.of(
                "RESTIC_PASSWORD",
                "bench",
                "RESTIC_REPOSITORY",
                repository.toString(),
                "RESTIC_CACHE_DIR",
                work.resolve("restic-cache").toString(),
                "RESTIC_PROGRESS_FPS",
                "0.1");
    }

    static ResticContender make(CommandRunner commands, SourceDisk source, Path work) {
        ResticContender restic = new ResticContender(commands, source, work);
        restic.run(Command.of("restic", "init").withEnvironment(restic.environment));
        return restic;
    }

    @Override
    public String name() {
        return "restic";
    }

    @Override
    Command backup() {
        return Command.of(
                        "sh",
                        "-c",
                        "exec restic backup --json --stdin --stdin-filename disk < \"$0\"",
                        source().device().toString())
                .withEnvironment(environment);
    }

    @Override
    ToLongFunction<CommandResult> stored() {
        return result -> {
            for (String line : result.lines()) {
                if (line.startsWith("{")) {
                    JsonNode message = JsonMapper.shared().readTree(line);
                    if (message.get("message_type").asString().equals("summary")) {
                        return message.get("data_added").asLong();
                    }
                }
            }
            throw new IllegalStateException("restic told nothing of what it stored: " + result.output());
        };
    }
}
