package org.understudy.agent.state;

import java.util.regex.Pattern;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/** Ids of the protocol that become file names or parts of an address. Anything that could leave its directory is refused. */
public final class SafeName {

    private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,127}");

    private SafeName() {}

    /**
     * The name itself.
     *
     * @throws org.understudy.core.problem.ProblemException {@code PROTOCOL_VIOLATION} if it is not a plain name
     */
    public static String of(String name) {
        if (!ALLOWED.matcher(name).matches()) {
            throw Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", "'" + name + "' is not a valid id")
                    .asException();
        }
        return name;
    }
}
