package org.understudy.server.web.console;

import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import java.time.Duration;
import java.util.List;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.understudy.server.access.Access;
import org.understudy.server.access.ApiToken;
import org.understudy.server.web.Audited;
import org.understudy.server.web.ChangeAudit;
import org.understudy.webui.view.ApiTokenView;
import org.understudy.webui.view.OptionView;

/** The user's own API tokens. */
@Controller
@RequestMapping("/account")
class AccountPages {

    private static final List<Integer> DAYS = List.of(1, 30, 90, 365);

    private final Access access;

    AccountPages(Access access) {
        this.access = access;
    }

    @GetMapping
    String account(Principal user, Model model, Phrases phrases) {
        model.addAttribute(
                "tokens",
                access.tokens(user.getName()).stream()
                        .map(token -> new ApiTokenView(
                                token.id(),
                                token.name(),
                                phrases.time(token.createdAt()),
                                phrases.time(token.expiresAt()),
                                phrases.time(token.lastUsedAt())))
                        .toList());
        model.addAttribute(
                "days",
                DAYS.stream()
                        .map(days -> new OptionView(
                                Integer.toString(days), phrases.duration(Duration.ofDays(days)), days == 30))
                        .toList());
        return "account";
    }

    @PostMapping("/tokens")
    @Audited("token.issue.console")
    String issue(
            @RequestParam String name,
            @RequestParam String password,
            @RequestParam int days,
            Principal user,
            HttpServletRequest request,
            RedirectAttributes attributes) {
        ApiToken token =
                access.issueToken(user.getName(), password, name, Duration.ofDays(days), request.getRemoteAddr());
        ChangeAudit.subject(request, token.id());
        attributes.addFlashAttribute("issued", token.token());
        return "redirect:/account";
    }

    @PostMapping("/tokens/{token}/revoke")
    @Audited("token.revoke")
    String revoke(@PathVariable String token, Principal user, RedirectAttributes attributes, Phrases phrases) {
        access.revokeToken(token, user.getName());
        return Answers.done("/account", phrases.text("token.revoke.done"), attributes);
    }
}
