package org.understudy.server.fleet.port;

import java.time.Duration;
import org.apache.catalina.connector.Connector;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;
import org.springframework.stereotype.Component;
import org.understudy.server.fleet.FleetSettings;
import org.understudy.server.identity.ApplianceIdentity;

/**
 * The agents' port: a connector of its own in the one web server, TLS 1.3 with a client certificate that is optional for the
 * handshake (enrolment has none yet) and, if sent, must be of this appliance.
 */
@Component
public class AgentConnector {

    private static final Duration READ_LIMIT = Duration.ofSeconds(20);
    private static final Duration IDLE_LIMIT = Duration.ofSeconds(30);
    private static final int MOST_CONNECTIONS = 2048;
    private static final int MOST_THREADS = 100;
    private static final int LARGEST_HEADER = 16 * 1024;

    private final Connector connector;

    public AgentConnector(FleetSettings settings, ApplianceIdentity identity, Refusals refusals) {
        Http11NioProtocol protocol = new Http11NioProtocol(HandshakePeer.endpoint());
        protocol.setSSLEnabled(true);
        protocol.setConnectionTimeout((int) READ_LIMIT.toMillis());
        protocol.setKeepAliveTimeout((int) IDLE_LIMIT.toMillis());
        protocol.setMaxConnections(MOST_CONNECTIONS);
        protocol.setMaxThreads(MOST_THREADS);
        protocol.setMaxHttpRequestHeaderSize(LARGEST_HEADER);
        protocol.setServer("Understudy");
        protocol.addSslHostConfig(tls(AgentTls.of(identity, refusals)));
        connector = new Connector(protocol);
        connector.setPort(settings.port());
        connector.setProperty("address", settings.listen());
        connector.setScheme("https");
        connector.setSecure(true);
    }

    private static SSLHostConfig tls(AgentTls context) {
        SSLHostConfig config = new SSLHostConfig();
        config.setProtocols("TLSv1.3");
        config.setCertificateVerification("optional");
        SSLHostConfigCertificate certificate =
                new SSLHostConfigCertificate(config, SSLHostConfigCertificate.DEFAULT_TYPE);
        certificate.setSslContext(context);
        config.addCertificate(certificate);
        return config;
    }

    Connector connector() {
        return connector;
    }

    /** The real port once it is bound, else what was asked for. */
    int port() {
        int bound = connector.getLocalPort();
        return bound > 0 ? bound : connector.getPort();
    }
}
