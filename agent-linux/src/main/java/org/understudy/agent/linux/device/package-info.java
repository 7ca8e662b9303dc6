/** Words about devices that all parts of the Linux agent share. */
@NullMarked
package org.understudy.agent.linux.device;

import org.jspecify.annotations.NullMarked;
