package org.understudy.privileges.protocol;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Map;
import org.understudy.privileges.name.CloneId;
import org.understudy.privileges.name.HostId;
import org.understudy.privileges.name.Identity;
import org.understudy.privileges.name.PointId;
import org.understudy.privileges.name.PointProperties;
import org.understudy.privileges.name.Tag;

/**
 * The fixed list of verbs. Every field has a type that holds nothing but what the verb may be given; no field is a path, a name
 * of a dataset, or an option. All verbs are idempotent: repeating one that succeeded changes nothing and succeeds.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "verb")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Request.CreateHost.class, name = "create-host"),
    @JsonSubTypes.Type(value = Request.CreateGeneration.class, name = "create-generation"),
    @JsonSubTypes.Type(value = Request.CreateVolume.class, name = "create-volume"),
    @JsonSubTypes.Type(value = Request.GrowVolume.class, name = "grow-volume"),
    @JsonSubTypes.Type(value = Request.TakePoint.class, name = "take-point"),
    @JsonSubTypes.Type(value = Request.FindPoint.class, name = "find-point"),
    @JsonSubTypes.Type(value = Request.KeepPoint.class, name = "keep-point"),
    @JsonSubTypes.Type(value = Request.HoldPoint.class, name = "hold-point"),
    @JsonSubTypes.Type(value = Request.ReleasePoint.class, name = "release-point"),
    @JsonSubTypes.Type(value = Request.SetProperty.class, name = "set-property"),
    @JsonSubTypes.Type(value = Request.RemoveProperty.class, name = "remove-property"),
    @JsonSubTypes.Type(value = Request.ForkGeneration.class, name = "fork-generation"),
    @JsonSubTypes.Type(value = Request.SelectHead.class, name = "select-head"),
    @JsonSubTypes.Type(value = Request.ClonePoint.class, name = "clone-point"),
    @JsonSubTypes.Type(value = Request.DestroyPoint.class, name = "destroy-point"),
    @JsonSubTypes.Type(value = Request.DestroyGeneration.class, name = "destroy-generation"),
    @JsonSubTypes.Type(value = Request.DestroyHost.class, name = "destroy-host"),
    @JsonSubTypes.Type(value = Request.DestroyClone.class, name = "destroy-clone"),
    @JsonSubTypes.Type(value = Request.ReadStatus.class, name = "read-status"),
    @JsonSubTypes.Type(value = Request.ConfirmClock.class, name = "confirm-clock")
})
public sealed interface Request {

    /** A verb on the storage of one host or clone. */
    sealed interface Storage extends Request {}

    /** A verb that names one recovery point. */
    sealed interface OfPoint extends Storage {

        HostId host();

        int generation();

        PointId point();
    }

    /** Makes the place of a host in the pool. */
    record CreateHost(HostId host) implements Storage {}

    /** Makes an empty generation, a head without volumes. */
    record CreateGeneration(HostId host, int generation) implements Storage {
        public CreateGeneration {
            Ranges.generation(generation);
        }
    }

    /**
     * Makes a sparse volume of zeros.
     *
     * @param bytes size, a multiple of the block size
     * @param blockBytes block size for ever
     */
    record CreateVolume(HostId host, int generation, int disk, long bytes, int blockBytes) implements Storage {
        public CreateVolume {
            Ranges.generation(generation);
            Ranges.disk(disk);
            Ranges.volume(bytes, blockBytes);
        }
    }

    /** Makes a volume larger; never smaller. */
    record GrowVolume(HostId host, int generation, int disk, long bytes) implements Storage {
        public GrowVolume {
            Ranges.generation(generation);
            Ranges.disk(disk);
            Ranges.volume(bytes, 4096);
        }
    }

    /**
     * Snapshots the generation and its volumes in one transaction.
     *
     * @param keepUntilSeconds nobody destroys the point before this time, in seconds since 1970; 0 for no lock
     */
    record TakePoint(HostId host, int generation, PointId point, Map<String, String> properties, long keepUntilSeconds)
            implements OfPoint {
        public TakePoint {
            Ranges.generation(generation);
            Ranges.seconds(keepUntilSeconds);
            properties = new PointProperties(properties).values();
        }
    }

    /** Asks for a point; changes nothing. */
    record FindPoint(HostId host, int generation, PointId point) implements OfPoint {
        public FindPoint {
            Ranges.generation(generation);
        }
    }

    /** Locks a point, or prolongs its lock. An earlier date than the present one is refused. */
    record KeepPoint(HostId host, int generation, PointId point, Identity identity, long keepUntilSeconds)
            implements OfPoint {
        public KeepPoint {
            Ranges.generation(generation);
            Ranges.seconds(keepUntilSeconds);
        }
    }

    record HoldPoint(HostId host, int generation, PointId point, Tag tag) implements OfPoint {
        public HoldPoint {
            Ranges.generation(generation);
        }
    }

    /** Releases a hold of {@link HoldPoint}; the daemon's own holds are not within reach. */
    record ReleasePoint(HostId host, int generation, PointId point, Tag tag) implements OfPoint {
        public ReleasePoint {
            Ranges.generation(generation);
        }
    }

    record SetProperty(HostId host, int generation, PointId point, String key, String value) implements OfPoint {
        public SetProperty {
            Ranges.generation(generation);
            new PointProperties(Map.of(key, value));
        }
    }

    record RemoveProperty(HostId host, int generation, PointId point, String key) implements OfPoint {
        public RemoveProperty {
            Ranges.generation(generation);
            PointProperties.requireKey(key);
        }
    }

    /** Rolls a host back without destroying later points: the point's datasets are cloned into the new generation. */
    record ForkGeneration(HostId host, int generation, PointId point, int newGeneration) implements OfPoint {
        public ForkGeneration {
            Ranges.generation(generation);
            Ranges.generation(newGeneration);
        }
    }

    /** Makes a generation the one that runs write to. */
    record SelectHead(HostId host, int generation) implements Storage {
        public SelectHead {
            Ranges.generation(generation);
        }
    }

    /** Clones a point for a takeover, a drill or a restore. */
    record ClonePoint(HostId host, int generation, PointId point, CloneId cloneId) implements OfPoint {
        public ClonePoint {
            Ranges.generation(generation);
        }
    }

    /** Destroys a point that is not held, not locked, and not the origin of a clone. */
    record DestroyPoint(HostId host, int generation, PointId point, Identity identity) implements OfPoint {
        public DestroyPoint {
            Ranges.generation(generation);
        }
    }

    /** Destroys a generation without points. */
    record DestroyGeneration(HostId host, int generation, Identity identity) implements Storage {
        public DestroyGeneration {
            Ranges.generation(generation);
        }
    }

    /** Destroys the place of a host without generations. */
    record DestroyHost(HostId host, Identity identity) implements Storage {}

    record DestroyClone(CloneId cloneId, Identity identity) implements Storage {}

    /** Asks how the daemon is; changes nothing. */
    record ReadStatus() implements Request {}

    /**
     * A person at the box says that the clock is right. Taken on the console's socket only.
     *
     * @param wallSeconds the time that the person was shown, in seconds since 1970
     */
    record ConfirmClock(long wallSeconds) implements Request {
        public ConfirmClock {
            Ranges.seconds(wallSeconds);
        }
    }
}
