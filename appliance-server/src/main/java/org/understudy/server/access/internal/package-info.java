/** Users, tokens, lock-out and audit entries in the database, and the set-up code in the data directory. */
@NullMarked
package org.understudy.server.access.internal;

import org.jspecify.annotations.NullMarked;
