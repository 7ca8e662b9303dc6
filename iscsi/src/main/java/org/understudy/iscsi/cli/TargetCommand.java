package org.understudy.iscsi.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.device.FallocateHolePuncher;
import org.understudy.iscsi.device.HoleMap;
import org.understudy.iscsi.device.HolePuncher;
import org.understudy.iscsi.device.QemuImgHoleMap;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.target.IscsiTargetServer;
import org.understudy.iscsi.target.LunDefinition;
import org.understudy.iscsi.target.TargetDefinition;
import org.understudy.iscsi.target.TargetServerConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code iscsi target}: offers files as the logical units of one target until it is interrupted. */
@Command(
        name = "target",
        mixinStandardHelpOptions = true,
        description = "Offers files or block devices as LUNs 0, 1, ... of one target until interrupted.")
final class TargetCommand implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            required = true,
            description = "Address to listen on; with --tls-cert only TLS is spoken there.")
    private String listen = "";

    @Option(names = "--iqn", paramLabel = "IQN", required = true, description = "Name of the target.")
    private String iqn = "";

    @Option(
            names = "--lun",
            paramLabel = LunOption.FORM,
            required = true,
            description =
                    "A file or block device to offer; may be given several times. ro: write-protected; direct: past "
                            + "the page cache; zeroes: zeros that are written are punched out; removable: can be ejected; "
                            + "block: logical block size.")
    private List<String> luns = new ArrayList<>();

    @Option(names = "--chap", paramLabel = "USER:SECRET", description = "What initiators must prove to know.")
    private @Nullable String chap;

    @Option(names = "--mutual", paramLabel = "USER:SECRET", description = "What the target proves to initiators.")
    private @Nullable String mutual;

    @Option(names = "--allow", paramLabel = "IQN", description = "Initiator that may log in; default: any.")
    private Set<String> allowed = Set.of();

    @Option(
            names = "--principal",
            paramLabel = "NAME",
            description = "Common name of the certificate that alone may log in; default: any that --tls-ca signed.")
    private @Nullable String principal;

    @Mixin
    private TlsOptions tls = new TlsOptions();

    @Override
    public Integer call() throws Exception {
        Optional<SSLContext> context = tls.context();
        if (principal != null && context.isEmpty()) {
            throw new IllegalArgumentException("--principal needs --tls-cert, --tls-key and --tls-ca");
        }
        TargetServerConfig config = context.isPresent()
                ? TargetServerConfig.tls(Endpoint.parse(listen, Endpoint.DEFAULT_TLS_PORT), context.get())
                : TargetServerConfig.plain(Endpoint.parse(listen));
        TargetDefinition definition = definition();
        CountDownLatch interrupted = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            interrupted.countDown();
            awaitQuietly(closed);
        }));
        try (IscsiTargetServer server = IscsiTargetServer.start(config)) {
            server.add(definition);
            if (spec != null) {
                spec.commandLine()
                        .getOut()
                        .printf(
                                "target %s listens on port %d%s%n",
                                definition.iqn(),
                                context.isPresent() ? server.tlsPort() : server.plainPort(),
                                context.isPresent() ? " inside TLS" : "");
                spec.commandLine().getOut().flush();
            }
            interrupted.await();
        } finally {
            closed.countDown();
        }
        return 0;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private TargetDefinition definition() throws IOException {
        CommandRunner commands = new ProcessCommandRunner();
        HolePuncher puncher = new FallocateHolePuncher(commands);
        HoleMap holes = new QemuImgHoleMap(commands);
        List<LunDefinition> definitions = new ArrayList<>();
        for (int i = 0; i < luns.size(); i++) {
            LunOption option = LunOption.parse(luns.get(i));
            BlockDevice device = option.open(puncher, holes);
            definitions.add(new LunDefinition(i, device, serial(option, i), option.removable()));
        }
        return new TargetDefinition(
                iqn, definitions, credentials(chap), credentials(mutual), allowed, Optional.ofNullable(principal));
    }

    private static Optional<ChapCredentials> credentials(@Nullable String text) {
        return Optional.ofNullable(text).map(CredentialsOption::parse);
    }

    /** Stable for the same file at the same LUN of the same target. */
    private String serial(LunOption option, int lun) {
        String identity = iqn + " " + lun + " " + option.file().toAbsolutePath();
        return HexFormat.of()
                .toHexDigits(java.util
                        .UUID
                        .nameUUIDFromBytes(identity.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                        .getMostSignificantBits())
                .toUpperCase(java.util.Locale.ROOT);
    }
}
