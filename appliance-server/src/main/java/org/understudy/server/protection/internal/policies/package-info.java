/** Policies as they are stored and checked, the schedules that follow from them, and the freshness of hosts. */
@NullMarked
package org.understudy.server.protection.internal.policies;

import org.jspecify.annotations.NullMarked;
