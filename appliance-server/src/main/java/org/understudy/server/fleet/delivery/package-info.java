/** How the agent's program comes to hosts: packages, the script that installs them, and the line that people copy. */
@NullMarked
package org.understudy.server.fleet.delivery;

import org.jspecify.annotations.NullMarked;
