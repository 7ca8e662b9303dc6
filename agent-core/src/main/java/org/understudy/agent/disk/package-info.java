/** Reading block devices of the protected host. */
@NullMarked
package org.understudy.agent.disk;

import org.jspecify.annotations.NullMarked;
