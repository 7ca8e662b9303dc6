/** What crosses the socket: frames of bounded length, one request and one answer in each, parsed strictly. */
@NullMarked
package org.understudy.privileges.protocol;

import org.jspecify.annotations.NullMarked;
