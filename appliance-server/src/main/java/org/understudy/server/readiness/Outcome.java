package org.understudy.server.readiness;

import java.util.List;

/** What would become of a start on one profile. */
public sealed interface Outcome {

    /** It starts as it is. */
    record WillBoot() implements Outcome {}

    /** It starts when these things were done; never empty. */
    record WillBootAfter(List<Finding> preparations) implements Outcome {
        public WillBootAfter {
            preparations = List.copyOf(preparations);
        }
    }

    /** It does not start, for these reasons; never empty. */
    record WillNotBoot(List<Finding> reasons) implements Outcome {
        public WillNotBoot {
            reasons = List.copyOf(reasons);
        }
    }

    /** Nothing speaks against it, but these things are not known; never empty. */
    record Unknown(List<Finding> missing) implements Outcome {
        public Unknown {
            missing = List.copyOf(missing);
        }
    }

    /** What it says, whichever it is. */
    default List<Finding> findings() {
        return switch (this) {
            case WillBoot yes -> List.of();
            case WillBootAfter after -> after.preparations();
            case WillNotBoot no -> no.reasons();
            case Unknown unknown -> unknown.missing();
        };
    }
}
