/**
 * The database: an embedded PostgreSQL in the data directory, or an external one by configuration.
 */
@ApplicationModule(
        displayName = "database",
        allowedDependencies = {"kernel"})
@NullMarked
package org.understudy.server.database;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
