/** Keys, certificates and whom the agent trusts: the appliance's own authority and nobody else. */
@NullMarked
package org.understudy.agent.tls;

import org.jspecify.annotations.NullMarked;
