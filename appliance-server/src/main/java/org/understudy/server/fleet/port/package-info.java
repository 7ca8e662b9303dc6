/** The agents' own TLS port: who may speak there, and what is refused. */
@NullMarked
package org.understudy.server.fleet.port;

import org.jspecify.annotations.NullMarked;
