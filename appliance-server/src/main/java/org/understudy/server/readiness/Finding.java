package org.understudy.server.readiness;

import java.util.Locale;
import java.util.Map;
import java.util.ResourceBundle;

/**
 * One thing that bears on a start. Texts are in {@code findings*.properties} of this package.
 *
 * @param values for the placeholders {@code {name}} of the text
 */
public record Finding(Code code, Map<String, String> values) {

    /** What can be found. The rules and their reasons are in docs/design/boot-readiness.md. */
    public enum Code {
        // Reasons why it will not start.
        ROOT_ELSEWHERE,
        ROOT_NOT_PROTECTED,
        NO_BOOT_CODE,
        GRUB_CORE_MISSING,
        NO_EFI_PARTITION,
        NO_EFI_LOADER,
        NO_DRIVER,
        // What has to be done first.
        PASSPHRASE,
        BOOT_DISK_FIRST,
        EFI_FALLBACK,
        REBUILD_INITRAMFS,
        ROOT_BY_PATH,
        MOUNT_BY_PATH,
        MOUNT_NOT_PROTECTED,
        // What is not known.
        NO_FACTS,
        NO_SYSTEM,
        ROOT_UNKNOWN,
        BOOT_CODE_UNKNOWN,
        EFI_PARTITION_NOT_READ,
        NO_KERNEL,
        KERNEL_FILE_NOT_FOUND,
        INITRAMFS_UNREADABLE,
        BUILT_IN_UNKNOWN,
        MODULES_UNKNOWN,
        // What does not stop it from starting.
        OTHER_KERNEL,
        NETWORK_DRIVER,
        NETWORK_NAME,
        SECURE_BOOT
    }

    private static final String BUNDLE = "org.understudy.server.readiness.findings";

    public Finding {
        values = Map.copyOf(values);
    }

    static Finding of(Code code) {
        return new Finding(code, Map.of());
    }

    /** A whole sentence. */
    public String text(Locale locale) {
        ResourceBundle bundle = ResourceBundle.getBundle(
                BUNDLE, locale, ResourceBundle.Control.getNoFallbackControl(ResourceBundle.Control.FORMAT_PROPERTIES));
        String text = bundle.getString(code.name());
        for (Map.Entry<String, String> value : values.entrySet()) {
            text = text.replace("{" + value.getKey() + "}", value.getValue());
        }
        return text;
    }
}
