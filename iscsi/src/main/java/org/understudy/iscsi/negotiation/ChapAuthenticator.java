package org.understudy.iscsi.negotiation;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.negotiation.Chap.Algorithm;
import org.understudy.iscsi.negotiation.Chap.Challenge;

/** The target's part of one CHAP exchange. Not thread-safe. */
public final class ChapAuthenticator {

    private final ChapCredentials expected;
    private final Optional<ChapCredentials> own;
    private @Nullable Algorithm algorithm;
    private @Nullable Challenge challenge;
    private boolean authenticated;

    /**
     * @param expected what the initiator must know
     * @param own what we prove in turn, if asked
     */
    public ChapAuthenticator(ChapCredentials expected, Optional<ChapCredentials> own) {
        this.expected = expected;
        this.own = own;
    }

    public boolean authenticated() {
        return authenticated;
    }

    /**
     * Takes the CHAP keys of a request and gives those of the response; empty if nothing CHAP was asked.
     *
     * @throws AuthenticationFailed if the initiator may not log in
     */
    public TextKeys step(TextKeys request) throws AuthenticationFailed, NegotiationException {
        TextKeys reply = new TextKeys();
        Optional<String> algorithms = request.take("CHAP_A");
        if (algorithms.isPresent()) {
            Algorithm chosen = Algorithm.choose(algorithms.get())
                    .orElseThrow(() -> new AuthenticationFailed("no common CHAP algorithm"));
            Challenge asked = Challenge.random(chosen);
            algorithm = chosen;
            challenge = asked;
            return reply.put("CHAP_A", chosen.number())
                    .put("CHAP_I", asked.identifier())
                    .put("CHAP_C", Chap.encode(asked.bytes()));
        }
        Optional<String> name = request.take("CHAP_N");
        Optional<String> response = request.take("CHAP_R");
        if (name.isEmpty() && response.isEmpty()) {
            return reply;
        }
        verify(name.orElse(""), response.orElse("0x"));
        Optional<String> identifier = request.take("CHAP_I");
        Optional<String> question = request.take("CHAP_C");
        if (identifier.isPresent() && question.isPresent()) {
            proveOurselves(identifier.get(), question.get(), reply);
        }
        authenticated = true;
        return reply;
    }

    private void verify(String name, String response) throws AuthenticationFailed, NegotiationException {
        Algorithm chosen = algorithm;
        Challenge asked = challenge;
        if (chosen == null || asked == null) {
            throw new AuthenticationFailed("CHAP response without a challenge");
        }
        // One answer per question.
        challenge = null;
        byte[] wanted = Chap.response(chosen, asked, expected.secret());
        boolean matches = Chap.matches(wanted, Chap.decode(response));
        if (!matches || !name.equals(expected.user())) {
            throw new AuthenticationFailed("CHAP name or secret is wrong");
        }
        lastAsked = asked;
    }

    private @Nullable Challenge lastAsked;

    private void proveOurselves(String identifier, String question, TextKeys reply)
            throws AuthenticationFailed, NegotiationException {
        ChapCredentials credentials =
                own.orElseThrow(() -> new AuthenticationFailed("mutual CHAP is not set up for this target"));
        Algorithm chosen = algorithm;
        Challenge mine = lastAsked;
        byte[] bytes = Chap.decode(question);
        if (chosen == null || mine == null || Chap.matches(mine.bytes(), bytes)) {
            throw new AuthenticationFailed("CHAP challenge was reflected");
        }
        Challenge theirs = new Challenge((int) TextKeys.number(identifier, 0, 255), bytes);
        reply.put("CHAP_N", credentials.user())
                .put("CHAP_R", Chap.encode(Chap.response(chosen, theirs, credentials.secret())));
    }

    /** The initiator is not who it says, or offers no method that would show it. */
    public static final class AuthenticationFailed extends Exception {
        private static final long serialVersionUID = 1;

        public AuthenticationFailed(String message) {
            super(message);
        }
    }
}
