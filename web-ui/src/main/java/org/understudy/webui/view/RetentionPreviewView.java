package org.understudy.webui.view;

import java.util.List;

/** What a retention rule would do now. */
public record RetentionPreviewView(String summary, List<Decision> decisions) {

    /** What happens to one point. */
    public record Decision(TimeView taken, String href, boolean kept, BadgeView outcome, String reasons) {}
}
