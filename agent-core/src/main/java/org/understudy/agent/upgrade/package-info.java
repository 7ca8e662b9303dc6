/** The agent replaces its own package when its appliance asks for that. */
@NullMarked
package org.understudy.agent.upgrade;

import org.jspecify.annotations.NullMarked;
