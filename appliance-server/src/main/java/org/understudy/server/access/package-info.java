/**
 * Users, sessions, lock-out and the audit log.
 */
@ApplicationModule(
        displayName = "access",
        allowedDependencies = {"kernel"})
@NullMarked
package org.understudy.server.access;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
