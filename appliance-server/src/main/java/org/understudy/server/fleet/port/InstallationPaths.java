package org.understudy.server.fleet.port;

/** Addresses of what installs an agent: for anybody, on both ports. */
public final class InstallationPaths {

    /** The script. */
    public static final String SCRIPT = "/agent";

    /** Below this are the packages. */
    public static final String PACKAGES = "/agent/packages/";

    private InstallationPaths() {}

    static boolean contains(String path) {
        return path.equals(SCRIPT) || path.startsWith(PACKAGES);
    }
}
