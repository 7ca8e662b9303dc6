package org.understudy.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.springframework.security.test.web.servlet.request.SecurityMockMvcRequestPostProcessors.csrf;
import static org.springframework.security.test.web.servlet.request.SecurityMockMvcRequestPostProcessors.user;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.header;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.redirectedUrl;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.mock.web.MockHttpSession;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.MvcResult;
import org.understudy.server.access.AuditEntry;

@ConsoleTest
class WebSecurityTest {

    @Autowired
    MockMvc web;

    @Autowired
    FakeAccess access;

    @Autowired
    FakeAuditLog audit;

    @Autowired
    Scene scene;

    @BeforeEach
    void reset() {
        access.reset(true);
        audit.clear();
        Scenery.fill(scene);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/hosts", "/audit", "/takeovers/x/screen.png", "/no/such/page"})
    void pagesOfStrangersLeadToTheLogIn(String path) throws Exception {
        web.perform(get(path).accept("text/html")).andExpect(redirectedUrl("/login"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/v1/hosts", "/events/stream", "/actuator/prometheus", "/actuator/env"})
    void programsOfStrangersAreToldInTheirLanguageWhatIsMissing(String path) throws Exception {
        web.perform(get(path).header("Accept-Language", "zh-CN"))
                .andExpect(status().isUnauthorized())
                .andExpect(header().string("WWW-Authenticate", "Bearer"))
                .andExpect(content().contentType("application/problem+json"))
                .andExpect(jsonPath("$.code").value("LOGIN_REQUIRED"))
                .andExpect(jsonPath("$.title").value("此操作需要登录。"));
    }

    @Test
    void healthLogInAndAssetsAreOpen() throws Exception {
        web.perform(get("/actuator/health")).andExpect(status().isOk());
        web.perform(get("/assets/mark.svg")).andExpect(status().isOk());
        web.perform(get("/login"))
                .andExpect(status().isOk())
                .andExpect(header().string("Content-Security-Policy", containsString("default-src 'none'")))
                .andExpect(header().string("X-Frame-Options", "DENY"))
                .andExpect(header().string("X-Content-Type-Options", "nosniff"))
                .andExpect(header().string("Referrer-Policy", "same-origin"));
        web.perform(get("/login").secure(true))
                .andExpect(header().string("Strict-Transport-Security", containsString("max-age=31536000")));
    }

    @Test
    void theRightPasswordOpensASessionThatGoesWhereItWanted() throws Exception {
        MockHttpSession session = new MockHttpSession();
        web.perform(get("/hosts").accept("text/html").session(session)).andExpect(redirectedUrl("/login"));

        MvcResult result = logIn(session, FakeAccess.PASSWORD);

        assertThat(result.getResponse().getRedirectedUrl()).contains("/hosts");
        web.perform(get("/hosts").session(session)).andExpect(status().isOk());
    }

    @Test
    void aWrongPasswordIsExplainedAndAfterFiveTheLockIsShown() throws Exception {
        MockHttpSession session = new MockHttpSession();
        for (int i = 0; i < 5; i++) {
            assertThat(logIn(session, "wrong").getResponse().getRedirectedUrl()).isEqualTo("/login?refused");
            web.perform(get("/login").session(session))
                    .andExpect(content().string(containsString("User name or password is not right.")));
        }

        logIn(session, FakeAccess.PASSWORD);

        web.perform(get("/login").session(session))
                .andExpect(content().string(containsString("Log-ins are locked for 30 s.")));
        web.perform(get("/hosts").session(session).accept("text/html")).andExpect(redirectedUrl("/login"));
    }

    @Test
    void aFormWithoutItsTokenChangesNothing() throws Exception {
        web.perform(post("/hosts/" + Scenery.WEB + "/name")
                        .param("name", "stolen")
                        .with(user("ann")))
                .andExpect(status().isForbidden());
        web.perform(post("/login").param("username", "ann").param("password", FakeAccess.PASSWORD))
                .andExpect(redirectedUrl("/login?ended"));
        web.perform(post("/api/v1/takeovers")
                        .with(user("ann"))
                        .contentType("application/json")
                        .content("{}"))
                .andExpect(status().isForbidden())
                .andExpect(jsonPath("$.code").value("ACCESS_DENIED"));

        assertThat(scene.host(Scenery.WEB).name()).isEqualTo("web-01");
    }

    @Test
    void aBearerTokenNeedsNoFormTokenAndNoSession() throws Exception {
        String token = access.issueToken("ann", FakeAccess.PASSWORD, "test", Duration.ofHours(1), "-")
                .token();

        web.perform(get("/api/v1/hosts").header("Authorization", "Bearer " + token))
                .andExpect(status().isOk());
        MvcResult started = web.perform(post("/api/v1/events/1/acknowledge").header("Authorization", "Bearer " + token))
                .andExpect(status().isNoContent())
                .andReturn();
        web.perform(get("/actuator/prometheus").header("Authorization", "Bearer " + token))
                .andExpect(status().isOk());

        assertThat(started.getRequest().getSession(false)).isNull();
        assertThat(audit.recent(1))
                .extracting(AuditEntry::who, AuditEntry::action, AuditEntry::subject)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("ann", "POST /api/v1/events/{event}/acknowledge", "1"));
    }

    @Test
    void aWrongBearerTokenIsRefusedEvenInASession() throws Exception {
        web.perform(get("/api/v1/hosts").with(user("ann")).header("Authorization", "Bearer us_wrong"))
                .andExpect(status().isUnauthorized());
    }

    @Test
    void aBearerTokenDoesNotOpenPages() throws Exception {
        String token = access.issueToken("ann", FakeAccess.PASSWORD, "test", Duration.ofHours(1), "-")
                .token();

        web.perform(get("/hosts").accept("text/html").header("Authorization", "Bearer " + token))
                .andExpect(redirectedUrl("/login"));
    }

    @Test
    void setUpIsTheOnlyPageOfAFreshApplianceAndWorksOnce() throws Exception {
        access.reset(false);
        web.perform(get("/login")).andExpect(redirectedUrl("/setup"));

        web.perform(setUp("WRONG", "a good long passphrase"))
                .andExpect(content().string(containsString("The set-up code is not right.")));
        web.perform(setUp(FakeAccess.CODE, "short"))
                .andExpect(content().string(containsString("The password must have 12 to 256 characters.")));
        web.perform(setUp(FakeAccess.CODE, "a good long passphrase")).andExpect(redirectedUrl("/login"));

        web.perform(get("/setup")).andExpect(redirectedUrl("/login"));
        web.perform(setUp(FakeAccess.CODE, "a good long passphrase"))
                .andExpect(content().string(containsString("This appliance is already set up.")));
    }

    @Test
    void tokensAndSetUpOverTheApiNeedNeitherSessionNorFormToken() throws Exception {
        web.perform(post("/api/v1/tokens")
                        .contentType("application/json")
                        .content("{\"user\":\"ann\",\"password\":\"" + FakeAccess.PASSWORD + "\",\"name\":\"ci\"}"))
                .andExpect(status().isCreated())
                .andExpect(jsonPath("$.token").exists());
        web.perform(post("/api/v1/tokens")
                        .contentType("application/json")
                        .content("{\"user\":\"ann\",\"password\":\"wrong\",\"name\":\"ci\"}"))
                .andExpect(status().isUnauthorized())
                .andExpect(jsonPath("$.code").value("LOGIN_REFUSED"));
    }

    private MvcResult logIn(MockHttpSession session, String password) throws Exception {
        return web.perform(post("/login")
                        .param("username", "ann")
                        .param("password", password)
                        .session(session)
                        .with(csrf()))
                .andReturn();
    }

    private static org.springframework.test.web.servlet.request.MockHttpServletRequestBuilder setUp(
            String code, String password) {
        return post("/setup")
                .param("code", code)
                .param("user", "kim")
                .param("password", password)
                .param("repeated", password)
                .with(csrf());
    }
}
