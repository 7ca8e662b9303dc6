/**
 * Protected hosts: enrolment, the gateway that agents connect to, and what is known of each host.
 */
@ApplicationModule(
        displayName = "fleet",
        allowedDependencies = {"kernel", "identity"})
@NullMarked
package org.understudy.server.fleet;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
