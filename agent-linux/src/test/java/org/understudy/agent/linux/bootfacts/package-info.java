/** Tests of this package. */
@NullMarked
package org.understudy.agent.linux.bootfacts;

import org.jspecify.annotations.NullMarked;
