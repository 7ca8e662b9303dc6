/** The command line of the daemon and of people at the box. */
@NullMarked
package org.understudy.privileges.cli;

import org.jspecify.annotations.NullMarked;
