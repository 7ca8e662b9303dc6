package org.understudy.zfs;

import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.error.ZfsMessages;

/** Runs the tools and turns failures into types. Thread-safe. */
record Tool(CommandRunner commands) {

    /** Standard output of a command that must succeed. */
    String output(Command command) {
        CommandResult result = commands.run(command);
        if (!result.succeeded()) {
            throw failure(result.exitStatus(), result.errorOutput(), command);
        }
        return result.output();
    }

    static ZfsException failure(int status, String errorOutput, Command command) {
        return new ZfsException(ZfsMessages.error(status, errorOutput), command + ": " + errorOutput.strip());
    }
}
