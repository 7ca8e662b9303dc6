/** Quartz with its JDBC store: turns schedules into triggers and triggers into calls of tasks. */
@NullMarked
package org.understudy.server.scheduling.quartz;

import org.jspecify.annotations.NullMarked;
