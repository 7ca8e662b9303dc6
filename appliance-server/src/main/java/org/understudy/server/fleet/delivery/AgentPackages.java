package org.understudy.server.fleet.delivery;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;
import org.understudy.core.digest.BlockDigest;
import org.understudy.server.fleet.FleetSettings;
import org.understudy.server.kernel.DataDirectory;

/** The packages that this appliance gives to hosts: the newest of each kind in a directory that is looked at anew each time. Thread-safe. */
@Component
public class AgentPackages {

    private static final String USUAL = "agent-packages";

    private final Path directory;
    private final Map<Path, Known> known = new ConcurrentHashMap<>();

    public AgentPackages(FleetSettings settings, DataDirectory data) {
        directory = settings.agentPackages().isEmpty() ? data.resolve(USUAL) : Path.of(settings.agentPackages());
    }

    /** A digest, and of which state of the file. */
    private record Known(long size, Instant changed, String sha256) {}

    /**
     * A package with what proves it.
     *
     * @param sha256 hexadecimal
     */
    record Offer(AgentPackage what, long bytes, String sha256) {}

    /** The newest package of each format and architecture. */
    List<Offer> offers() {
        Map<String, AgentPackage> newest = new LinkedHashMap<>();
        found().stream()
                .sorted(Comparator.comparing(AgentPackage::version))
                .forEach(one -> newest.put(one.format() + " " + one.architecture(), one));
        List<Offer> offers = new ArrayList<>();
        for (AgentPackage one : newest.values()) {
            offer(one).ifPresent(offers::add);
        }
        return offers;
    }

    /** The newest version there is a package of. */
    public Optional<String> newestVersion() {
        return found().stream()
                .map(AgentPackage::version)
                .max(Comparator.naturalOrder())
                .map(PackageVersion::text);
    }

    /** The package file with exactly this name. */
    Optional<Path> file(String name) {
        return found().stream()
                .filter(one -> one.name().equals(name))
                .map(AgentPackage::file)
                .findFirst();
    }

    private List<AgentPackage> found() {
        List<AgentPackage> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                if (Files.isRegularFile(file)) {
                    AgentPackage.of(file).ifPresent(found::add);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException("the agent packages in " + directory + " cannot be listed", e);
        }
        found.sort(Comparator.comparing(AgentPackage::name));
        return found;
    }

    /** Empty if the file went away meanwhile. */
    private Optional<Offer> offer(AgentPackage one) {
        Path file = one.file();
        try {
            long size = Files.size(file);
            Instant changed = Files.getLastModifiedTime(file).toInstant();
            Known before = known.get(file);
            if (before == null || before.size() != size || !before.changed().equals(changed)) {
                before = new Known(size, changed, sha256(file));
                known.put(file, before);
            }
            return Optional.of(new Offer(one, size, before.sha256()));
        } catch (NoSuchFileException e) {
            known.remove(file);
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException("the agent package " + file + " cannot be read", e);
        }
    }

    private static String sha256(Path file) throws IOException {
        MessageDigest digest = BlockDigest.sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(java.io.OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
