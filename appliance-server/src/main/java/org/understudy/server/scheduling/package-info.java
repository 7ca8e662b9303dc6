/**
 * A thin adapter to Quartz with its store in the database; jobs carry ids only.
 */
@ApplicationModule(
        displayName = "scheduling",
        allowedDependencies = {"kernel"})
@NullMarked
package org.understudy.server.scheduling;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
