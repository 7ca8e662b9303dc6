/**
 * The appliance's own certificate authority, its server certificate, and the TLS contexts of every listener.
 */
@ApplicationModule(
        displayName = "identity",
        allowedDependencies = {"kernel"})
@NullMarked
package org.understudy.server.identity;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
