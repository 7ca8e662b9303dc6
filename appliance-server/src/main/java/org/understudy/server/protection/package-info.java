/**
 * Protection policies, backup runs, recovery points, retention and verification of stored data.
 */
@ApplicationModule(
        displayName = "protection",
        allowedDependencies = {"kernel", "fleet", "storage", "exports", "scheduling"})
@NullMarked
package org.understudy.server.protection;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
