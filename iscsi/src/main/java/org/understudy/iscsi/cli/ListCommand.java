package org.understudy.iscsi.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.initiator.DiscoveredTarget;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iscsi ls}: targets of a portal, or LUNs of a target. */
@Command(
        name = "ls",
        mixinStandardHelpOptions = true,
        description = "Lists the targets of a portal, or the LUNs of the target that the URL names.")
final class ListCommand implements Callable<Integer> {

    private static final String ANY_TARGET = "iqn.2026-11.org.understudy:discovery";

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private InitiatorOptions options = new InitiatorOptions();

    @Parameters(paramLabel = "URL", description = "iscsi[s]://host[:port][/iqn]")
    private String url = "";

    @Override
    public Integer call() throws Exception {
        if (spec == null) {
            throw new IllegalStateException("not called by picocli");
        }
        PrintWriter out = spec.commandLine().getOut();
        DiskUrl target = DiskUrl.parse(url);
        if (target.targetName().isEmpty()) {
            List<DiscoveredTarget> found = IscsiSession.discover(options.discovery(target, ANY_TARGET));
            found.forEach(each -> out.println(each.iqn() + " " + String.join(" ", each.portals())));
        } else {
            try (IscsiSession session = IscsiSession.login(options.session(target))) {
                for (int lun : session.luns()) {
                    RemoteDisk disk = session.disk(lun);
                    out.printf(
                            "lun %d: %d bytes, blocks of %d%s%n",
                            lun, disk.sizeBytes(), disk.blockSize(), disk.readOnly() ? ", read-only" : "");
                }
            }
        }
        out.flush();
        return 0;
    }
}
