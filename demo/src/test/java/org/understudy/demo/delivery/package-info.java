/** The agent as users get it: packages, the line that installs them, and the footprint of what is installed. */
@NullMarked
package org.understudy.demo.delivery;

import org.jspecify.annotations.NullMarked;
