/** How a host becomes known to an appliance: once, by a one-time token and the fingerprint that the administrator copied. */
@NullMarked
package org.understudy.agent.enrolment;

import org.jspecify.annotations.NullMarked;
