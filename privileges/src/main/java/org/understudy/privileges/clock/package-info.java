/** The time that locks are judged by, and when it is not trusted. */
@NullMarked
package org.understudy.privileges.clock;

import org.jspecify.annotations.NullMarked;
