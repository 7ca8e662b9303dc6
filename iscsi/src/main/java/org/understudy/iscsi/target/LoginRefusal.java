package org.understudy.iscsi.target;

import org.understudy.iscsi.target.RefusedLogin.Reason;

/** Ends a login with a response that says why. */
final class LoginRefusal extends Exception {

    private static final long serialVersionUID = 1;

    private final LoginStatus status;
    private final Reason reason;

    LoginRefusal(LoginStatus status, String detail) {
        this(status, reasonOf(status), detail);
    }

    LoginRefusal(LoginStatus status, Reason reason, String detail) {
        super(detail, null, false, false);
        this.status = status;
        this.reason = reason;
    }

    private static Reason reasonOf(LoginStatus status) {
        return switch (status) {
            case AUTHENTICATION_FAILURE -> Reason.WRONG_CREDENTIALS;
            case AUTHORIZATION_FAILURE -> Reason.ACCESS_LIST;
            case NOT_FOUND -> Reason.UNKNOWN_TARGET;
            case TOO_MANY_CONNECTIONS -> Reason.TOO_MANY_CONNECTIONS;
            case INITIATOR_ERROR,
                    UNSUPPORTED_VERSION,
                    MISSING_PARAMETER,
                    SESSION_TYPE_NOT_SUPPORTED,
                    SESSION_DOES_NOT_EXIST,
                    INVALID_DURING_LOGIN,
                    SERVICE_UNAVAILABLE -> Reason.PROTOCOL;
        };
    }

    LoginStatus status() {
        return status;
    }

    Reason reason() {
        return reason;
    }

    String detail() {
        return String.valueOf(getMessage());
    }
}
