package org.understudy.privileges.clock;

import java.util.List;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.problem.ProblemException;

/**
 * Asks chrony. The time is confirmed if at least two servers that chrony itself selected or would combine are within ten seconds
 * of this machine's clock. One server is not enough: who controls it would control the locks. Source: chronyc(1), {@code sources}.
 */
public final class ChronySources implements TimeSources {

    private static final int ENOUGH = 2;
    private static final double MAX_OFFSET_SECONDS = 10;
    private static final Command SOURCES = Command.of("chronyc", "-c", "-n", "sources");

    /** Columns: mode, state, name, stratum, poll, reach, age of last sample, adjusted offset, measured offset, margin. */
    private static final int COLUMNS = 10;

    private static final int STATE = 1;
    private static final int REACH = 5;
    private static final int OFFSET = 7;

    private final CommandRunner commands;

    public ChronySources(CommandRunner commands) {
        this.commands = commands;
    }

    @Override
    public Verdict ask() {
        try {
            CommandResult result = commands.run(SOURCES);
            return result.succeeded()
                    ? judge(result.lines())
                    : new Verdict(false, "chronyc: " + result.errorOutput().strip());
        } catch (ProblemException e) {
            return new Verdict(false, e.problem().code() + " asking chronyc");
        }
    }

    static Verdict judge(List<String> lines) {
        int agreeing = 0;
        for (String line : lines) {
            String[] fields = line.split(",", -1);
            if (fields.length != COLUMNS) {
                return new Verdict(false, "not understood: " + line);
            }
            if (agrees(fields)) {
                agreeing++;
            }
        }
        return new Verdict(agreeing >= ENOUGH, agreeing + " of " + lines.size() + " time sources agree");
    }

    private static boolean agrees(String[] fields) {
        boolean server = fields[0].equals("^");
        boolean selected = fields[STATE].equals("*") || fields[STATE].equals("+");
        boolean reached = !fields[REACH].equals("0");
        try {
            return server && selected && reached && Math.abs(Double.parseDouble(fields[OFFSET])) <= MAX_OFFSET_SECONDS;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
