package org.understudy.webui.view;

import java.util.List;

/**
 * Whether a host would start on this appliance.
 *
 * @param verdict yes, after preparations, no, or not known
 * @param sentence the verdict with the profile
 * @param findings preparations, reasons, or what is not known
 * @param profiles every profile, the best one first
 */
public record ReadinessView(
        BadgeView verdict, String sentence, List<String> findings, List<String> cautions, List<Profile> profiles) {

    /** The outcome on one profile. */
    public record Profile(String title, BadgeView verdict, List<String> findings) {}
}
