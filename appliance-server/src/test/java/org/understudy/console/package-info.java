/** The console on fakes: a slice of the server without database, pool or hypervisor, for tests and for looking at it. */
@NullMarked
package org.understudy.console;

import org.jspecify.annotations.NullMarked;
