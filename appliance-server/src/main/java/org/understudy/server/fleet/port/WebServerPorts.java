package org.understudy.server.fleet.port;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.understudy.server.identity.ApplianceIdentity;
import org.understudy.server.kernel.Listener;
import org.understudy.server.kernel.ListeningPorts;
import org.understudy.server.kernel.WebSettings;

/** Gives the web server its two ports: people's over TLS with the appliance's certificate, and the agents'. */
@Component
public class WebServerPorts implements WebServerFactoryCustomizer<TomcatServletWebServerFactory> {

    private final WebSettings web;
    private final ApplianceIdentity identity;
    private final AgentConnector agents;
    private final ListeningPorts ports;

    public WebServerPorts(WebSettings web, ApplianceIdentity identity, AgentConnector agents, ListeningPorts ports) {
        this.web = web;
        this.identity = identity;
        this.agents = agents;
        this.ports = ports;
    }

    @Override
    public void customize(TomcatServletWebServerFactory factory) {
        factory.setPort(web.port());
        try {
            factory.setAddress(InetAddress.getByName(web.listen()));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("the setting was checked before", e);
        }
        Ssl ssl = new Ssl();
        ssl.setKeyStore(identity.serverKeyStore().toUri().toString());
        ssl.setKeyStoreType("PKCS12");
        ssl.setKeyStorePassword(identity.storePassword());
        ssl.setEnabledProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        ssl.setClientAuth(Ssl.ClientAuth.NONE);
        factory.setSsl(ssl);
        factory.setServerHeader("Understudy");
        factory.addAdditionalConnectors(agents.connector());
    }

    @EventListener
    void onListening(WebServerInitializedEvent event) {
        // A management server of its own would be a second one; the ports are those of the main server.
        if (event.getApplicationContext().getServerNamespace() == null) {
            ports.announce(Listener.CONSOLE, event.getWebServer().getPort());
            ports.announce(Listener.AGENT, agents.port());
        }
    }
}
