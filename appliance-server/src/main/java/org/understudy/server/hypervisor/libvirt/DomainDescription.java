package org.understudy.server.hypervisor.libvirt;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * What the adapter reads back from libvirt's description of a domain or network.
 *
 * @param instance the appliance that made the domain; empty: not one of ours
 * @param networks libvirt networks that its cards are in
 * @param bridges bridges that its cards are plugged into directly
 * @param macs of its cards, in their order, lower case
 * @param drillCards its cards on networks of drills
 */
record DomainDescription(
        Optional<String> instance,
        List<String> networks,
        List<String> bridges,
        List<String> macs,
        List<DrillNetwork.Card> drillCards) {

    static DomainDescription parse(String xml) {
        Document document = document(xml);
        NodeList marks = document.getElementsByTagNameNS(DomainXml.METADATA, "machine");
        Optional<String> instance = marks.getLength() == 0
                ? Optional.empty()
                : Optional.of(((Element) marks.item(0)).getAttribute("instance"));
        List<String> networks = new ArrayList<>();
        List<String> bridges = new ArrayList<>();
        List<String> macs = new ArrayList<>();
        for (Element card : children(document, "interface")) {
            for (Element source : children(card, "source")) {
                switch (card.getAttribute("type")) {
                    case "network" -> networks.add(source.getAttribute("network"));
                    case "bridge" -> bridges.add(source.getAttribute("bridge"));
                    default -> {
                        // Cards of other kinds are not made by us.
                    }
                }
            }
            for (Element mac : children(card, "mac")) {
                macs.add(mac.getAttribute("address").toLowerCase(Locale.ROOT));
            }
        }
        List<DrillNetwork.Card> drillCards =
                elements(document.getElementsByTagNameNS(DomainXml.METADATA, "drill")).stream()
                        .map(card -> new DrillNetwork.Card(card.getAttribute("tap"), card.getAttribute("network")))
                        .toList();
        return new DomainDescription(
                instance, List.copyOf(networks), List.copyOf(bridges), List.copyOf(macs), drillCards);
    }

    /** The subnets that a libvirt network uses. */
    static List<Subnet> subnets(String networkXml) {
        List<Subnet> subnets = new ArrayList<>();
        for (Element ip : children(document(networkXml), "ip")) {
            if (ip.getAttribute("address").matches("[0-9]+(\\.[0-9]+){3}")) {
                subnets.add(Subnet.of(ip.getAttribute("address")));
            }
        }
        return subnets;
    }

    private static Document document(String xml) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            return factory.newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
        } catch (ParserConfigurationException | SAXException | IOException e) {
            throw new IllegalStateException("libvirt described something in XML that cannot be read", e);
        }
    }

    private static List<Element> children(Document document, String name) {
        return elements(document.getElementsByTagName(name));
    }

    private static List<Element> children(Element parent, String name) {
        return elements(parent.getElementsByTagName(name));
    }

    private static List<Element> elements(NodeList nodes) {
        List<Element> elements = new ArrayList<>(nodes.getLength());
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }
}
