/** The server's side of the socket. */
@NullMarked
package org.understudy.privileges.client;

import org.jspecify.annotations.NullMarked;
