package org.understudy.webui.view;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What every page has around its content.
 *
 * @param language BCP 47 tag of the page
 * @param languages to switch to
 * @param section the active entry of the navigation
 * @param user null before the log-in
 * @param attention things that need somebody
 * @param zone time zone of all times, with its UTC offset now
 * @param emulated takeovers run without hardware acceleration
 */
public record ShellView(
        String language,
        List<OptionView> languages,
        String section,
        @Nullable String user,
        int attention,
        TimeView now,
        String zone,
        boolean emulated) {}
