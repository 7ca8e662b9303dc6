package org.understudy.iscsi.target;

/** Login refusals that this target gives (RFC 7143 section 11.13.5): class and detail. */
enum LoginStatus {
    INITIATOR_ERROR(0x0200),
    AUTHENTICATION_FAILURE(0x0201),
    AUTHORIZATION_FAILURE(0x0202),
    NOT_FOUND(0x0203),
    UNSUPPORTED_VERSION(0x0205),
    TOO_MANY_CONNECTIONS(0x0206),
    MISSING_PARAMETER(0x0207),
    SESSION_TYPE_NOT_SUPPORTED(0x0209),
    SESSION_DOES_NOT_EXIST(0x020a),
    INVALID_DURING_LOGIN(0x020b),
    SERVICE_UNAVAILABLE(0x0301);

    private final int code;

    LoginStatus(int code) {
        this.code = code;
    }

    int statusClass() {
        return code >> 8;
    }

    int statusDetail() {
        return code & 0xff;
    }
}
