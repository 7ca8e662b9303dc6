package org.understudy.server.kernel;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/** Checks of settings, for the constructors of settings records: what is wrong and what to write instead. */
public final class Setting {

    private Setting() {}

    /**
     * The failure to throw for a wrong setting.
     *
     * @param name full name, as in {@code understudy.web.port}
     * @param reason what is wrong with the value
     * @param expected what to write, as a sentence
     */
    public static ProblemException wrong(String name, String reason, String expected) {
        return Problem.of(ProblemCode.INVALID_SETTING, "setting", name, "reason", reason, "expected", expected)
                .asException();
    }

    /** A TCP port, or 0 for any free one. */
    public static void port(String name, int value) {
        if (value < 0 || value > 65535) {
            throw wrong(name, value + " is not a port", "Write a number from 1 to 65535, or 0 for any free port.");
        }
    }

    /** An IP address of this machine to listen on. */
    public static void address(String name, String value) {
        if (!isAddress(value)) {
            throw wrong(
                    name,
                    "\"" + value + "\" is not an IP address",
                    "Write an address of this machine, as in 192.0.2.10, or 0.0.0.0 for all.");
        }
    }

    public static void range(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw wrong(
                    name,
                    value + " is outside " + least + " to " + most,
                    "Write a number from " + least + " to " + most + ".");
        }
    }

    public static void range(String name, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw wrong(
                    name,
                    text(value) + " is outside " + text(least) + " to " + text(most),
                    "Write a time from " + text(least) + " to " + text(most) + ", as in " + text(least) + ".");
        }
    }

    private static boolean isAddress(String value) {
        // Only texts that are addresses: a name would be asked of the name service, which may be slow or wrong.
        if (!value.matches("[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*")) {
            return false;
        }
        try {
            InetAddress.getByName(value);
            return true;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** As it would be written in a settings file. */
    private static String text(Duration value) {
        if (value.toMillisPart() != 0) {
            return value.toMillis() + "ms";
        }
        long seconds = value.toSeconds();
        if (seconds % 86_400 == 0 && seconds != 0) {
            return seconds / 86_400 + "d";
        }
        if (seconds % 3_600 == 0 && seconds != 0) {
            return seconds / 3_600 + "h";
        }
        return seconds % 60 == 0 && seconds != 0 ? seconds / 60 + "m" : seconds + "s";
    }
}
