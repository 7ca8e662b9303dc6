/**
 * Takeovers and drills: recovery points that run as virtual machines.
 */
@ApplicationModule(
        displayName = "recovery",
        allowedDependencies = {"kernel", "fleet", "protection", "storage", "exports", "hypervisor", "readiness"})
@NullMarked
package org.understudy.server.recovery;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
