/**
 * Block exports: volumes offered to an initiator under a one-run name with one-run credentials.
 */
@ApplicationModule(
        displayName = "exports",
        allowedDependencies = {"kernel", "storage", "identity"})
@NullMarked
package org.understudy.server.exports;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
