package org.understudy.iscsi.target;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.negotiation.IscsiName;

/**
 * A target and who may use it.
 *
 * @param iqn target name; normalised to lower case
 * @param luns logical units, numbers distinct
 * @param chap what an initiator must prove to know; without it, login needs no secret
 * @param mutualChap what the target proves to an initiator that asks; needs {@code chap} and another secret
 * @param allowedInitiators initiator names that may log in; empty = any
 * @param requiredPrincipal subject CN of the TLS peer certificate that alone may log in; then plain connections are refused
 * @param allowedAddresses literal peer IP addresses that may log in; empty = any
 * @param exportLimits bandwidth and command rate of all sessions together
 */
public record TargetDefinition(
        String iqn,
        List<LunDefinition> luns,
        Optional<ChapCredentials> chap,
        Optional<ChapCredentials> mutualChap,
        Set<String> allowedInitiators,
        Optional<String> requiredPrincipal,
        Set<String> allowedAddresses,
        ExportLimits exportLimits) {

    public TargetDefinition {
        iqn = IscsiName.of(iqn).value();
        luns = List.copyOf(luns);
        Set<Integer> numbers = new HashSet<>();
        for (LunDefinition lun : luns) {
            if (!numbers.add(lun.lun())) {
                throw new IllegalArgumentException("LUN " + lun.lun() + " is defined twice");
            }
        }
        if (mutualChap.isPresent()) {
            String back = mutualChap.get().secret();
            if (chap.isEmpty() || chap.get().secret().equals(back)) {
                throw new IllegalArgumentException("mutual CHAP needs one-way CHAP with a different secret");
            }
        }
        Set<String> names = new HashSet<>();
        for (String name : allowedInitiators) {
            names.add(IscsiName.of(name).value());
        }
        allowedInitiators = Set.copyOf(names);
        allowedAddresses = Set.copyOf(allowedAddresses);
    }

    public TargetDefinition(
            String iqn,
            List<LunDefinition> luns,
            Optional<ChapCredentials> chap,
            Optional<ChapCredentials> mutualChap,
            Set<String> allowedInitiators,
            Optional<String> requiredPrincipal) {
        this(iqn, luns, chap, mutualChap, allowedInitiators, requiredPrincipal, Set.of(), ExportLimits.UNLIMITED);
    }

    /** A target that anybody may use, for tests and trusted networks. */
    public static TargetDefinition open(String iqn, LunDefinition... luns) {
        return new TargetDefinition(iqn, List.of(luns), Optional.empty(), Optional.empty(), Set.of(), Optional.empty());
    }

    public TargetDefinition withChap(ChapCredentials credentials) {
        return new TargetDefinition(
                iqn,
                luns,
                Optional.of(credentials),
                mutualChap,
                allowedInitiators,
                requiredPrincipal,
                allowedAddresses,
                exportLimits);
    }

    public TargetDefinition withMutualChap(ChapCredentials credentials) {
        return new TargetDefinition(
                iqn,
                luns,
                chap,
                Optional.of(credentials),
                allowedInitiators,
                requiredPrincipal,
                allowedAddresses,
                exportLimits);
    }

    public TargetDefinition withAllowedInitiators(Set<String> names) {
        return new TargetDefinition(
                iqn, luns, chap, mutualChap, names, requiredPrincipal, allowedAddresses, exportLimits);
    }

    public TargetDefinition withAllowedAddresses(Set<String> addresses) {
        return new TargetDefinition(
                iqn, luns, chap, mutualChap, allowedInitiators, requiredPrincipal, addresses, exportLimits);
    }

    public TargetDefinition withRequiredPrincipal(String commonName) {
        return new TargetDefinition(
                iqn,
                luns,
                chap,
                mutualChap,
                allowedInitiators,
                Optional.of(commonName),
                allowedAddresses,
                exportLimits);
    }

    public TargetDefinition withExportLimits(ExportLimits limits) {
        return new TargetDefinition(
                iqn, luns, chap, mutualChap, allowedInitiators, requiredPrincipal, allowedAddresses, limits);
    }
}
