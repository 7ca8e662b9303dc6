/** The agent as a whole: parts put together for one platform and kept running. */
@NullMarked
package org.understudy.agent.service;

import org.jspecify.annotations.NullMarked;
