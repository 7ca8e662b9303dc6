package org.understudy.server.hypervisor.libvirt;

/** Describes a network to libvirt (format: libvirt.org/formatnetwork.html). */
final class NetworkXml {

    private static final String DNSMASQ = "http://libvirt.org/schemas/network/dnsmasq/1.0";

    private NetworkXml() {}

    /**
     * A bridge without a way out, with DHCP. Names are answered by a server that asks nobody: a query fails at once instead of
     * letting the guest's boot wait, and none leaves the network.
     */
    static String describe(String name, String bridge, Subnet subnet) {
        return Xml.document(
                "network",
                network -> network.attribute("xmlns:dnsmasq", DNSMASQ)
                        .text("name", name)
                        .empty("bridge", "name", bridge, "stp", "off", "delay", "0")
                        .element(
                                "ip",
                                ip -> ip.attribute("address", subnet.address(1))
                                        .attribute("netmask", "255.255.255.0")
                                        .element(
                                                "dhcp",
                                                dhcp -> dhcp.empty(
                                                        "range",
                                                        "start",
                                                        subnet.address(10),
                                                        "end",
                                                        subnet.address(250))))
                        .element("dnsmasq:options", options -> options.empty("dnsmasq:option", "value", "no-resolv")));
    }
}
