package org.understudy.iscsi.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.initiator.IscsiSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iscsi inquiry}: what a logical unit says about itself. */
@Command(name = "inquiry", mixinStandardHelpOptions = true, description = "Shows the inquiry data of a LUN.")
final class InquiryCommand implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private InitiatorOptions options = new InitiatorOptions();

    @Option(names = "--page", paramLabel = "CODE", description = "A page of vital product data, for example 0x83.")
    private @Nullable String page;

    @Parameters(paramLabel = "URL", description = "iscsi[s]://[user%%secret@]host[:port]/iqn/lun")
    private String url = "";

    @Override
    public Integer call() throws Exception {
        if (spec == null) {
            throw new IllegalStateException("not called by picocli");
        }
        PrintWriter out = spec.commandLine().getOut();
        DiskUrl target = DiskUrl.parse(url);
        try (IscsiSession session = IscsiSession.login(options.session(target))) {
            if (page == null) {
                byte[] data = session.inquiry(target.requiredLun(), false, 0);
                out.println("vendor:   " + text(data, 8, 8));
                out.println("product:  " + text(data, 16, 16));
                out.println("revision: " + text(data, 32, 4));
                byte[] serial = session.inquiry(target.requiredLun(), true, 0x80);
                out.println("serial:   " + text(serial, 4, serial.length - 4));
            } else {
                byte[] data = session.inquiry(target.requiredLun(), true, Integer.decode(page));
                out.println(HexFormat.ofDelimiter(" ").formatHex(data));
            }
        }
        out.flush();
        return 0;
    }

    private static String text(byte[] data, int offset, int length) {
        return new String(data, offset, Math.max(0, Math.min(length, data.length - offset)), StandardCharsets.US_ASCII)
                .strip();
    }
}
