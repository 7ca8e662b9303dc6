package org.understudy.server.storage.zfs;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.RunningProcess;

/** Ends the server, as far as the store can tell, before the command after the last that it may still run. */
final class KillingRunner implements CommandRunner {

    private static final Set<String> CHANGES =
            Set.of("create", "destroy", "snapshot", "clone", "rename", "set", "inherit", "hold", "release", "mount");

    /** Nothing catches it, as nothing catches the end of a process. */
    static final class Killed extends RuntimeException {
        Killed(Command before) {
            super("killed before " + before);
        }
    }

    private final CommandRunner runner;
    private int changesLeft = Integer.MAX_VALUE;

    KillingRunner(CommandRunner runner) {
        this.runner = runner;
    }

    void killAfter(int changes) {
        changesLeft = changes;
    }

    @Override
    public CommandResult run(Command command) {
        List<String> argv = command.argv();
        if (argv.size() > 1 && argv.get(0).equals("zfs") && CHANGES.contains(argv.get(1)) && changesLeft-- == 0) {
            changesLeft = 0;
            throw new Killed(command);
        }
        return runner.run(command);
    }

    @Override
    public RunningProcess start(Command command, Path log) {
        return runner.start(command, log);
    }
}
