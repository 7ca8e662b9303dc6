package org.understudy.server.hypervisor;

/**
 * Names a virtual machine of this appliance.
 *
 * @param value {@code us-} and 1 to 40 characters of {@code [a-z0-9-]}
 */
public record MachineName(String value) {

    public static final String PREFIX = "us-";

    public MachineName {
        if (!value.matches("us-[a-z0-9-]{1,40}")) {
            throw new IllegalArgumentException("not a machine name: " + value);
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
