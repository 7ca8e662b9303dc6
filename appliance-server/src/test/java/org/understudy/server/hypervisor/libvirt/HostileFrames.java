package org.understudy.server.hypervisor.libvirt;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Ethernet frames of a guest that wants out: every kind of receiver, known protocols and nonsense. */
final class HostileFrames {

    private static final String BROADCAST = "ff:ff:ff:ff:ff:ff";
    private static final int IPV4 = 0x0800;
    private static final int ARP = 0x0806;
    private static final int VLAN = 0x8100;
    private static final int IPV6 = 0x86dd;

    private HostileFrames() {}

    static List<byte[]> of(String guest, String appliance, Random random) {
        List<byte[]> frames = new ArrayList<>();
        for (String address : List.of("203.0.113.1", "10.231.0.1", "192.0.2.1", "127.0.0.1", "169.254.1.1")) {
            frames.add(arp(guest, address));
        }
        List<String> receivers = List.of(
                BROADCAST,
                appliance,
                "01:00:5e:00:00:fb",
                "33:33:00:00:00:01",
                "33:33:ff:00:00:01",
                // Link-local: spanning tree, pause, LLDP. A bridge must not forward them; an outer one must not see
                // them.
                "01:80:c2:00:00:00",
                "01:80:c2:00:00:01",
                "01:80:c2:00:00:0e");
        for (String receiver : receivers) {
            for (int protocol : new int[] {IPV4, ARP, VLAN, IPV6, 0x88cc, 0x88a8, 0x8863, 0x0004}) {
                byte[] payload = new byte[46 + random.nextInt(1400)];
                random.nextBytes(payload);
                frames.add(frame(guest, receiver, protocol, payload));
            }
        }
        frames.add(frame(guest, "33:33:ff:00:00:01", IPV6, neighbourSolicitation(guest)));
        frames.add(frame(guest, BROADCAST, IPV4, broadcastDatagram()));
        Collections.shuffle(frames, random);
        return frames;
    }

    /** Who has this address (RFC 826)? */
    static byte[] arp(String sender, String address) {
        ByteBuffer request = ByteBuffer.allocate(46)
                .putShort((short) 1)
                .putShort((short) IPV4)
                .put((byte) 6)
                .put((byte) 4)
                .putShort((short) 1)
                .put(FrameTrap.bytes(sender))
                .put(ipv4("203.0.113.10"))
                .put(new byte[6])
                .put(ipv4(address));
        return frame(sender, BROADCAST, ARP, request.array());
    }

    /** Who has 2001:db8::1 (RFC 4861, 4.3)? The checksum is left out: whoever takes the frame is already too far. */
    private static byte[] neighbourSolicitation(String sender) {
        ByteBuffer packet = ByteBuffer.allocate(72)
                .putInt(0x60000000)
                .putShort((short) 32)
                .put((byte) 58)
                .put((byte) 255)
                .putLong(0x20010db800000000L)
                .putLong(10)
                .putLong(0xff02000000000000L)
                .putLong(0x00000001ff000001L)
                .put((byte) 135)
                .put(new byte[7])
                .putLong(0x20010db800000000L)
                .putLong(1)
                .put((byte) 1)
                .put((byte) 1)
                .put(FrameTrap.bytes(sender));
        return packet.array();
    }

    /** UDP to 255.255.255.255, as DHCP begins (RFC 768, RFC 791). */
    private static byte[] broadcastDatagram() {
        return ByteBuffer.allocate(46)
                .putInt(0x4500002e)
                .putInt(0)
                .putInt(0x40110000)
                .put(ipv4("0.0.0.0"))
                .put(ipv4("255.255.255.255"))
                .putShort((short) 9999)
                .putShort((short) 9999)
                .putInt(26 << 16)
                .array();
    }

    private static byte[] frame(String sender, String receiver, int protocol, byte[] payload) {
        return ByteBuffer.allocate(14 + payload.length)
                .put(FrameTrap.bytes(receiver))
                .put(FrameTrap.bytes(sender))
                .putShort((short) protocol)
                .put(payload)
                .array();
    }

    private static byte[] ipv4(String address) {
        ByteBuffer bytes = ByteBuffer.allocate(4);
        for (String part : address.split("\\.", -1)) {
            bytes.put((byte) Integer.parseInt(part));
        }
        return bytes.array();
    }
}
