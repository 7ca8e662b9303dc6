/** What is stored of hosts, and the fleet as other modules see it. */
@NullMarked
package org.understudy.server.fleet.hosts;

import org.jspecify.annotations.NullMarked;
