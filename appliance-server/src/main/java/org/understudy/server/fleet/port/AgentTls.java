package org.understudy.server.fleet.port;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509KeyManager;
import org.jspecify.annotations.Nullable;
import org.understudy.server.identity.ApplianceIdentity;

/** TLS of the agent port as Tomcat wants it: the appliance's key, and {@link AgentTrust} for clients. */
final class AgentTls implements org.apache.tomcat.util.net.SSLContext {

    private final SSLContext context;
    private final X509KeyManager keys;

    private AgentTls(SSLContext context, X509KeyManager keys) {
        this.context = context;
        this.keys = keys;
    }

    static AgentTls of(ApplianceIdentity identity, Refusals refusals) {
        char[] password = identity.storePassword().toCharArray();
        try {
            KeyManagerFactory keyFactory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keyFactory.init(load(identity.serverKeyStore(), password), password);
            TrustManagerFactory trustFactory =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trustFactory.init(load(identity.trustStore(), password));
            AgentTrust trust =
                    new AgentTrust(only(X509ExtendedTrustManager.class, trustFactory.getTrustManagers()), refusals);
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(keyFactory.getKeyManagers(), new TrustManager[] {trust}, new SecureRandom());
            return new AgentTls(context, only(X509KeyManager.class, keyFactory.getKeyManagers()));
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("the appliance's key stores cannot be read", e);
        }
    }

    private static KeyStore load(Path file, char[] password) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, password);
        }
        return store;
    }

    private static <T> T only(Class<T> type, Object[] candidates) {
        for (Object candidate : candidates) {
            if (type.isInstance(candidate)) {
                return type.cast(candidate);
            }
        }
        throw new IllegalStateException("no " + type.getSimpleName());
    }

    @Override
    public void init(
            KeyManager @Nullable [] keyManagers,
            TrustManager @Nullable [] trustManagers,
            @Nullable SecureRandom random) {
        throw new UnsupportedOperationException("it is ready as it is");
    }

    @Override
    public void destroy() {
        // Nothing is held.
    }

    @Override
    public SSLSessionContext getServerSessionContext() {
        return context.getServerSessionContext();
    }

    @Override
    public SSLEngine createSSLEngine() {
        return context.createSSLEngine();
    }

    @Override
    public SSLServerSocketFactory getServerSocketFactory() {
        return context.getServerSocketFactory();
    }

    @Override
    public SSLParameters getSupportedSSLParameters() {
        return context.getSupportedSSLParameters();
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        return keys.getCertificateChain(alias);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
