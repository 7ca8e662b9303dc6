/** Scripts of the administrator that quiesce applications around a run. */
@NullMarked
package org.understudy.agent.hooks;

import org.jspecify.annotations.NullMarked;
