package org.understudy.webui.view;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a host joins.
 *
 * @param command the command of the token that was just issued; null if none was
 */
public record EnrolmentView(
        @Nullable String command, @Nullable TimeView expires, List<OptionView> validities, List<TokenView> pending) {}
