/**
 * Moving what changed: comparison with the head's digests, writing and unmapping on the LUN, digest files. See {@code
 * docs/design/agent-transfer.md}.
 */
@NullMarked
package org.understudy.agent.transfer;

import org.jspecify.annotations.NullMarked;
