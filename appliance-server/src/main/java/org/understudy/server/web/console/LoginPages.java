package org.understudy.server.web.console;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.LocaleResolver;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.access.Access;
import org.understudy.server.web.Languages;
import org.understudy.server.web.LoginProblem;

/** Log-in, first set-up, and the choice of the language. */
@Controller
class LoginPages {

    private final Access access;
    private final LocaleResolver locales;

    LoginPages(Access access, LocaleResolver locales) {
        this.access = access;
        this.locales = locales;
    }

    @GetMapping("/login")
    String login(HttpServletRequest request, Model model, Phrases phrases) {
        if (!access.setUp()) {
            return "redirect:/setup";
        }
        LoginProblem.take(request).ifPresent(problem -> model.addAttribute("problem", phrases.problem(problem)));
        if (request.getParameter("out") != null) {
            model.addAttribute("notice", phrases.text("login.out"));
        } else if (request.getParameter("ended") != null) {
            model.addAttribute("notice", phrases.text("login.ended"));
        }
        return "login";
    }

    @GetMapping("/setup")
    String setup() {
        return access.setUp() ? "redirect:/login" : "setup";
    }

    @PostMapping("/setup")
    String completeSetup(
            @RequestParam String code,
            @RequestParam String user,
            @RequestParam String password,
            @RequestParam String repeated,
            HttpServletRequest request,
            Model model,
            RedirectAttributes attributes,
            Phrases phrases) {
        try {
            if (!password.equals(repeated)) {
                throw Problem.of(ProblemCode.INVALID_REQUEST, "reason", phrases.text("setup.different"))
                        .asException();
            }
            access.completeSetup(code, user, password, request.getRemoteAddr());
        } catch (ProblemException e) {
            model.addAttribute("problem", phrases.problem(e.problem()));
            model.addAttribute("code", code);
            model.addAttribute("user", user);
            return "setup";
        }
        return Answers.done("/login", phrases.text("setup.done"), attributes);
    }

    @PostMapping("/language")
    String language(@RequestParam String language, HttpServletRequest request, HttpServletResponse response) {
        locales.setLocale(request, response, Languages.known(language));
        String back = Answers.back(request);
        return "redirect:" + (back.equals("/") && request.getUserPrincipal() == null ? "/login" : back);
    }
}
