#!/bin/sh
# Makes the certificates of the TLS tests: an authority, a server and two agents, and a foreign authority with an agent.
set -eu
cd "$(dirname "$0")"
rm -f ./*.p12 ./*.crt ./*.csr
common="-storetype PKCS12 -storepass changeit -keyalg EC -groupname secp256r1 -validity 36500"
for ca in authority foreign; do
    keytool -genkeypair $common -keystore $ca.p12 -alias ca -dname "CN=$ca" -ext bc:c
    keytool -exportcert -keystore $ca.p12 -storepass changeit -alias ca -file $ca.crt
done
issue() { # name authority
    keytool -genkeypair $common -keystore "$1.p12" -alias key -dname "CN=$1,O=Understudy tests"
    keytool -certreq -keystore "$1.p12" -storepass changeit -alias key -file "$1.csr"
    keytool -gencert -keystore "$2.p12" -storepass changeit -alias ca -validity 36500 -infile "$1.csr" -outfile "$1.crt"
    keytool -importcert -noprompt -keystore "$1.p12" -storepass changeit -alias ca -file "$2.crt"
    keytool -importcert -noprompt -keystore "$1.p12" -storepass changeit -alias key -file "$1.crt"
}
issue server authority
issue agent-one authority
issue agent-two authority
issue stranger foreign
rm -f ./*.csr ./*.crt authority.p12 foreign.p12
