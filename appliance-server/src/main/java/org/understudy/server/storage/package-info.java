/**
 * Volumes, their snapshots and clones, and the pool that holds them.
 */
@ApplicationModule(
        displayName = "storage",
        allowedDependencies = {"kernel"})
@NullMarked
package org.understudy.server.storage;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
