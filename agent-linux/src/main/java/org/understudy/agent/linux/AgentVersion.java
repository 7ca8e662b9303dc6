package org.understudy.agent.linux;

import picocli.CommandLine;

/** Version of this agent, from the manifest of its jar. */
final class AgentVersion implements CommandLine.IVersionProvider {

    static String current() {
        String version = AgentVersion.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {"understudy-agent " + current()};
    }
}
