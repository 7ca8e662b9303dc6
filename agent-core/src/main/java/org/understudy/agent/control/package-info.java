/** What reaches into a run from outside: the wish to stop it, and the eyes that watch its phases. */
@NullMarked
package org.understudy.agent.control;

import org.jspecify.annotations.NullMarked;
