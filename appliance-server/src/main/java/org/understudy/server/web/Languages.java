package org.understudy.server.web;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.context.MessageSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.ResourceBundleMessageSource;
import org.springframework.http.HttpHeaders;
import org.springframework.web.servlet.LocaleResolver;
import org.springframework.web.servlet.i18n.CookieLocaleResolver;

/** In which language a request is answered: the reader's choice in a cookie, else what the browser asks for, else English. */
@Configuration(proxyBeanMethods = false)
public class Languages {

    /** The languages of the product; the first is the default. */
    public static final List<Locale> ALL = List.of(Locale.ENGLISH, Locale.SIMPLIFIED_CHINESE);

    private static final String COOKIE = "__Host-language";

    @Bean
    LocaleResolver localeResolver() {
        CookieLocaleResolver resolver = new CookieLocaleResolver(COOKIE);
        resolver.setCookieSecure(true);
        resolver.setCookieHttpOnly(true);
        resolver.setCookieSameSite("Strict");
        resolver.setCookieMaxAge(Duration.ofDays(365));
        resolver.setRejectInvalidCookies(false);
        resolver.setDefaultLocaleFunction(request -> wanted(request.getHeader(HttpHeaders.ACCEPT_LANGUAGE)));
        return resolver;
    }

    @Bean
    MessageSource messageSource() {
        ResourceBundleMessageSource source = new ResourceBundleMessageSource();
        source.setBasename("org.understudy.webui.messages");
        source.setDefaultEncoding("UTF-8");
        source.setFallbackToSystemLocale(false);
        return source;
    }

    /** The language of this appliance that comes first in an {@code Accept-Language} header. */
    static Locale wanted(@Nullable String header) {
        if (header == null) {
            return ALL.getFirst();
        }
        try {
            Locale found = Locale.lookup(Locale.LanguageRange.parse(header), List.of(Locale.ENGLISH, Locale.CHINESE));
            return found == null ? ALL.getFirst() : known(found.getLanguage());
        } catch (IllegalArgumentException e) {
            return ALL.getFirst();
        }
    }

    /** The language with this code, or English. */
    public static Locale known(String language) {
        return ALL.stream()
                .filter(locale -> locale.getLanguage().equals(language))
                .findFirst()
                .orElse(ALL.getFirst());
    }
}
