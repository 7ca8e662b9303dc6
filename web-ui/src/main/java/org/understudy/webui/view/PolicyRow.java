package org.understudy.webui.view;

import java.util.List;

/** A policy in a list. */
public record PolicyRow(
        LinkView policy, String schedule, String windows, String retention, String objective, List<LinkView> hosts) {}
