/**
 * How the running machine started: firmware and its boot entries, what the root file system stands on, routes. From what the kernel
 * publishes, read-only, without external programs. Every read is bounded.
 */
@NullMarked
package org.understudy.agent.linux.bootfacts;

import org.jspecify.annotations.NullMarked;
