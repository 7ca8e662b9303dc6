package org.understudy.demo.bench.agent;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import tools.jackson.databind.json.JsonMapper;

/** borg with its defaults, but without encryption, which is to its advantage. */
final class BorgContender extends ReadingContender {

    private final Path repository;
    private final Map<String, String> environment;
    private int archives;

    private BorgContender(CommandRunner commands, SourceDisk source, Path work) {
        super(commands, source);
        repository = work.resolve("borg");
        environment = Map.of(
                "BORG_BASE_DIR",
                work.resolve("borg-home").toString(),
                "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK",
                "yes");
    }

    static BorgContender make(CommandRunner commands, SourceDisk source, Path work) {
        BorgContender borg = new BorgContender(commands, source, work);
        borg.run(Command.of("borg", "init", "--encryption=none", borg.repository.toString())
                .withEnvironment(borg.environment));
        return borg;
    }

    @Override
    public String name() {
        return "borg";
    }

    @Override
    Command backup() {
        archives++;
        return Command.of(
                        "borg",
                        "create",
                        "--json",
                        "--read-special",
                        repository + "::round" + archives,
                        source().device().toString())
                .withEnvironment(environment);
    }

    @Override
    ToLongFunction<CommandResult> stored() {
        return result -> JsonMapper.shared()
                .readTree(result.output())
                .get("archive")
                .get("stats")
                .get("deduplicated_size")
                .asLong();
    }
}
