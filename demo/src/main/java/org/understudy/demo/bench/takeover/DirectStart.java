package org.understudy.demo.bench.takeover;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.demo.process.Await;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * Starts the machine of a takeover once more with nothing but virsh: the same hardware, a network of libvirt's, a copy of the same disk.
 * What a takeover takes beyond this is the appliance's own.
 */
final class DirectStart {

    private static final String NAME = "bench-direct";
    /** In the namespace of the appliance's libvirt, where nobody else is. */
    private static final String NETWORK = """
            <network>
              <name>%s</name>
              <bridge name='us-direct'/>
              <ip address='10.213.77.1' netmask='255.255.255.0'>
                <dhcp><range start='10.213.77.10' end='10.213.77.99'/></dhcp>
              </ip>
            </network>
            """.formatted(NAME);

    private static final Duration BOOT_LIMIT = Duration.ofMinutes(10);

    private final CommandRunner commands;
    private final Path work;
    private final String namespace;
    private final String uri;
    private final String domain;
    private final String mac;

    private DirectStart(CommandRunner commands, Path work, String namespace, String uri, String domain, String mac) {
        this.commands = commands;
        this.work = work;
        this.namespace = namespace;
        this.uri = uri;
        this.domain = domain;
        this.mac = mac;
    }

    /** Takes hardware and disk from the one machine that runs now. */
    static DirectStart like(CommandRunner commands, Path data, Path work) throws IOException {
        String namespace = Files.readString(data.resolve("libvirt/network.netns"), StandardCharsets.UTF_8)
                .strip();
        String uri = "qemu+unix:///system?socket=/run/understudy/" + namespace + "/libvirt-sock";
        String machine = virsh(commands, uri, "list", "--name").output().strip();
        Document xml =
                parse(virsh(commands, uri, "dumpxml", "--inactive", machine).output());
        Element root = xml.getDocumentElement();
        remove(root, "uuid");
        only(root, "name").setTextContent(NAME);
        Element disk = only(root, "disk");
        Element source = only(disk, "source");
        Path original = Path.of(source.getAttribute("file"));
        Path copy = original.resolveSibling(NAME + ".raw");
        commands.run(Command.of("cp", "--reflink=always", original.toString(), copy.toString()))
                .orThrow();
        source.setAttribute("file", copy.toString());
        Element card = only(root, "interface");
        String mac = only(card, "mac").getAttribute("address");
        plug(card);
        // What the appliance notes of its own machines.
        remove(root, "metadata");
        return new DirectStart(commands, work, namespace, uri, text(xml), mac);
    }

    /** Whatever the appliance plugs the card into, here it is an isolated network of libvirt's own. */
    private static void plug(Element card) {
        card.setAttribute("type", "network");
        for (String part : new String[] {"source", "target", "script", "virtualport"}) {
            remove(card, part);
        }
        Element source = card.getOwnerDocument().createElement("source");
        source.setAttribute("network", NAME);
        card.appendChild(source);
    }

    /** Starts the machine, waits for its answer and ends it. The disk keeps what it wrote, as a restarted machine's would. */
    TakeoverFigures.Start run() throws IOException, InterruptedException {
        Path domainFile = Files.writeString(work.resolve("direct-domain.xml"), domain);
        Path networkFile = Files.writeString(work.resolve("direct-network.xml"), NETWORK);
        long started = System.nanoTime();
        virsh(commands, uri, "net-create", networkFile.toString());
        try {
            virsh(commands, uri, "create", domainFile.toString());
            double running = since(started);
            try {
                Await.until("the directly started machine to answer", BOOT_LIMIT, this::answers);
                return new TakeoverFigures.Start(running, since(started));
            } finally {
                virsh(commands, uri, "destroy", NAME);
            }
        } finally {
            virsh(commands, uri, "net-destroy", NAME);
        }
    }

    private boolean answers() {
        for (String line :
                virsh(commands, uri, "net-dhcp-leases", NAME, "--mac", mac).lines()) {
            for (String word : line.strip().split("\\s+", -1)) {
                if (word.matches("[0-9.]+/[0-9]+")) {
                    String address = word.substring(0, word.indexOf('/'));
                    CommandResult asked = commands.run(Command.of(
                            "ip",
                            "netns",
                            "exec",
                            namespace,
                            "curl",
                            "-sf",
                            "-m",
                            "2",
                            "-o",
                            "/dev/null",
                            "http://" + address + "/"));
                    return asked.succeeded();
                }
            }
        }
        return false;
    }

    private static double since(long started) {
        return (System.nanoTime() - started) / 1e9;
    }

    private static CommandResult virsh(CommandRunner commands, String uri, String... words) {
        return commands.run(Command.of("virsh", "-q", "-c", uri).and(words)).orThrow();
    }

    private static Document parse(String xml) throws IOException {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            return factory.newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException("libvirt's description of the machine cannot be read", e);
        }
    }

    private static String text(Document xml) throws IOException {
        try {
            StringWriter out = new StringWriter();
            TransformerFactory.newInstance().newTransformer().transform(new DOMSource(xml), new StreamResult(out));
            return out.toString();
        } catch (TransformerException e) {
            throw new IOException("the description of the machine cannot be written", e);
        }
    }

    private static Element only(Element parent, String name) {
        if (parent.getElementsByTagName(name).item(0) instanceof Element found) {
            return found;
        }
        throw new IllegalStateException("libvirt's description has no " + name);
    }

    private static void remove(Element root, String name) {
        for (Node child = root.getFirstChild(); child != null; child = child.getNextSibling()) {
            if (child.getNodeName().equals(name)) {
                root.removeChild(child);
                return;
            }
        }
    }
}
