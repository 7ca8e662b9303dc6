package org.understudy.agent.service;

import java.nio.file.Path;
import org.understudy.agent.connection.ApplianceHttp;
import org.understudy.agent.connection.ServerAddress;
import org.understudy.agent.state.Identity;
import org.understudy.agent.state.SafeName;
import org.understudy.core.protocol.OwnHost;
import org.understudy.core.protocol.ProtocolCodec;

/**
 * Asks the appliance about this host, beside the agent's control connection and with the same certificate, so that the command line
 * needs nothing of the process that runs. Every refusal and every lost connection is a
 * {@link org.understudy.core.problem.ProblemException}. Thread-safe.
 */
public final class OwnHostClient {

    private final ApplianceHttp http;

    /**
     * @param state the state directory that the identity is from, for explanations
     * @throws org.understudy.core.problem.ProblemException {@code AGENT_STATE_DAMAGED} if key or certificate cannot be used
     */
    public OwnHostClient(Path state, Identity identity) {
        http = new ApplianceHttp(ServerAddress.parse(identity.server()), Agent.tls(state, identity));
    }

    /** This host as the appliance sees it. */
    public OwnHost.Status status() {
        return ProtocolCodec.readDocument(http.get(OwnHost.PATH), OwnHost.Status.class);
    }

    /**
     * Asks for a run now.
     *
     * @throws org.understudy.core.problem.ProblemException {@code RUN_IN_PROGRESS}, {@code AGENT_OFFLINE}, {@code RUN_LIMIT_REACHED}
     */
    public OwnHost.Run start() {
        return ProtocolCodec.readDocument(http.post(OwnHost.RUNS, "{}"), OwnHost.Run.class);
    }

    /** How a run of this host stands. */
    public OwnHost.Run run(String id) {
        return ProtocolCodec.readDocument(http.get(OwnHost.RUNS + "/" + SafeName.of(id)), OwnHost.Run.class);
    }
}
