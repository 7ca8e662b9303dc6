/**
 * Backup runs: the state machine and the one place that writes it, the steps of a run, what is cleaned up after a failure, and
 * what is found and mended at start-up. Built to docs/design/backup-run.md.
 */
@NullMarked
package org.understudy.server.protection.internal.runs;

import org.jspecify.annotations.NullMarked;
