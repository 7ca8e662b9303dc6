package org.understudy.server.exports;

import org.understudy.core.problem.Problem;

/** What happened at the exports; published as Spring application events. */
public sealed interface ExportEvents {

    /** A log-in to a disk was turned away: foreign certificate, another host's disk, wrong credentials. */
    record LoginRefused(String peerAddress, Problem problem) implements ExportEvents {}
}
