#!/bin/sh
case $1 in
  bound | renew)
    ifconfig $interface $ip netmask ${subnet:-255.255.255.0}
    for gateway in $router; do route add default gw $gateway dev $interface 2>/dev/null; done
    : >/etc/resolv.conf
    for server in $dns; do echo nameserver $server >>/etc/resolv.conf; done
    ;;
esac
