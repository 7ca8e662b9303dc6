/** Connections of agents: handshake, requests and answers, signs of life, digest files. */
@NullMarked
package org.understudy.server.fleet.gateway;

import org.jspecify.annotations.NullMarked;
