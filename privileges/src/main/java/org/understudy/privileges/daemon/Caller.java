package org.understudy.privileges.daemon;

/**
 * Who is at the other end of a connection, as the kernel says.
 *
 * @param user name of the user, or its number if it has no name
 */
record Caller(Role role, String user) {

    /** What a socket is for. */
    enum Role {
        /** The control server: all verbs but {@code confirm-clock}. */
        SERVER,
        /** A person at the box, as root: {@code read-status} and {@code confirm-clock}. */
        CONSOLE
    }

    @Override
    public String toString() {
        return role.name().toLowerCase(java.util.Locale.ROOT) + ":" + user;
    }
}
