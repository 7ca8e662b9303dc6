/**
 * How takeovers are carried out: the state machine and its worker, the choice of hardware, probes, and the rows that outlive a
 * restart. See docs/design/takeover.md.
 */
@NullMarked
package org.understudy.server.recovery.internal;

import org.jspecify.annotations.NullMarked;
