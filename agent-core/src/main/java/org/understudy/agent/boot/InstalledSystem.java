package org.understudy.agent.boot;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.understudy.core.protocol.HostFacts;

/** Reads boot facts from the mounted root of an installed system. Stateless. */
public final class InstalledSystem {

    private InstalledSystem() {}

    /**
     * The boot facts of the system under {@code root}.
     *
     * @param root mounted root file system of the protected system ({@code /} for a running one)
     * @param boot where its {@code /boot} is mounted if that is not below {@code root}, else null
     * @return facts with {@code known} false if there is no system; never throws for what the tree holds
     */
    public static HostFacts.BootFacts read(Path root, @Nullable Path boot) {
        return HostFacts.BootFacts.unknown();
    }
}
