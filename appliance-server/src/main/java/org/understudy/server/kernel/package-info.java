/**
 * Ids, sizes, the clock, and failures as the server shows them. Knows no other module.
 */
@ApplicationModule(
        displayName = "kernel",
        type = ApplicationModule.Type.OPEN,
        allowedDependencies = {})
@NullMarked
package org.understudy.server.kernel;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
