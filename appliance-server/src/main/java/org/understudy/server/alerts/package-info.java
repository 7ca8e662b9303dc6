/**
 * Events that people should know of: kept, shown, and sent by rules.
 */
@ApplicationModule(
        displayName = "alerts",
        allowedDependencies = {"kernel", "fleet", "exports", "protection", "recovery"})
@NullMarked
package org.understudy.server.alerts;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
