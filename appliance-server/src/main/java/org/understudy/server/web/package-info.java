/**
 * The console and the REST API: controllers to view models, server-sent events.
 */
@ApplicationModule(
        displayName = "web",
        allowedDependencies = {
            "kernel",
            "fleet",
            "storage",
            "exports",
            "hypervisor",
            "protection",
            "recovery",
            "readiness",
            "files",
            "scheduling",
            "alerts",
            "access",
            "identity"
        })
@NullMarked
package org.understudy.server.web;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
