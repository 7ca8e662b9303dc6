package org.understudy.server.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.kernel.HostId;

class LocalIdentityTest {

    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
    private static final int DIGITAL_SIGNATURE = 0;
    private static final int CERT_SIGN = 5;

    @TempDir
    Path directory;

    private LocalIdentity open() {
        return open(NOW, List.of());
    }

    private LocalIdentity open(Instant now, List<String> names) {
        return LocalIdentity.open(
                directory.resolve("identity"), new IdentitySettings(names), Clock.fixed(now, ZoneOffset.UTC));
    }

    @Test
    void theAuthorityIsMadeOnceAndKept() throws GeneralSecurityException {
        LocalIdentity first = open();
        LocalIdentity second = open();

        assertThat(second.authority()).isEqualTo(first.authority());
        assertThat(second.fingerprint())
                .isEqualTo(first.fingerprint())
                .isEqualTo(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256")
                                .digest(first.authority().getEncoded())));
        assertThat(second.storePassword()).isEqualTo(first.storePassword()).hasSizeGreaterThanOrEqualTo(32);
        assertThat(second.serverKeyStore()).isEqualTo(first.serverKeyStore());
    }

    @Test
    void anotherApplianceHasAnotherAuthority(@TempDir Path elsewhere) {
        LocalIdentity other = LocalIdentity.open(elsewhere, new IdentitySettings(List.of()), Clock.systemUTC());

        assertThat(other.fingerprint()).isNotEqualTo(open().fingerprint());
        assertThat(other.authority().getSubjectX500Principal())
                .isNotEqualTo(open().authority().getSubjectX500Principal());
    }

    @Test
    void everyFileIsReadableByItsOwnerOnly() throws IOException {
        open();

        try (Stream<Path> files = Files.walk(directory.resolve("identity"))) {
            assertThat(files)
                    .hasSize(5)
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------"));
        }
    }

    @Test
    void filesThatWereOpenedToOthersAreClosedAgain() throws IOException {
        open();
        Path authority = directory.resolve("identity").resolve(AuthorityFile.NAME);
        Files.setPosixFilePermissions(authority, PosixFilePermissions.fromString("rw-r--r--"));

        open();

        assertThat(Files.getPosixFilePermissions(authority)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void theAuthorityMaySignCertificatesAndNothingElse() {
        X509Certificate authority = open().authority();

        assertThat(authority.getBasicConstraints()).isZero();
        assertThat(authority.getKeyUsage()[CERT_SIGN]).isTrue();
        assertThat(authority.getKeyUsage()[DIGITAL_SIGNATURE]).isFalse();
        assertThat(authority.getCriticalExtensionOIDs()).contains("2.5.29.15", "2.5.29.19");
        assertThat(authority.getSigAlgName()).isEqualTo("SHA256withECDSA");
        assertThat(authority.getNotAfter()).isAfter(Date.from(NOW.plus(Duration.ofDays(29 * 365))));
    }

    @Test
    void anAgentCertificateNamesItsHostAndIsForClientsOnly() throws GeneralSecurityException {
        LocalIdentity identity = open();
        HostId host = HostId.random();
        PublicKey key = pair("secp256r1").getPublic();

        X509Certificate certificate = identity.issueAgentCertificate(host, key);

        assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=" + host);
        assertThat(certificate.getPublicKey()).isEqualTo(key);
        assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
        assertThat(certificate.getKeyUsage()[DIGITAL_SIGNATURE]).isTrue();
        assertThat(certificate.getKeyUsage()[CERT_SIGN]).isFalse();
        assertThat(certificate.getBasicConstraints()).isEqualTo(-1);
        assertThat(certificate.getNotBefore()).isBefore(Date.from(NOW));
        assertThat(certificate.getNotAfter())
                .isEqualTo(Date.from(
                        NOW.atOffset(ZoneOffset.UTC).plus(Period.ofYears(10)).toInstant()));
        validate(certificate, identity.authority());
        assertThat(identity.issueAgentCertificate(host, key).getSerialNumber())
                .isNotEqualTo(certificate.getSerialNumber());
    }

    @Test
    void aCertificateOfAnotherAuthorityDoesNotValidate(@TempDir Path elsewhere) throws GeneralSecurityException {
        LocalIdentity other = LocalIdentity.open(elsewhere, new IdentitySettings(List.of()), Clock.systemUTC());
        X509Certificate foreign =
                other.issueAgentCertificate(HostId.random(), pair("secp256r1").getPublic());

        assertThatExceptionOfType(CertPathValidatorException.class)
                .isThrownBy(() -> validate(foreign, open().authority()));
    }

    @Test
    void onlyKeysOnP256AreCertified() throws GeneralSecurityException {
        LocalIdentity identity = open();
        ECPublicKey real = (ECPublicKey) pair("secp256r1").getPublic();
        ECPoint beside =
                new ECPoint(real.getW().getAffineX(), real.getW().getAffineY().add(BigInteger.ONE));

        refusesKey(identity, pair("secp384r1").getPublic());
        refusesKey(
                identity, KeyPairGenerator.getInstance("RSA").generateKeyPair().getPublic());
        refusesKey(
                identity,
                KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic());
        refusesKey(identity, new OddKey(real.getParams(), beside));
        refusesKey(identity, new OddKey(real.getParams(), ECPoint.POINT_INFINITY));
    }

    private record OddKey(ECParameterSpec params, ECPoint point) implements ECPublicKey {
        @Override
        public ECParameterSpec getParams() {
            return params;
        }

        @Override
        public ECPoint getW() {
            return point;
        }

        @Override
        public String getAlgorithm() {
            return "EC";
        }

        @Override
        public String getFormat() {
            return "X.509";
        }

        @Override
        public byte[] getEncoded() {
            return new byte[0];
        }
    }

    @Test
    void theServersCertificateNamesAllWaysToReachIt() throws Exception {
        LocalIdentity identity = open(NOW, List.of("Backup.example.org", "192.0.2.10", "2001:db8::5"));

        X509Certificate server = server(identity);

        assertThat(server.getSubjectAlternativeNames())
                .extracting(name -> String.valueOf(name.get(1)))
                .contains("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1", "backup.example.org", "192.0.2.10");
        assertThat(server.getSubjectAlternativeNames())
                .filteredOn(name -> name.get(1).equals("192.0.2.10"))
                .extracting(name -> String.valueOf(name.get(0)))
                .containsExactly("7");
        assertThat(server.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
        validate(server, identity.authority());
    }

    @Test
    void theStoresHoldKeyChainAndAuthority() throws Exception {
        LocalIdentity identity = open();

        KeyStore keys = load(identity.serverKeyStore(), identity.storePassword());
        KeyStore trust = load(identity.trustStore(), identity.storePassword());

        assertThat(keys.getCertificateChain("server")).hasSize(2).endsWith(identity.authority());
        assertThat(keys.getKey("server", identity.storePassword().toCharArray()))
                .isNotNull();
        assertThat(trust.getCertificate("authority")).isEqualTo(identity.authority());
        assertThat(trust.size()).isEqualTo(1);
    }

    @Test
    void theServersCertificateIsRenewedWithinNinetyDaysOfItsEnd() throws Exception {
        X509Certificate first = server(open());
        Instant end = first.getNotAfter().toInstant();

        assertThat(server(open(end.minus(Duration.ofDays(91)), List.of()))).isEqualTo(first);
        X509Certificate renewed = server(open(end.minus(Duration.ofDays(89)), List.of()));

        assertThat(renewed).isNotEqualTo(first);
        assertThat(renewed.getNotAfter()).isAfter(first.getNotAfter());
        assertThat(server(open(end.minus(Duration.ofDays(88)), List.of()))).isEqualTo(renewed);
    }

    @Test
    void aNewNameGetsIntoTheCertificateAtTheNextStart() throws Exception {
        X509Certificate first = server(open());

        X509Certificate second = server(open(NOW, List.of("backup.example.org")));

        assertThat(second).isNotEqualTo(first);
        assertThat(server(open(NOW, List.of("BACKUP.example.org")))).isEqualTo(second);
    }

    @ParameterizedTest
    @ValueSource(strings = {AuthorityFile.NAME, ServerStores.SERVER, ServerStores.TRUST, ServerStores.PASSWORD})
    void aDamagedFileIsNamedAndNeverReplaced(String name) throws IOException {
        open();
        Path file = directory.resolve("identity").resolve(name);
        for (byte[] damaged : List.of(new byte[0], "nonsense".getBytes(StandardCharsets.UTF_8))) {
            Files.write(file, damaged);

            damagedProblem(this::open);

            assertThat(file).hasBinaryContent(damaged);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {AuthorityFile.NAME, ServerStores.PASSWORD})
    void aLostFileIsNotMadeAnewWhileOthersDependOnIt(String name) throws IOException {
        open();
        Files.delete(directory.resolve("identity").resolve(name));

        damagedProblem(this::open);

        assertThat(directory.resolve("identity").resolve(name)).doesNotExist();
    }

    @Test
    void partsOfTwoIdentitiesDoNotMix(@TempDir Path elsewhere) throws IOException {
        open();
        LocalIdentity.open(elsewhere, new IdentitySettings(List.of()), Clock.systemUTC());
        Path authority = directory.resolve("identity").resolve(AuthorityFile.NAME);
        String mine = Files.readString(authority);
        String others = Files.readString(elsewhere.resolve(AuthorityFile.NAME));
        int cut = mine.indexOf("-----BEGIN CERTIFICATE");

        Files.writeString(authority, mine.substring(0, cut) + others.substring(others.indexOf("-----BEGIN CERT")));
        damagedProblem(this::open);
        Files.writeString(authority, others);
        damagedProblem(this::open);
        Files.writeString(authority, mine);
        assertThat(open().fingerprint()).isNotBlank();
    }

    @Test
    void aFirstStartThatWasCutShortIsEndedByTheNext() throws IOException {
        LocalIdentity first = open();
        for (String name : List.of(ServerStores.SERVER, ServerStores.TRUST, ServerStores.PASSWORD)) {
            Files.delete(directory.resolve("identity").resolve(name));
        }

        LocalIdentity second = open();

        assertThat(second.fingerprint()).isEqualTo(first.fingerprint());
        assertThat(second.serverKeyStore()).exists();
    }

    @Test
    void settingsSayWhatIsWrong() {
        for (String wrong : List.of("https://backup", "a b", "host:8443", "999.1.1.1", "1.2.3.4.5", "", "-a")) {
            assertThatExceptionOfType(ProblemException.class)
                    .as(wrong)
                    .isThrownBy(() -> new IdentitySettings(List.of(wrong)))
                    .withMessageContaining("understudy.identity.names=backup.example.org");
        }
        assertThat(new IdentitySettings(List.of(" a.b-c.de ", "10.0.0.1", "::1", "*.example.org")).names())
                .containsExactly("a.b-c.de", "10.0.0.1", "::1", "*.example.org");
    }

    private static void damagedProblem(ThrowingCallable call) {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.IDENTITY_DAMAGED));
    }

    private static void refusesKey(LocalIdentity identity, PublicKey key) {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> identity.issueAgentCertificate(HostId.random(), key))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.INVALID_REQUEST));
    }

    private static KeyPair pair(String curve) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    private static X509Certificate server(LocalIdentity identity) throws GeneralSecurityException, IOException {
        return (X509Certificate)
                load(identity.serverKeyStore(), identity.storePassword()).getCertificate("server");
    }

    private static KeyStore load(Path file, String password) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, password.toCharArray());
        }
        return store;
    }

    private static void validate(X509Certificate certificate, X509Certificate authority)
            throws GeneralSecurityException {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(authority, null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(NOW));
        CertPathValidator.getInstance("PKIX")
                .validate(CertificateFactory.getInstance("X.509").generateCertPath(List.of(certificate)), parameters);
    }
}
