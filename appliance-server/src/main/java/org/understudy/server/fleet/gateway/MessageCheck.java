package org.understudy.server.fleet.gateway;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.protocol.AgentMessage;

/** Checks every message of an agent: JSON leaves out what it likes, and records do not mind. */
final class MessageCheck {

    private static final Pattern ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern VALUE_NAME = Pattern.compile("[A-Za-z]{1,64}");
    private static final int MOST_CAPABILITIES = 64;
    private static final int MOST_VALUES = 32;
    private static final int LONGEST_DETAILS = 8192;

    private MessageCheck() {}

    /** @throws org.understudy.core.problem.ProblemException {@code PROTOCOL_VIOLATION} */
    static void check(AgentMessage message) {
        switch (message) {
            case AgentMessage.Hello hello -> {
                Bounds.text("the agent's version", hello.agentVersion(), 64);
                Bounds.text("the operating system", hello.operatingSystem(), Bounds.NAME);
                Bounds.text("the host name", hello.hostName(), Bounds.NAME);
                Bounds.texts("capabilities", hello.capabilities(), MOST_CAPABILITIES, 64);
            }
            case AgentMessage.HostDescription description -> FactsCheck.check(description.facts());
            case AgentMessage.RunBegun begun -> {
                Bounds.matches("the run", begun.run(), ID);
                Bounds.list("disks", begun.disks(), FactsCheck.MOST_DISKS);
                differentKeys(
                        begun.disks().stream().map(AgentMessage.DiskView::disk).toList());
                for (AgentMessage.DiskView disk : begun.disks()) {
                    Bounds.notNegative("the size of a disk", disk.sizeBytes());
                    Bounds.notNegative("the used bytes of a disk", disk.usedBytes());
                }
            }
            case AgentMessage.Progress progress -> {
                Bounds.matches("the run", progress.run(), ID);
                Bounds.notNegative("the pass", progress.pass());
                Bounds.notNegative("the bytes done", progress.doneBytes());
                Bounds.notNegative("the bytes to do", progress.totalBytes());
                Bounds.notNegative("the bytes sent", progress.sentBytes());
            }
            case AgentMessage.TransferFinished finished -> finished(finished);
            case AgentMessage.RunEnded ended -> Bounds.matches("the run", ended.run(), ID);
            case AgentMessage.Upgraded upgraded -> Bounds.text("the installed version", upgraded.version(), 64);
            case AgentMessage.Failed failed -> {
                if (failed.run() != null) {
                    Bounds.matches("the run", failed.run(), ID);
                }
                Bounds.present("the code of the failure", failed.code());
                Bounds.present("the values of the failure", failed.values());
            }
            case AgentMessage.Unsupported unsupported -> Bounds.text("the message type", unsupported.messageType(), 64);
        }
    }

    private static void finished(AgentMessage.TransferFinished finished) {
        Bounds.matches("the run", finished.run(), ID);
        Bounds.present("the consistency", finished.consistency());
        if (finished.consistencyReason() == null) {
            throw Bounds.violation("the reason of the consistency is missing");
        }
        Bounds.optionalText("the reason of the consistency", finished.consistencyReason(), Bounds.TEXT);
        Bounds.notNegative("the time frozen", finished.frozenMillis());
        Bounds.list("disks", finished.disks(), FactsCheck.MOST_DISKS);
        differentKeys(
                finished.disks().stream().map(AgentMessage.DiskTransfer::disk).toList());
        for (AgentMessage.DiskTransfer disk : finished.disks()) {
            for (long bytes : new long[] {
                disk.usedBytes(),
                disk.scannedBytes(),
                disk.changedBytes(),
                disk.sentBytes(),
                disk.unmappedBytes(),
                disk.blocks()
            }) {
                Bounds.notNegative("a count of a disk", bytes);
            }
            Bounds.matches("the digest of a digest file", disk.digestFileSha256(), SHA256);
        }
    }

    private static void differentKeys(Collection<String> keys) {
        Set<String> seen = new HashSet<>();
        for (String key : keys) {
            Bounds.diskKey(key);
            if (!seen.add(key)) {
                throw Bounds.violation("the disk " + key + " comes twice");
            }
        }
    }

    /** The failure as the agent explained it, cut to what may be logged and shown. */
    static Problem problem(AgentMessage.Failed failed) {
        Map<String, String> values = new HashMap<>();
        failed.values().forEach((name, value) -> {
            if (values.size() < MOST_VALUES
                    && name != null
                    && VALUE_NAME.matcher(name).matches()
                    && value != null) {
                values.put(name, oneLine(value, Bounds.TEXT));
            }
        });
        String details = failed.details();
        return new Problem(failed.code(), values, details == null ? null : printable(details, LONGEST_DETAILS));
    }

    /** A text of the peer for our log or our answer: without control characters, and short. */
    static String oneLine(@Nullable String text, int longest) {
        return text == null ? "" : printable(text, longest).replace('\n', ' ').replace('\t', ' ');
    }

    private static String printable(String text, int longest) {
        String cut = text.length() > longest ? text.substring(0, longest) + "…" : text;
        return cut.replaceAll("[\\p{C}&&[^\\n\\t]]", "?");
    }
}
