/**
 * Reading the used blocks of a disk in order: windows, parallel readers, normalised content, digests. Source of the rules: {@code
 * docs/design/agent-transfer.md}.
 */
@NullMarked
package org.understudy.agent.scan;

import org.jspecify.annotations.NullMarked;
