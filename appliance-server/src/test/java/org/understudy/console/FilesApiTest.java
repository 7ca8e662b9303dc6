package org.understudy.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.containsString;
import static org.springframework.security.test.web.servlet.request.SecurityMockMvcRequestPostProcessors.csrf;
import static org.springframework.security.test.web.servlet.request.SecurityMockMvcRequestPostProcessors.user;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.delete;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.head;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.header;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.ResultActions;
import org.springframework.test.web.servlet.request.MockHttpServletRequestBuilder;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.access.AuditEntry;
import org.understudy.server.kernel.PointId;

@ConsoleTest
class FilesApiTest {

    private static final PointId POINT = PointId.parse("6f0d7b52-6f4a-4f4f-9a70-1f0d6f6c1a01");
    private static final String FILES = "/api/v1/points/" + POINT + "/files";

    @Autowired
    MockMvc web;

    @Autowired
    FakeFiles files;

    @Autowired
    FakeAuditLog audit;

    @BeforeEach
    void reset() {
        files.reset();
        audit.clear();
    }

    private ResultActions ask(MockHttpServletRequestBuilder request) throws Exception {
        return web.perform(request.with(user("ann")).with(csrf()));
    }

    private ResultActions open() throws Exception {
        return ask(post(FILES).contentType("application/json").content("{\"reader\":\"QUICK\"}"));
    }

    private ResultActions zip(String paths) throws Exception {
        return ask(post(FILES + "/disk0-1/zip").contentType("application/json").content("{\"paths\":[" + paths + "]}"));
    }

    @Test
    void aStrangerSeesNothing() throws Exception {
        web.perform(get(FILES)).andExpect(status().isUnauthorized());
        web.perform(get(FILES + "/disk0-1/content").param("path", "a")).andExpect(status().isUnauthorized());
    }

    @Test
    void openingTellsTheFileSystemsAndIsAudited() throws Exception {
        open().andExpect(status().isOk())
                .andExpect(jsonPath("$.closesAt").value("2026-11-20T12:15:00Z"))
                .andExpect(jsonPath("$.fileSystems[0].id").value("disk0-1"))
                .andExpect(jsonPath("$.fileSystems[0].label").value("root"))
                .andExpect(jsonPath("$.fileSystems[1].unreadable").value("the quick path does not read swap"));
        ask(get(FILES)).andExpect(jsonPath("$.pointId").value(POINT.toString()));

        assertThat(audit.recent(10))
                .extracting(AuditEntry::who, AuditEntry::action, AuditEntry::subject, AuditEntry::detail)
                .containsExactly(org.assertj.core.groups.Tuple.tuple("ann", "files.open", POINT.toString(), "QUICK"));
    }

    @Test
    void theReaderIsChosenByTheRequestAndNeverGuessed() throws Exception {
        ask(post(FILES).contentType("application/json").content("{}"))
                .andExpect(status().isBadRequest())
                .andExpect(jsonPath("$.title").value(containsString("QUICK or SAFE")));
        ask(post(FILES).contentType("application/json").content("{\"reader\":\"SAFE\"}"))
                .andExpect(status().isNotImplemented())
                .andExpect(jsonPath("$.code").value("CAPABILITY_MISSING"));
    }

    @Test
    void whatIsNotOpenIsSaidInTheReadersLanguage() throws Exception {
        ask(get(FILES).header("Accept-Language", "zh-CN"))
                .andExpect(status().isConflict())
                .andExpect(jsonPath("$.code").value("FILES_NOT_OPEN"))
                .andExpect(jsonPath("$.remedy").value("请重新打开该恢复点的文件。"));
    }

    @Test
    void aFolderComesInPages() throws Exception {
        open();
        files.add("a", "1");
        files.add("b%0A", "2");
        files.add("%FF", "3");

        ask(get(FILES + "/disk0-1/entries").param("limit", "2"))
                .andExpect(jsonPath("$.entries[*].name").value(org.hamcrest.Matchers.contains("a", "b%0A")))
                .andExpect(jsonPath("$.next").value("b%0A"));
        ask(get(FILES + "/disk0-1/entries").param("limit", "2").param("after", "b%0A"))
                .andExpect(jsonPath("$.entries[*].name").value(org.hamcrest.Matchers.contains("%FF")))
                .andExpect(jsonPath("$.next").doesNotExist());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/etc/passwd", "..", "a/../b", "%2E%2E", "a//b", "a%2Fb", "a%00", "a%0", "a/"})
    void aPathThatLeadsElsewhereIsRefused(String path) throws Exception {
        open();

        ask(get(FILES + "/disk0-1/content").param("path", path))
                .andExpect(status().isBadRequest())
                .andExpect(jsonPath("$.code").value("INVALID_REQUEST"))
                .andExpect(jsonPath("$.title").value(containsString("the path is not one of a file")));
        ask(get(FILES + "/disk0-1/entries").param("path", path)).andExpect(status().isBadRequest());
        zip("\"" + path + "\"").andExpect(status().isBadRequest());
    }

    @Test
    void aFileIsAnAttachmentWithItsBytesAndAudited() throws Exception {
        open();
        files.add("page.html", "<script>alert(1)</script>");

        ask(get(FILES + "/disk0-1/content").param("path", "page.html"))
                .andExpect(status().isOk())
                .andExpect(content().contentType("application/octet-stream"))
                .andExpect(header().string("Content-Disposition", containsString("attachment")))
                .andExpect(header().string("Content-Disposition", containsString("page.html")))
                .andExpect(header().string("X-Content-Type-Options", "nosniff"))
                .andExpect(header().longValue("Content-Length", 25))
                .andExpect(content().string("<script>alert(1)</script>"));

        assertThat(audit.recent(1))
                .extracting(AuditEntry::who, AuditEntry::action, AuditEntry::subject, AuditEntry::detail)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("ann", "files.download", POINT + " disk0-1", "/page.html"));
    }

    @Test
    void askingForTheSizeIsNoDownload() throws Exception {
        open();
        files.add("file", "12345");

        ask(head(FILES + "/disk0-1/content").param("path", "file"))
                .andExpect(status().isOk())
                .andExpect(header().longValue("Content-Length", 5));

        assertThat(audit.recent(10)).extracting(AuditEntry::action).doesNotContain("files.download");
    }

    @Test
    void aFileThatIsNotThereIsAProblemAndNoDownload() throws Exception {
        open();

        ask(get(FILES + "/disk0-1/content").param("path", "nothing"))
                .andExpect(status().isNotFound())
                .andExpect(header().doesNotExist("Content-Disposition"))
                .andExpect(jsonPath("$.code").value("NOT_FOUND"));

        assertThat(audit.recent(10)).extracting(AuditEntry::action).doesNotContain("files.download");
    }

    @Test
    void aFileThatFailsInTheMiddleIsBrokenOffAndNotEndedWithAProblem() throws Exception {
        open();
        files.add("broken", "the beginning");

        assertThatThrownBy(() -> ask(get(FILES + "/disk0-1/content").param("path", "broken")))
                .hasRootCauseMessage("Input/output error")
                .isInstanceOfAny(ProblemException.class, jakarta.servlet.ServletException.class);
    }

    @Test
    void aSelectionIsAZipAndAuditedBeforeItsFirstByte() throws Exception {
        open();
        files.add("a", "first");
        files.add("b", "second");
        files.add("c", "not chosen");

        byte[] sent = zip("\"a\",\"b\"")
                .andExpect(status().isOk())
                .andExpect(content().contentType("application/zip"))
                .andReturn()
                .getResponse()
                .getContentAsByteArray();

        List<String> found = new ArrayList<>();
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(sent), StandardCharsets.UTF_8)) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                found.add(entry.getName() + "=" + new String(in.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        assertThat(found).containsExactly("disk0-1/a=first", "disk0-1/b=second");
        assertThat(audit.recent(2))
                .extracting(AuditEntry::action, AuditEntry::detail)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("files.zip", "/a, /b"),
                        org.assertj.core.groups.Tuple.tuple("files.download", "zip of /a, /b"));
    }

    @Test
    void tooManyEntriesAreAnAnswerAndNotABrokenZip() throws Exception {
        open();
        for (int i = 0; i <= FakeFiles.MOST_IN_ZIP; i++) {
            files.add("f" + i, "x");
        }

        zip("\"\"")
                .andExpect(status().isUnprocessableContent())
                .andExpect(jsonPath("$.code").value("FILES_TOO_MANY"))
                .andExpect(jsonPath("$.title").value(containsString("more than 10 entries")));
        zip("").andExpect(status().isBadRequest());
    }

    @Test
    void closingIsAudited() throws Exception {
        open();

        ask(delete(FILES)).andExpect(status().isNoContent());

        ask(get(FILES)).andExpect(status().isConflict());
        assertThat(audit.recent(1)).extracting(AuditEntry::action).containsExactly("files.close");
    }
}
