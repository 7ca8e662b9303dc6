package org.understudy.iscsi.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code understudy iscsi}: see its subcommands. */
@Command(
        name = "iscsi",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "iSCSI target and initiator tools.",
        subcommands = {TargetCommand.class, CopyCommand.class, ListCommand.class, InquiryCommand.class})
public final class IscsiCommand {

    private IscsiCommand() {}

    /** Runs the command line and exits with its status: 0 done, 1 failed, 2 wrong usage. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    /** The command line, for embedding. Failures are shown as one line on standard error. */
    public static CommandLine commandLine() {
        CommandLine line = new CommandLine(new IscsiCommand());
        line.setExecutionExceptionHandler((failure, command, parsed) -> {
            command.getErr().println(FailureText.of(failure));
            return 1;
        });
        return line;
    }
}
