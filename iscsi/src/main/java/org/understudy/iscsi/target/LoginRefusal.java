package org.understudy.iscsi.target;

/** Ends a login with a response that says why. */
final class LoginRefusal extends Exception {

    private static final long serialVersionUID = 1;

    private final LoginStatus status;

    LoginRefusal(LoginStatus status, String reason) {
        super(reason, null, false, false);
        this.status = status;
    }

    LoginStatus status() {
        return status;
    }
}
