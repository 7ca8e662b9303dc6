package org.understudy.webui.view;

/**
 * An instant, in the forms that pages need.
 *
 * @param iso for programs: ISO 8601 in UTC
 * @param text date and time to the minute in the zone of the appliance
 * @param full with seconds and the UTC offset
 * @param ago how long it is from now, in words
 */
public record TimeView(String iso, String text, String full, String ago) {}
