/** The program that runs as root: sockets, sessions, and the gate that every request passes. */
@NullMarked
package org.understudy.privileges.daemon;

import org.jspecify.annotations.NullMarked;
