package org.understudy.server.fleet.hosts;

import jakarta.persistence.CollectionTable;
import jakarta.persistence.Column;
import jakarta.persistence.ElementCollection;
import jakarta.persistence.Embeddable;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.OrderBy;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A row of {@code fleet_host} with its disks. */
@Entity
@Table(name = "fleet_host")
class HostRow {

    @Id
    UUID id;

    @Version
    @Nullable
    Integer version;

    String name;

    @Nullable
    String machineId;

    @Nullable
    UUID policyId;

    /** {@code HostFacts} as JSON of the agent protocol. */
    @Nullable
    String facts;

    String agentVersion;

    Instant enrolledAt;

    @Nullable
    Instant lastSeen;

    @Nullable
    String certificateSerial;

    boolean retired;

    boolean disksChosen;

    @ElementCollection(fetch = FetchType.EAGER)
    @CollectionTable(name = "fleet_disk", joinColumns = @JoinColumn(name = "host_id"))
    @OrderBy("number")
    List<Disk> disks = new ArrayList<>();

    @SuppressWarnings("NullAway.Init") // filled by JPA
    protected HostRow() {}

    HostRow(UUID id, String name, Instant enrolledAt) {
        this.id = id;
        this.name = name;
        this.agentVersion = "";
        this.enrolledAt = enrolledAt;
    }

    /** A row of {@code fleet_disk}. */
    @Embeddable
    static class Disk {

        int number;

        @Column(name = "disk_key")
        String key;

        boolean selected;

        @SuppressWarnings("NullAway.Init") // filled by JPA
        protected Disk() {}

        Disk(int number, String key, boolean selected) {
            this.number = number;
            this.key = key;
            this.selected = selected;
        }
    }
}
