/** Tests with real processes: server and agent are killed and cut off, and everything must be right afterwards. */
@NullMarked
package org.understudy.demo.system;

import org.jspecify.annotations.NullMarked;
