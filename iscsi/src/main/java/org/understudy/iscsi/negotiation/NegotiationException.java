package org.understudy.iscsi.negotiation;

/** A text key or its value breaks the rules; the login ends with an initiator or target fault. */
public final class NegotiationException extends Exception {

    private static final long serialVersionUID = 1;

    public NegotiationException(String message) {
        super(message);
    }
}
