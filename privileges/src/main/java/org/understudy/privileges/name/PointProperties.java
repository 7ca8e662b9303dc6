package org.understudy.privileges.name;

import java.util.Map;
import java.util.TreeMap;

/**
 * Short facts about a point, kept with it in the pool.
 *
 * @param values keys of the form {@code [a-z][a-z0-9.-]{0,63}}, values of at most 1024 characters without control characters
 */
public record PointProperties(Map<String, String> values) {

    public static final int MAX_COUNT = 32;

    private static final String KEY = "[a-z][a-z0-9.-]{0,63}";
    private static final String VALUE = "\\P{Cntrl}{0,1024}";

    /** @throws IllegalArgumentException if there are too many, or one breaks its rule */
    public PointProperties {
        values = Map.copyOf(values);
        if (values.size() > MAX_COUNT) {
            throw new IllegalArgumentException("more than " + MAX_COUNT + " properties");
        }
        new TreeMap<>(values).forEach((key, value) -> {
            requireKey(key);
            Form.require(value, VALUE, "the value of a property");
        });
    }

    /** @throws IllegalArgumentException if it is no key */
    public static String requireKey(String key) {
        Form.require(key, KEY, "the key of a property");
        return key;
    }
}
