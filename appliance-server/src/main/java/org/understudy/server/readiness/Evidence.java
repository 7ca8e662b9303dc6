package org.understudy.server.readiness;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Findings while they are gathered. Not thread-safe. */
final class Evidence {

    private final Set<Finding> reasons = new LinkedHashSet<>();
    private final Set<Finding> missing = new LinkedHashSet<>();
    private final Set<Finding> preparations = new LinkedHashSet<>();

    void against(Finding.Code code, Map<String, String> values) {
        reasons.add(new Finding(code, values));
    }

    void unknown(Finding.Code code, Map<String, String> values) {
        missing.add(new Finding(code, values));
    }

    void prepare(Finding.Code code, Map<String, String> values) {
        preparations.add(new Finding(code, values));
    }

    /** What speaks against it outweighs what is not known, and that outweighs what can be done. */
    Outcome outcome() {
        if (!reasons.isEmpty()) {
            return new Outcome.WillNotBoot(new ArrayList<>(reasons));
        } else if (!missing.isEmpty()) {
            return new Outcome.Unknown(new ArrayList<>(missing));
        } else if (!preparations.isEmpty()) {
            return new Outcome.WillBootAfter(new ArrayList<>(preparations));
        }
        return new Outcome.WillBoot();
    }

    /** Both together. */
    Evidence and(Evidence other) {
        Evidence both = new Evidence();
        for (Evidence one : List.of(this, other)) {
            both.reasons.addAll(one.reasons);
            both.missing.addAll(one.missing);
            both.preparations.addAll(one.preparations);
        }
        return both;
    }
}
