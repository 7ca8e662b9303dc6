package org.understudy.server.hypervisor.libvirt;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import org.understudy.server.hypervisor.VirtualMachine.Network;

/**
 * How the networks of machines are called in libvirt.
 *
 * @param bridge what production cards are plugged into; empty: the network {@link #PRODUCTION}
 */
record NetworkNames(Optional<String> bridge) {

    static final String PRODUCTION = "us-production";
    private static final String ISOLATED = "us-net-";

    /** What a card is plugged into. */
    sealed interface Source {

        /** Something that libvirt knows. @param type {@code network} or {@code bridge} */
        record Libvirt(String type, String name) implements Source {}

        /** A drill's network, which libvirt does not know: see {@link DrillNetworks}. */
        record Drill(String network) implements Source {}
    }

    Source source(Network network) {
        return switch (network) {
            case Network.Isolated isolated -> new Source.Drill(isolated(isolated.id()));
            case Network.Production ignored ->
                bridge.<Source>map(name -> new Source.Libvirt("bridge", name))
                        .orElse(new Source.Libvirt("network", PRODUCTION));
        };
    }

    /** Whether a libvirt network of this name was made by us; earlier versions also made those of drills. */
    static boolean ours(String network) {
        return network.equals(PRODUCTION) || network.startsWith(ISOLATED);
    }

    /** Any text may be an id; what libvirt could not take as a name is replaced by its digest. */
    static String isolated(String id) {
        return ISOLATED + (id.matches("[a-z0-9-]{1,40}") ? id : digest(id));
    }

    /** Interface names have at most 15 characters, so the bridge is named by a digest. */
    static String bridgeOf(String network) {
        return "usn" + digest(network).substring(0, 10);
    }

    static String digest(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash).substring(0, 32);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
