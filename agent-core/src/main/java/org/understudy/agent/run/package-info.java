/** The run loop: obeys the appliance step by step, holds the state of the one run, and releases it whatever happens. */
@NullMarked
package org.understudy.agent.run;

import org.jspecify.annotations.NullMarked;
