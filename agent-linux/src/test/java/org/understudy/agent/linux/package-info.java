/** Tests of the Linux agent; those tagged {@code platform} need root, loop devices and mounts. */
@NullMarked
package org.understudy.agent.linux;

import org.jspecify.annotations.NullMarked;
