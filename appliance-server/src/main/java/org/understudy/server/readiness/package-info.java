/**
 * Whether a host would start on this appliance, predicted from what its agent reported at backup time.
 */
@ApplicationModule(
        displayName = "readiness",
        allowedDependencies = {"kernel", "fleet", "protection"})
@NullMarked
package org.understudy.server.readiness;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
