package org.understudy.agent.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.connection.ServerAddress;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.Enrolment;
import org.understudy.core.protocol.ProtocolCodec;

/**
 * The agent port of an appliance, written by hand: enrolment, digest files, control connections, over real TLS on loopback. Accepts
 * one connection after another, each on a thread of its own.
 */
public final class FakeAppliance implements AutoCloseable {

    private final TestAuthority authority;
    private final SSLServerSocket server;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final BlockingQueue<AgentLink> links = new LinkedBlockingQueue<>();
    private final Map<String, byte[]> digests = new ConcurrentHashMap<>();
    private final AtomicInteger requests = new AtomicInteger();
    private volatile @Nullable ProblemCode tokenProblem;
    private volatile boolean refusesClients;

    public FakeAppliance(TestAuthority authority) throws Exception {
        this(authority, true, 0);
    }

    public FakeAppliance(TestAuthority authority, boolean serverPurpose, int port) throws Exception {
        this.authority = authority;
        server = (SSLServerSocket) authority
                .server(serverPurpose)
                .getServerSocketFactory()
                .createServerSocket(port, 50, InetAddress.getLoopbackAddress());
        server.setWantClientAuth(true);
        daemon(this::accept, "appliance");
    }

    public ServerAddress address() {
        return new ServerAddress("127.0.0.1", server.getLocalPort());
    }

    public TestAuthority authority() {
        return authority;
    }

    /** Tokens are refused with this code from now on. */
    public void refuseTokens(ProblemCode code) {
        tokenProblem = code;
    }

    /** Agents are answered with 403 from now on. */
    public void refuseClients() {
        refusesClients = true;
    }

    /** Requests that came so far, each by a connection that both ends accepted. */
    public int requests() {
        return requests.get();
    }

    /** The run became a point: its digests are the point's. */
    public void commit(String run, String point) {
        digests.forEach((path, content) -> {
            String prefix = "/agent/v1/runs/" + run + "/";
            if (path.startsWith(prefix)) {
                digests.put("/agent/v1/points/" + point + "/" + path.substring(prefix.length()), content);
            }
        });
    }

    public byte @Nullable [] uploaded(String run, String disk) {
        return digests.get("/agent/v1/runs/" + run + "/disks/" + disk + "/digests");
    }

    /** The next control connection that an agent makes. */
    public AgentLink awaitLink() {
        try {
            AgentLink link = links.poll(20, TimeUnit.SECONDS);
            if (link == null) {
                throw new AssertionError("no agent connected");
            }
            return link;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                SSLSocket socket = (SSLSocket) server.accept();
                sockets.add(socket);
                daemon(() -> serve(socket), "appliance-connection");
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(SSLSocket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            HttpHead head = HttpHead.read(in);
            while (head != null) {
                requests.incrementAndGet();
                if (head.path().equals("/agent/v1/ws")) {
                    upgrade(socket, in, out, head);
                    return;
                }
                answer(socket, in, out, head);
                head = HttpHead.read(in);
            }
        } catch (IOException e) {
            // The agent went away, or refused us: tests look at the agent's side.
            return;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            sockets.remove(socket);
        }
    }

    private record HttpHead(String method, String path, Map<String, String> headers) {

        static @Nullable HttpHead read(InputStream in) throws IOException {
            String request = line(in);
            if (request == null) {
                return null;
            }
            Map<String, String> headers = new ConcurrentHashMap<>();
            for (String line = line(in); line != null && !line.isEmpty(); line = line(in)) {
                int colon = line.indexOf(':');
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
            String[] words = request.split(" ", -1);
            return new HttpHead(words[0], words[1], headers);
        }

        private static @Nullable String line(InputStream in) throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int c = in.read(); c != '\n'; c = in.read()) {
                if (c < 0) {
                    return null;
                }
                if (c != '\r') {
                    line.write(c);
                }
            }
            return line.toString(StandardCharsets.ISO_8859_1);
        }

        byte[] body(InputStream in) throws IOException {
            return in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        }
    }

    private void answer(SSLSocket socket, InputStream in, OutputStream out, HttpHead head) throws Exception {
        byte[] body = head.body(in);
        if (head.path().equals(Enrolment.PATH)) {
            enrol(out, body);
        } else if (!isAgent(socket)) {
            problem(out, 403, ProblemCode.CERTIFICATE_REFUSED, "reason", "no certificate");
        } else if (head.method().equals("PUT") && head.path().endsWith("/digests/changes")) {
            problem(out, 409, ProblemCode.CONFLICT, "reason", "this appliance keeps digests as they come");
        } else if (head.method().equals("PUT")) {
            digests.put(head.path(), body);
            respond(out, 204, new byte[0]);
        } else {
            byte[] content = digests.get(head.path());
            if (content == null) {
                problem(out, 404, ProblemCode.POINT_NOT_FOUND, "point", head.path());
            } else {
                respond(out, 200, content);
            }
        }
    }

    private void enrol(OutputStream out, byte[] body) throws Exception {
        ProblemCode refusal = tokenProblem;
        if (refusal != null) {
            problem(out, 403, refusal, "token", "t");
            return;
        }
        Enrolment.Request request =
                ProtocolCodec.readDocument(new String(body, StandardCharsets.UTF_8), Enrolment.Request.class);
        PublicKey key = KeyFactory.getInstance("EC")
                .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(request.publicKey())));
        Signature proof = Signature.getInstance("SHA256withECDSA");
        proof.initVerify(key);
        proof.update(request.token().getBytes(StandardCharsets.UTF_8));
        if (!proof.verify(Base64.getDecoder().decode(request.proof()))) {
            problem(out, 400, ProblemCode.INVALID_REQUEST, "reason", "proof");
            return;
        }
        X509Certificate certificate = authority.issueClient(key);
        respond(
                out,
                200,
                ProtocolCodec.write(new Enrolment.Response(
                                "host-1", TestAuthority.pem(certificate), TestAuthority.pem(authority.certificate())))
                        .getBytes(StandardCharsets.UTF_8));
    }

    private static boolean isAgent(SSLSocket socket) {
        try {
            return socket.getSession().getPeerCertificates().length > 0;
        } catch (SSLPeerUnverifiedException e) {
            return false;
        }
    }

    private void upgrade(SSLSocket socket, InputStream in, OutputStream out, HttpHead head) throws Exception {
        if (refusesClients || !isAgent(socket)) {
            problem(out, 403, ProblemCode.CERTIFICATE_REFUSED, "reason", "unknown host");
            return;
        }
        String key = head.headers().getOrDefault("sec-websocket-key", "");
        String accept = Base64.getEncoder()
                .encodeToString(java.security.MessageDigest.getInstance("SHA-1")
                        .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII)));
        out.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Accept: " + accept + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        out.flush();
        AgentLink link = new AgentLink(socket, in, out);
        links.add(link);
        link.read();
    }

    private static void problem(OutputStream out, int status, ProblemCode code, String name, String value)
            throws IOException {
        String json = "{\"type\":\"about:blank\",\"title\":\"x\",\"status\":" + status + ",\"code\":\"" + code
                + "\",\"values\":{\"" + name + "\":\"" + value + "\"}}";
        respond(out, status, json.getBytes(StandardCharsets.UTF_8));
    }

    private static void respond(OutputStream out, int status, byte[] body) throws IOException {
        out.write(("HTTP/1.1 " + status + " x\r\n" + (status == 204 ? "" : "Content-Length: " + body.length + "\r\n")
                        + "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        out.write(body);
        out.flush();
    }

    /** Drops every connection without a word, as a cut cable does after a while. */
    public void cutAll() {
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        cutAll();
    }
}
