/**
 * Virtual machines and their networks.
 */
@ApplicationModule(
        displayName = "hypervisor",
        allowedDependencies = {"kernel"})
@NullMarked
package org.understudy.server.hypervisor;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
