package org.understudy.server.web.console;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.net.URISyntaxException;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/** How changing requests are answered: by a redirection to a page that says what was done. */
final class Answers {

    private Answers() {}

    /** To {@code path}, with a sentence on what was done. */
    static String done(String path, String sentence, RedirectAttributes attributes) {
        attributes.addFlashAttribute("notice", sentence);
        return "redirect:" + path;
    }

    static RuntimeException missing(String what) {
        return Problem.of(ProblemCode.NOT_FOUND, "what", what).asException();
    }

    /** The page of this console that the request came from, else the overview. */
    static String back(HttpServletRequest request) {
        String referrer = request.getHeader("Referer");
        if (referrer == null) {
            return "/";
        }
        try {
            URI uri = new URI(referrer);
            String host = request.getHeader("Host");
            boolean ours = uri.getAuthority() != null && uri.getAuthority().equals(host);
            String path = uri.getRawPath();
            if (!ours || path == null || !path.startsWith("/") || path.startsWith("//") || path.startsWith("/login")) {
                return "/";
            }
            return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
        } catch (URISyntaxException e) {
            return "/";
        }
    }
}
