package org.understudy.webui.view;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a host joins.
 *
 * @param install the line that installs the agent and uses the token that was just issued; null if none was, or if the appliance
 *     has no package to give
 * @param command the command for a host that has an agent; null if no token was just issued
 */
public record EnrolmentView(
        @Nullable String install,
        @Nullable String command,
        @Nullable TimeView expires,
        List<OptionView> validities,
        List<TokenView> pending) {}
