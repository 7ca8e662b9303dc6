package org.understudy.server.exports.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.iscsi.device.FileBlockDevice;
import org.understudy.iscsi.device.HolePuncher;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.target.IscsiTargetServer;
import org.understudy.iscsi.target.Limits;
import org.understudy.iscsi.target.LoginListener;
import org.understudy.iscsi.target.LunDefinition;
import org.understudy.iscsi.target.TargetDefinition;
import org.understudy.iscsi.target.TargetServerConfig;
import org.understudy.iscsi.target.TargetStatus;
import org.understudy.server.exports.ActiveExport;
import org.understudy.server.exports.BlockExport;
import org.understudy.server.exports.BlockExporter;
import org.understudy.server.exports.ExportSettings;

/**
 * {@link BlockExporter} on the target server in this process. What is exported is known here, how many sessions there are is
 * known by the server. Starting and ending exports is serialised by one lock.
 */
final class EmbeddedBlockExporter implements BlockExporter, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedBlockExporter.class);
    private static final int BLOCK_SIZE = 512;

    private final IscsiTargetServer server;
    private final boolean plain;
    private final int publicPort;
    private final HolePuncher holePuncher = new FileHolePuncher();
    private final Map<String, Exported> exports = new TreeMap<>();

    private record Exported(BlockExport export, List<WatchedDevice> devices) {}

    private EmbeddedBlockExporter(IscsiTargetServer server, boolean plain, int publicPort) {
        this.server = server;
        this.plain = plain;
        this.publicPort = publicPort;
    }

    /** The port of the agents' listener. */
    int tlsPort() {
        return server.tlsPort();
    }

    /**
     * Binds the ports.
     *
     * @param tls own certificate and the authority of agents
     * @param refusals hears of log-ins that were refused
     * @throws ProblemException {@code INVALID_SETTING} if an address or port cannot be used
     */
    static EmbeddedBlockExporter start(ExportSettings settings, SSLContext tls, LoginListener refusals) {
        Limits limits =
                Limits.defaults().withMaxConnections(settings.maxConnections(), settings.maxConnectionsPerAddress());
        TargetServerConfig config = new TargetServerConfig(
                settings.plainAddress().orElse(null), settings.tlsAddress(), tls, limits, refusals);
        try {
            IscsiTargetServer server = IscsiTargetServer.start(config);
            log.info("iSCSI target for agents on {}, port {}", settings.listen(), server.tlsPort());
            return new EmbeddedBlockExporter(server, settings.plainAddress().isPresent(), settings.publicPort());
        } catch (IOException e) {
            throw Problem.of(
                            ProblemCode.INVALID_SETTING,
                            "setting",
                            "understudy.exports.listen or a port of understudy.exports",
                            "reason",
                            settings.tlsAddress()
                                    + settings.plainAddress()
                                            .map(address -> " or " + address)
                                            .orElse("") + " cannot be used (" + e.getMessage() + ")",
                            "expected",
                            "Write an address of this machine and ports that nothing else uses, or 0 for any free port.")
                    .asException(e);
        }
    }

    @Override
    public synchronized ActiveExport export(BlockExport export) {
        String iqn = canonical(export.iqn());
        Exported present = exports.get(iqn);
        if (present == null) {
            begin(iqn, export);
        } else if (!present.export().equals(export)) {
            throw Problem.of(ProblemCode.CONFLICT, "reason", iqn + " is exported with other contents")
                    .asException();
        }
        return active().stream()
                .filter(active -> active.iqn().equals(iqn))
                .findFirst()
                .orElseThrow(() -> Problem.of(ProblemCode.INTERNAL)
                        .withDetails("target server lost " + iqn)
                        .asException());
    }

    private void begin(String iqn, BlockExport export) {
        if (export.onlyHost().isEmpty() && !plain) {
            throw Problem.of(
                            ProblemCode.CAPABILITY_MISSING, "capability", "plain iSCSI (understudy.exports.plain-port)")
                    .asException();
        }
        List<WatchedDevice> devices = new ArrayList<>();
        try {
            List<LunDefinition> luns = new ArrayList<>();
            for (BlockExport.Lun lun : export.luns()) {
                WatchedDevice device = open(lun);
                devices.add(device);
                luns.add(new LunDefinition(luns.size(), device, lun.serial()));
            }
            TargetDefinition target = TargetDefinition.open(iqn, luns.toArray(LunDefinition[]::new))
                    .withChap(new ChapCredentials(export.chapUser(), export.chapSecret()));
            server.add(export.onlyHost()
                    .map(host -> target.withRequiredPrincipal(host.toString()))
                    .orElse(target));
        } catch (RuntimeException e) {
            devices.forEach(EmbeddedBlockExporter::closeQuietly);
            throw e;
        }
        exports.put(iqn, new Exported(export, List.copyOf(devices)));
        log.info("exported {}", export);
    }

    private WatchedDevice open(BlockExport.Lun lun) {
        if (!Files.exists(lun.device())) {
            throw Problem.of(
                            ProblemCode.VOLUME_NOT_FOUND, "volume", lun.device().toString())
                    .asException();
        }
        try {
            return new WatchedDevice(
                    FileBlockDevice.open(lun.device(), lun.readOnly(), BLOCK_SIZE, holePuncher), lun.device());
        } catch (IOException e) {
            throw Problem.of(ProblemCode.POOL_UNAVAILABLE, "reason", lun.device() + " cannot be opened")
                    .asException(e);
        }
    }

    private static void closeQuietly(WatchedDevice device) {
        try {
            device.close();
        } catch (IOException e) {
            log.debug("a device that was never exported did not close: {}", e.toString());
        }
    }

    @Override
    public synchronized void release(String iqn) {
        String name = canonical(iqn);
        Exported ended = exports.remove(name);
        if (ended != null) {
            server.remove(name);
            log.info("released {}", name);
        }
    }

    @Override
    public synchronized List<ActiveExport> active() {
        int port = publicPort == 0 ? server.tlsPort() : publicPort;
        List<ActiveExport> active = new ArrayList<>();
        for (TargetStatus status : server.targets()) {
            active.add(new ActiveExport(
                    status.iqn(), port, status.sessions().size(), status.bytesWritten(), status.bytesRead()));
        }
        return List.copyOf(active);
    }

    @Override
    public synchronized Optional<Problem> failure(String iqn) {
        return Optional.ofNullable(exports.get(canonical(iqn))).stream()
                .flatMap(exported -> exported.devices().stream())
                .flatMap(device -> device.failure().stream())
                .findFirst();
    }

    /** iSCSI names are compared in lower case. Source: RFC 3722. */
    private static String canonical(String iqn) {
        return iqn.toLowerCase(Locale.ROOT);
    }

    /** Port of plain exports, for tests and for the console. */
    int plainPort() {
        return server.plainPort();
    }

    /** Ends all exports: sessions are told, devices flushed and closed. */
    @Override
    public synchronized void close() {
        server.close();
        exports.clear();
    }
}
