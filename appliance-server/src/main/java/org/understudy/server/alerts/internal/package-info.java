/** The event log in the database, and the listener that writes it. */
@NullMarked
package org.understudy.server.alerts.internal;

import org.jspecify.annotations.NullMarked;
