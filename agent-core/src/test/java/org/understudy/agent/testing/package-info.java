/** Fakes made by hand: a disk that a host writes to, a freezer, LUNs in memory, an appliance. */
@NullMarked
package org.understudy.agent.testing;

import org.jspecify.annotations.NullMarked;
