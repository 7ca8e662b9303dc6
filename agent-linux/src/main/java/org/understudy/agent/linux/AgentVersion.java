package org.understudy.agent.linux;

import picocli.CommandLine;

/** Version of this agent: of the package that it was installed from, or else from the manifest of its jar. */
final class AgentVersion implements CommandLine.IVersionProvider {

    /** Set by the package. */
    private static final String PACKAGE = "understudy.agent.version";

    static String current() {
        String installed = System.getProperty(PACKAGE);
        if (installed != null && !installed.isBlank()) {
            return installed;
        }
        String version = AgentVersion.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {"understudy-agent " + current()};
    }
}
