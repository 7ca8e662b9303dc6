package org.understudy.server.web.api;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.access.AuditLog;
import org.understudy.server.files.FileName;
import org.understudy.server.files.FilePath;
import org.understudy.server.files.FileSystemId;
import org.understudy.server.files.FilesSettings;
import org.understudy.server.files.OpenFile;
import org.understudy.server.files.PointFileSystems;
import org.understudy.server.files.ZipDownload;
import org.understudy.server.kernel.PointId;
import org.understudy.server.web.Audited;
import org.understudy.server.web.ChangeAudit;

/**
 * Files of recovery points. Downloads are always attachments of no type: they come from machines that may be hostile, and nothing of them may be
 * shown as a page of the appliance. Each is in the audit log before its first byte.
 */
@RestController
@RequestMapping("/api/v1/points/{point}/files")
class FilesController {

    private static final Logger log = LoggerFactory.getLogger(FilesController.class);

    private static final int MOST_ENTRIES = 1000;
    private static final int MOST_PATHS = 10_000;
    private static final int PATHS_IN_AUDIT = 10;
    private static final int PATH_IN_AUDIT = 200;

    private final PointFileSystems fileSystems;
    private final FilesSettings settings;
    private final AuditLog audit;

    FilesController(PointFileSystems fileSystems, FilesSettings settings, AuditLog audit) {
        this.fileSystems = fileSystems;
        this.settings = settings;
        this.audit = audit;
    }

    /** @param reader {@code QUICK}: the appliance's kernel; {@code SAFE}: a machine of its own */
    record OpenRequest(PointFileSystems.@Nullable Reader reader) {}

    /** Opens the point, or finds it open. */
    @PostMapping
    @Audited("files.open")
    FilesResource open(@PathVariable PointId point, @RequestBody OpenRequest request, HttpServletRequest http) {
        if (request.reader() == null) {
            throw refused("\"reader\" is missing; write QUICK or SAFE");
        }
        ChangeAudit.detail(http, request.reader().name());
        return FilesResource.of(fileSystems.open(point, request.reader()));
    }

    @GetMapping
    FilesResource opened(@PathVariable PointId point) {
        return fileSystems
                .opened(point)
                .map(FilesResource::of)
                .orElseThrow(() -> Problem.of(ProblemCode.FILES_NOT_OPEN, "point", point.toString())
                        .asException());
    }

    @DeleteMapping
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Audited("files.close")
    void close(@PathVariable PointId point) {
        fileSystems.close(point);
    }

    /**
     * A page of a folder.
     *
     * @param path names joined by slashes, without one at the beginning; empty: the root of the file system
     * @param after the page begins after this name
     */
    @GetMapping("/{fileSystem}/entries")
    FilesResource.FolderResource entries(
            @PathVariable PointId point,
            @PathVariable FileSystemId fileSystem,
            @RequestParam(defaultValue = "") String path,
            @RequestParam(required = false) @Nullable String after,
            @RequestParam(defaultValue = "500") int limit) {
        FilePath folder = FilePath.parse(path);
        return FilesResource.FolderResource.of(
                folder.toString(),
                fileSystems.list(
                        point,
                        fileSystem,
                        folder,
                        Optional.ofNullable(after).map(FileName::parse),
                        Math.clamp(limit, 1, MOST_ENTRIES)));
    }

    /** The bytes of a file. */
    @GetMapping(value = "/{fileSystem}/content", produces = MediaType.APPLICATION_OCTET_STREAM_VALUE)
    void content(
            @PathVariable PointId point,
            @PathVariable FileSystemId fileSystem,
            @RequestParam String path,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException {
        FilePath wanted = FilePath.parse(path);
        try (OpenFile file = fileSystems.read(point, fileSystem, wanted)) {
            boolean onlyAsked = request.getMethod().equals(HttpMethod.HEAD.name());
            if (!onlyAsked) {
                record(request, point, fileSystem, shown(wanted));
            }
            head(
                    response,
                    MediaType.APPLICATION_OCTET_STREAM_VALUE,
                    file.entry().name().text());
            response.setContentLengthLong(file.entry().sizeBytes());
            if (!onlyAsked) {
                send(response, file::copyTo);
            }
        }
    }

    /** @param paths of files and folders; folders with all that is in them */
    record ZipRequest(@Nullable List<String> paths) {}

    /** A zip that is made while it is sent. */
    @PostMapping(value = "/{fileSystem}/zip", produces = "application/zip")
    @Audited("files.zip")
    void zip(
            @PathVariable PointId point,
            @PathVariable FileSystemId fileSystem,
            @RequestBody ZipRequest request,
            HttpServletRequest http,
            HttpServletResponse response) {
        List<String> paths = request.paths() == null ? List.of() : request.paths();
        if (paths.size() > MOST_PATHS) {
            throw refused("more than " + MOST_PATHS + " paths are selected; select the folders that they are in");
        }
        List<FilePath> selection = paths.stream().map(FilePath::parse).toList();
        ZipDownload download = ZipDownload.prepare(fileSystems, point, fileSystem, selection, settings.zipEntries());
        record(http, point, fileSystem, "zip of " + shown(selection));
        ChangeAudit.detail(http, shown(selection));
        head(response, "application/zip", point + "-" + fileSystem + ".zip");
        send(response, download::writeTo);
    }

    private static String shown(List<FilePath> selection) {
        String first = String.join(
                ", ",
                selection.stream()
                        .limit(PATHS_IN_AUDIT)
                        .map(FilesController::shown)
                        .toList());
        int more = selection.size() - PATHS_IN_AUDIT;
        return more > 0 ? first + " and " + more + " more" : first;
    }

    private static String shown(FilePath path) {
        String text = "/" + path;
        return text.length() <= PATH_IN_AUDIT ? text : text.substring(0, PATH_IN_AUDIT) + "…";
    }

    private void record(HttpServletRequest request, PointId point, FileSystemId fileSystem, String detail) {
        Principal user = request.getUserPrincipal();
        audit.record(
                user == null ? "-" : user.getName(),
                request.getRemoteAddr(),
                "files.download",
                point + " " + fileSystem,
                detail);
    }

    private static void head(HttpServletResponse response, String type, String name) {
        response.setContentType(type);
        response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        response.setHeader(
                HttpHeaders.CONTENT_DISPOSITION,
                ContentDisposition.attachment()
                        .filename(name, StandardCharsets.UTF_8)
                        .build()
                        .toString());
    }

    private interface Sending {
        void to(OutputStream out) throws IOException;
    }

    /** What fails before the first byte is out becomes a problem document instead of the file. */
    private static void send(HttpServletResponse response, Sending sending) {
        try {
            sending.to(response.getOutputStream());
        } catch (ProblemException e) {
            if (!response.isCommitted()) {
                response.reset();
            }
            throw e;
        } catch (IOException e) {
            log.info("A download ended early because its receiver is gone: {}", e.toString());
        }
    }

    private static ProblemException refused(String reason) {
        return Problem.of(ProblemCode.INVALID_REQUEST, "reason", reason).asException();
    }
}
