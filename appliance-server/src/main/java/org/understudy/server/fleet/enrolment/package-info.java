/** One-time tokens and the exchange by which a host gets its certificate. */
@NullMarked
package org.understudy.server.fleet.enrolment;

import org.jspecify.annotations.NullMarked;
