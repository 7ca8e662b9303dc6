/** What the three parts of protection (runs, points, policies) share: settings, events, start and stop. */
@NullMarked
package org.understudy.server.protection.internal;

import org.jspecify.annotations.NullMarked;
