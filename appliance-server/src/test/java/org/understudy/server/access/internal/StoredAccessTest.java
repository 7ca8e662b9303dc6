package org.understudy.server.access.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.dao.DataAccessException;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.access.ApiToken;
import org.understudy.server.access.ApiTokenInfo;
import org.understudy.server.access.AuditEntry;
import org.understudy.server.access.TokenOwner;

class StoredAccessTest {

    private static final String HERE = "10.0.0.1";
    private static final String ELSEWHERE = "10.0.0.2";

    private static AccessFixture fixture;

    @TempDir
    Path directory;

    private StoredAccess access;

    @BeforeAll
    static void startDatabase() {
        fixture = new AccessFixture();
    }

    @BeforeEach
    void freshAppliance() {
        access = fixture.appliance(directory);
    }

    @Test
    void aFreshApplianceHasNoUserAndOffersACodeThatOnlyItsOwnerCanRead() throws IOException {
        assertThat(access.setUp()).isFalse();
        assertThat(code()).matches("([A-Z2-9]{5}-){3}[A-Z2-9]{5}");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("setup-code"))))
                .isEqualTo("rw-------");
        assertProblem(ProblemCode.SETUP_REQUIRED, () -> access.logIn("ann", AccessFixture.PASSWORD, HERE));
    }

    @Test
    void theCodeStaysTheSameAfterARestart() throws IOException {
        String before = code();

        fixture.restarted(directory);

        assertThat(code()).isEqualTo(before);
    }

    @Test
    void setUpMakesTheAdministratorOnceAndRemovesTheCode() throws IOException {
        String code = code();

        access.completeSetup(
                " " + code.toLowerCase(java.util.Locale.ROOT).replace('-', ' '), "Ann", AccessFixture.PASSWORD, HERE);

        assertThat(access.setUp()).isTrue();
        assertThat(directory.resolve("setup-code")).doesNotExist();
        assertThat(access.logIn(" ANN ", AccessFixture.PASSWORD, HERE)).isEqualTo("ann");
        assertProblem(ProblemCode.SETUP_DONE, () -> access.completeSetup(code, "eve", "another long password 1", HERE));
        fixture.restarted(directory);
        assertThat(directory.resolve("setup-code")).doesNotExist();
    }

    @Test
    void ofManySetUpsAtTheSameTimeOneWins() throws Exception {
        String code = code();
        List<Future<Boolean>> outcomes = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 4; i++) {
                String user = "user" + i;
                StoredAccess other = fixture.restarted(directory);
                Callable<Boolean> attempt = () -> {
                    try {
                        other.completeSetup(code, user, AccessFixture.PASSWORD, HERE);
                        return true;
                    } catch (ProblemException e) {
                        assertThat(e.problem().code()).isIn(ProblemCode.SETUP_DONE, ProblemCode.SETUP_CODE_WRONG);
                        return false;
                    }
                };
                outcomes.add(threads.submit(attempt));
            }
        }

        long winners = 0;
        for (Future<Boolean> outcome : outcomes) {
            winners += outcome.get() ? 1 : 0;
        }
        assertThat(winners).isEqualTo(1);
        assertThat(fixture.database
                        .sql("select count(*) from access_user")
                        .query(Long.class)
                        .single())
                .isEqualTo(1);
    }

    @Test
    void wrongCodesLockTheAddressOut() {
        for (int i = 0; i < 5; i++) {
            assertProblem(
                    ProblemCode.SETUP_CODE_WRONG,
                    () -> access.completeSetup("AAAAA", "ann", AccessFixture.PASSWORD, HERE));
        }

        assertProblem(
                ProblemCode.LOGIN_LOCKED, () -> access.completeSetup(code(), "ann", AccessFixture.PASSWORD, HERE));
    }

    @Test
    void weakPasswordsAndOddNamesAreRefusedAndTheCodeStaysGood() throws IOException {
        String code = code();
        assertProblem(ProblemCode.PASSWORD_TOO_SHORT, () -> access.completeSetup(code, "ann", "short", HERE));
        assertProblem(ProblemCode.PASSWORD_TOO_EASY, () -> access.completeSetup(code, "ann", "password12345", HERE));
        assertProblem(
                ProblemCode.USER_NAME_INVALID, () -> access.completeSetup(code, "a b", AccessFixture.PASSWORD, HERE));

        assertThatCode(() -> access.completeSetup(code, "ann", AccessFixture.PASSWORD, HERE))
                .doesNotThrowAnyException();
    }

    @Test
    void theFifthFailureLocksTheUserEverywhereAndTheDelayGrows() throws IOException {
        setUpAnn();
        for (int i = 0; i < 4; i++) {
            assertProblem(ProblemCode.LOGIN_REFUSED, () -> access.logIn("ann", "wrong wrong wrong", HERE));
        }
        assertThat(lockedSeconds(() -> access.logIn("ann", "wrong wrong wrong", HERE)))
                .isEqualTo(30);
        assertThat(lockedSeconds(() -> access.logIn("ann", AccessFixture.PASSWORD, ELSEWHERE)))
                .isEqualTo(30);

        fixture.clock.advance(Duration.ofSeconds(10));
        assertThat(lockedSeconds(() -> access.logIn("ann", AccessFixture.PASSWORD, HERE)))
                .isEqualTo(20);

        fixture.clock.advance(Duration.ofSeconds(21));
        assertThat(lockedSeconds(() -> access.logIn("ann", "wrong wrong wrong", HERE)))
                .isEqualTo(60);

        fixture.clock.advance(Duration.ofSeconds(61));
        assertThat(fixture.restarted(directory).logIn("ann", AccessFixture.PASSWORD, HERE))
                .isEqualTo("ann");
        assertProblem(ProblemCode.LOGIN_REFUSED, () -> access.logIn("ann", "wrong wrong wrong", HERE));
    }

    @Test
    void anAddressThatTriesManyNamesIsLockedForAllOfThem() throws IOException {
        setUpAnn();
        for (int i = 0; i < 5; i++) {
            String name = "guess" + i;
            assertThatThrownBy(() -> access.logIn(name, "wrong wrong wrong", HERE))
                    .isInstanceOf(ProblemException.class);
        }

        assertProblem(ProblemCode.LOGIN_LOCKED, () -> access.logIn("ann", AccessFixture.PASSWORD, HERE));
        assertThat(access.logIn("ann", AccessFixture.PASSWORD, ELSEWHERE)).isEqualTo("ann");
    }

    @Test
    void parallelGuessesDoNotGetPastTheCount() throws Exception {
        setUpAnn();
        List<Future<ProblemCode>> outcomes = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 20; i++) {
                Callable<ProblemCode> guess = () -> {
                    try {
                        access.logIn("ann", "wrong wrong wrong", HERE);
                        return ProblemCode.INTERNAL;
                    } catch (ProblemException e) {
                        return e.problem().code();
                    }
                };
                outcomes.add(threads.submit(guess));
            }
        }

        List<ProblemCode> codes = new ArrayList<>();
        for (Future<ProblemCode> outcome : outcomes) {
            codes.add(outcome.get());
        }
        assertThat(codes).filteredOn(ProblemCode.LOGIN_REFUSED::equals).hasSize(4);
        assertThat(codes).filteredOn(ProblemCode.LOGIN_LOCKED::equals).hasSize(16);
    }

    @Test
    void aTokenNamesItsOwnerUntilItExpiresOrIsRevoked() throws IOException {
        setUpAnn();
        ApiToken token = AccessFixture.token(access, Duration.ofHours(1));
        ApiToken other = AccessFixture.token(access, Duration.ofHours(2));

        assertThat(access.tokenOwner(token.token())).contains(new TokenOwner("ann", token.id()));
        assertThat(access.tokenOwner(token.token() + "x")).isEmpty();
        assertThat(access.tokenOwner("")).isEmpty();
        assertThat(access.tokens("ann"))
                .filteredOn(ApiTokenInfo::id, token.id())
                .singleElement()
                .satisfies(info -> {
                    assertThat(info.name()).isEqualTo("nightly report");
                    assertThat(info.lastUsedAt()).contains(fixture.clock.instant());
                });

        fixture.clock.advance(Duration.ofMinutes(61));
        assertThat(access.tokenOwner(token.token())).isEmpty();
        assertThat(access.tokenOwner(other.token())).isPresent();

        access.revokeToken(other.id(), "eve");
        assertThat(access.tokenOwner(other.token())).isPresent();
        access.revokeToken(other.id(), "ann");
        access.revokeToken(other.id(), "ann");
        assertThat(access.tokenOwner(other.token())).isEmpty();
    }

    @Test
    void neitherPasswordsNorTokensAreStoredInClear() throws IOException {
        setUpAnn();
        ApiToken token = AccessFixture.token(access, Duration.ofHours(1));

        assertThat(fixture.database
                        .sql("select password_hash from access_user")
                        .query(String.class)
                        .single())
                .startsWith("{argon2}")
                .doesNotContain(AccessFixture.PASSWORD);
        assertThat(fixture.database
                        .sql("select t::text from access_token t")
                        .query(String.class)
                        .list())
                .noneMatch(row -> row.contains(token.token()));
        assertThat(token.toString()).doesNotContain(token.token());
    }

    @Test
    void tokensHaveANameAndALimitedLife() throws IOException {
        setUpAnn();
        assertProblem(
                ProblemCode.INVALID_REQUEST,
                () -> access.issueToken("ann", AccessFixture.PASSWORD, " ", Duration.ofHours(1), HERE));
        assertProblem(
                ProblemCode.INVALID_REQUEST,
                () -> access.issueToken("ann", AccessFixture.PASSWORD, "x", Duration.ofDays(400), HERE));
    }

    @Test
    void logInsAreAuditedAndTheAuditLogCannotBeChanged() throws IOException {
        setUpAnn();
        access.logIn("ann", AccessFixture.PASSWORD, HERE);
        assertProblem(ProblemCode.LOGIN_REFUSED, () -> access.logIn("ann", "wrong wrong wrong", ELSEWHERE));
        fixture.auditLog().record("ann", HERE, "host.rename", "web", "line\nbreak");

        List<AuditEntry> entries = fixture.auditLog().recent(3);

        assertThat(entries)
                .extracting(AuditEntry::who, AuditEntry::address, AuditEntry::action, AuditEntry::detail)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("ann", HERE, "host.rename", "line break"),
                        org.assertj.core.groups.Tuple.tuple("-", ELSEWHERE, "session.login", "refused"),
                        org.assertj.core.groups.Tuple.tuple("ann", HERE, "session.login", ""));
        for (String change :
                List.of("update audit_entry set who = 'eve'", "delete from audit_entry", "truncate audit_entry")) {
            assertThatThrownBy(() -> fixture.database.sql(change).update())
                    .isInstanceOf(DataAccessException.class)
                    .hasMessageContaining("append-only");
        }
    }

    private void setUpAnn() throws IOException {
        access.completeSetup(code(), "ann", AccessFixture.PASSWORD, HERE);
    }

    private String code() throws IOException {
        return Files.readString(directory.resolve("setup-code")).strip();
    }

    private static void assertProblem(ProblemCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(code));
    }

    private static long lockedSeconds(ThrowingCallable call) {
        ProblemException[] thrown = new ProblemException[1];
        assertThatThrownBy(call).isInstanceOfSatisfying(ProblemException.class, e -> thrown[0] = e);
        assertThat(thrown[0].problem().code()).isEqualTo(ProblemCode.LOGIN_LOCKED);
        return Long.parseLong(thrown[0].problem().values().getOrDefault("seconds", "-1"));
    }
}
