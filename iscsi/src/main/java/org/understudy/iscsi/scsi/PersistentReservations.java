package org.understudy.iscsi.scsi;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Registrations and the persistent reservation of one unit (SPC-4 section 5.13). They outlive sessions and resets, and end with
 * the export: nothing is kept through power loss. Thread-safe.
 */
final class PersistentReservations {

    static final int WRITE_EXCLUSIVE = 1;
    static final int EXCLUSIVE_ACCESS = 3;
    static final int WRITE_EXCLUSIVE_REGISTRANTS = 5;
    static final int EXCLUSIVE_ACCESS_REGISTRANTS = 6;
    static final int WRITE_EXCLUSIVE_ALL = 7;
    static final int EXCLUSIVE_ACCESS_ALL = 8;

    private static final int MAX_REGISTRATIONS = 256;

    private final UnitAttentions attentions;
    private final Map<Nexus, Long> registrations = new LinkedHashMap<>();
    private int generation;
    private int type;
    private @Nullable Nexus holder;

    PersistentReservations(UnitAttentions attentions) {
        this.attentions = attentions;
    }

    /** Registrations and reservation at one instant. */
    record Snapshot(
            int generation,
            Map<Nexus, Long> registrations,
            int type,
            @Nullable Nexus holder) {
        boolean isHolder(Nexus nexus) {
            return type != 0 && (isAllRegistrants(type) || nexus.equals(holder));
        }

        /** Key of the reservation: that of the holder, zero with all registrants. */
        long reservationKey() {
            return isAllRegistrants(type) || holder == null ? 0 : registrations.getOrDefault(holder, 0L);
        }
    }

    static boolean isValidType(int type) {
        return switch (type) {
            case WRITE_EXCLUSIVE,
                    EXCLUSIVE_ACCESS,
                    WRITE_EXCLUSIVE_REGISTRANTS,
                    EXCLUSIVE_ACCESS_REGISTRANTS,
                    WRITE_EXCLUSIVE_ALL,
                    EXCLUSIVE_ACCESS_ALL -> true;
            default -> false;
        };
    }

    static boolean isAllRegistrants(int type) {
        return type == WRITE_EXCLUSIVE_ALL || type == EXCLUSIVE_ACCESS_ALL;
    }

    private static boolean isRegistrantsType(int type) {
        return type >= WRITE_EXCLUSIVE_REGISTRANTS;
    }

    private static boolean isWriteExclusive(int type) {
        return type == WRITE_EXCLUSIVE || type == WRITE_EXCLUSIVE_REGISTRANTS || type == WRITE_EXCLUSIVE_ALL;
    }

    synchronized Snapshot snapshot() {
        return new Snapshot(generation, new LinkedHashMap<>(registrations), type, holder);
    }

    synchronized boolean hasRegistrations() {
        return !registrations.isEmpty();
    }

    synchronized boolean allows(Nexus nexus, Access access) {
        if (type == 0 || access == Access.FREE || access == Access.SELF_CHECKING) {
            return true;
        }
        if (nexus.equals(holder) || isRegistrantsType(type) && registrations.containsKey(nexus)) {
            return true;
        }
        return access == Access.READ && isWriteExclusive(type);
    }

    /**
     * REGISTER, and REGISTER AND IGNORE EXISTING KEY.
     *
     * @param oldKey what the nexus believes to be registered; not looked at with {@code ignoreOldKey}
     * @param newKey zero unregisters
     */
    synchronized void register(Nexus nexus, long oldKey, long newKey, boolean ignoreOldKey) throws CheckCondition {
        Long current = registrations.get(nexus);
        if (!ignoreOldKey && (current == null ? 0 : current) != oldKey) {
            throw CheckCondition.reservationConflict();
        }
        if (newKey != 0) {
            if (current == null && registrations.size() >= MAX_REGISTRATIONS) {
                throw CheckCondition.illegal(SenseCode.INSUFFICIENT_REGISTRATION_RESOURCES);
            }
            registrations.put(nexus, newKey);
        } else if (current != null) {
            unregister(nexus);
        }
        generation++;
    }

    private void unregister(Nexus nexus) {
        registrations.remove(nexus);
        boolean lastOfAll = isAllRegistrants(type) && registrations.isEmpty();
        if (nexus.equals(holder) || lastOfAll) {
            boolean tell = isRegistrantsType(type) && !isAllRegistrants(type);
            endReservation();
            if (tell) {
                attentions.raise(SenseCode.RESERVATIONS_RELEASED, registrations::containsKey);
            }
        }
    }

    private void endReservation() {
        type = 0;
        holder = null;
    }

    private void checkKey(Nexus nexus, long key) throws CheckCondition {
        Long current = registrations.get(nexus);
        if (current == null || current != key) {
            throw CheckCondition.reservationConflict();
        }
    }

    synchronized void reserve(Nexus nexus, long key, int newType) throws CheckCondition {
        checkKey(nexus, key);
        if (type != 0) {
            boolean holds = isAllRegistrants(type) || nexus.equals(holder);
            if (!holds || type != newType) {
                throw CheckCondition.reservationConflict();
            }
            return;
        }
        type = newType;
        holder = isAllRegistrants(newType) ? null : nexus;
    }

    synchronized void release(Nexus nexus, long key, int releasedType) throws CheckCondition {
        checkKey(nexus, key);
        if (type == 0 || !isAllRegistrants(type) && !nexus.equals(holder)) {
            return;
        }
        if (type != releasedType) {
            throw CheckCondition.illegal(SenseCode.INVALID_RELEASE);
        }
        boolean tell = isRegistrantsType(type);
        endReservation();
        if (tell) {
            attentions.raise(
                    SenseCode.RESERVATIONS_RELEASED, other -> !other.equals(nexus) && registrations.containsKey(other));
        }
    }

    synchronized void clear(Nexus nexus, long key) throws CheckCondition {
        checkKey(nexus, key);
        Predicate<Nexus> others = other -> !other.equals(nexus) && registrations.containsKey(other);
        attentions.raise(SenseCode.RESERVATIONS_PREEMPTED, others);
        registrations.clear();
        endReservation();
        generation++;
    }

    /**
     * PREEMPT.
     *
     * @return the nexuses that lost their registration, for PREEMPT AND ABORT
     */
    synchronized List<Nexus> preempt(Nexus nexus, long key, long victimKey, int newType) throws CheckCondition {
        checkKey(nexus, key);
        long reservedKey = snapshot().reservationKey();
        boolean takesReservation;
        if (type == 0) {
            takesReservation = false;
        } else if (isAllRegistrants(type)) {
            takesReservation = victimKey == 0;
        } else {
            if (victimKey == 0) {
                throw CheckCondition.illegal(SenseCode.INVALID_FIELD_IN_PARAMETER_LIST);
            }
            takesReservation = victimKey == reservedKey;
        }
        boolean everybody = isAllRegistrants(type) && victimKey == 0;
        List<Nexus> victims = new ArrayList<>();
        for (Map.Entry<Nexus, Long> entry : registrations.entrySet()) {
            boolean named = everybody || entry.getValue() == victimKey;
            if (named && !(entry.getKey().equals(nexus) && (everybody || takesReservation))) {
                victims.add(entry.getKey());
            }
        }
        if (victims.isEmpty() && !takesReservation) {
            throw CheckCondition.reservationConflict();
        }
        victims.forEach(registrations::remove);
        attentions.raise(SenseCode.REGISTRATIONS_PREEMPTED, other -> victims.contains(other) && !other.equals(nexus));
        if (takesReservation) {
            if (type != newType) {
                attentions.raise(
                        SenseCode.RESERVATIONS_RELEASED,
                        other -> !other.equals(nexus) && registrations.containsKey(other));
            }
            type = newType;
            holder = isAllRegistrants(newType) ? null : nexus;
        }
        generation++;
        return victims;
    }
}
