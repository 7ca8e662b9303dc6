package org.understudy.iscsi.target;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.IscsiException.ProtocolViolation;
import org.understudy.iscsi.negotiation.ChapAuthenticator;
import org.understudy.iscsi.negotiation.ChapAuthenticator.AuthenticationFailed;
import org.understudy.iscsi.negotiation.NegotiationException;
import org.understudy.iscsi.negotiation.OperationalKeys;
import org.understudy.iscsi.negotiation.SessionParameters;
import org.understudy.iscsi.negotiation.TextKeys;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.InitiatorPdu;
import org.understudy.iscsi.pdu.InitiatorPdu.LoginRequest;
import org.understudy.iscsi.pdu.PduReader;
import org.understudy.iscsi.pdu.TargetPdu.LoginResponse;

/**
 * The login of one connection (RFC 7143 chapter 6): stages, authentication, operational keys. Any refusal is a login response
 * with a status, never a closed socket. Runs on the reader thread; time is limited from outside.
 */
final class LoginPhase {

    private static final int SECURITY = 0;
    private static final int OPERATIONAL = 1;
    private static final int FULL_FEATURE = 3;
    /** A login that needs more requests than this is no login. */
    private static final int MAX_REQUESTS = 32;

    private static final int MAX_NAME_LENGTH = 223;

    private final PduReader reader;
    private final Outbound outbound;
    private final Access access;
    private final Function<String, Optional<ExportedTarget>> targets;
    private final OperationalKeys operational;
    private final RefusalReport report;
    private final ByteArrayOutputStream collected = new ByteArrayOutputStream();

    private @Nullable LoginRequest first;
    private int firstCmdSn;
    private String initiatorName = "";
    private boolean discovery;
    private String targetName = "";
    private @Nullable ExportedTarget requested;
    private @Nullable ExportedTarget target;
    private @Nullable TargetDefinition checked;
    private @Nullable ChapAuthenticator chap;
    private boolean securityDone;
    private boolean portalGroupDue;
    private int stage = -1;

    LoginPhase(
            PduReader reader,
            Outbound outbound,
            Access access,
            Function<String, Optional<ExportedTarget>> targets,
            Limits limits,
            RefusalReport report) {
        this.report = report;
        this.reader = reader;
        this.outbound = outbound;
        this.access = access;
        this.targets = targets;
        this.operational = new OperationalKeys(limits.maxDataSegmentBytes(), limits.maxBurstBytes());
    }

    /**
     * What a login agreed on; its last response is not sent yet.
     *
     * @param target empty in a discovery session
     * @param checked the definition of the target against which the login was checked
     */
    record Result(
            String initiatorName,
            long isid,
            Optional<ExportedTarget> target,
            Optional<TargetDefinition> checked,
            SessionParameters parameters,
            int firstCmdSn,
            LoginResponse lastResponse,
            byte[] lastText) {}

    /**
     * Takes login requests until the last.
     *
     * @return empty if the peer went away, or was refused and told so
     */
    Optional<Result> run() throws IOException {
        for (int count = 0; count < MAX_REQUESTS; count++) {
            Optional<Header> header = reader.next();
            if (header.isEmpty()) {
                return Optional.empty();
            }
            if (!header.get().isLoginRequest()) {
                throw new ProtocolViolation("first PDU is no login request");
            }
            LoginRequest request =
                    (LoginRequest) InitiatorPdu.decode(header.get()).orElseThrow();
            try {
                Optional<Result> result = take(request, header.get().sequenceNumber(), reader.readSmallData());
                if (result.isPresent()) {
                    return result;
                }
            } catch (LoginRefusal e) {
                refuse(request, e);
                return Optional.empty();
            }
        }
        throw new ProtocolViolation("login without end");
    }

    private void refuse(LoginRequest request, LoginRefusal refusal) {
        LoginResponse response = new LoginResponse(
                false,
                false,
                request.currentStage(),
                request.currentStage(),
                0,
                0,
                request.isid(),
                request.tsih(),
                request.initiatorTaskTag(),
                refusal.status().statusClass(),
                refusal.status().statusDetail());
        outbound.send(response);
        outbound.flush();
        tell(refusal);
    }

    /** Reports a refusal of this login. */
    void tell(LoginRefusal refusal) {
        if (requested != null) {
            requested.countRefusal();
        }
        report.refused(initiatorName, targetName, refusal.reason(), refusal.detail());
    }

    /** Hears of the refusal of this login. */
    @FunctionalInterface
    interface RefusalReport {
        void refused(String initiatorName, String targetName, RefusedLogin.Reason reason, String detail);
    }

    private Optional<Result> take(LoginRequest request, int cmdSn, byte[] data) throws LoginRefusal {
        checkRequest(request, cmdSn);
        if (collected.size() + data.length > TextKeys.MAX_TEXT_BYTES) {
            throw new LoginRefusal(LoginStatus.INITIATOR_ERROR, "login text is too long");
        }
        collected.writeBytes(data);
        if (request.isContinued()) {
            if (request.transit()) {
                throw new LoginRefusal(LoginStatus.INITIATOR_ERROR, "transit and continue at once");
            }
            outbound.send(response(request, false, request.currentStage()));
            return Optional.empty();
        }
        try {
            TextKeys keys = TextKeys.parse(collected.toByteArray());
            collected.reset();
            return step(request, keys);
        } catch (NegotiationException e) {
            throw new LoginRefusal(LoginStatus.INITIATOR_ERROR, String.valueOf(e.getMessage()));
        } catch (AuthenticationFailed e) {
            throw new LoginRefusal(LoginStatus.AUTHENTICATION_FAILURE, String.valueOf(e.getMessage()));
        }
    }

    private void checkRequest(LoginRequest request, int cmdSn) throws LoginRefusal {
        LoginRequest earlier = first;
        if (earlier == null) {
            first = request;
            firstCmdSn = cmdSn;
            if (request.versionMin() > 0) {
                throw new LoginRefusal(LoginStatus.UNSUPPORTED_VERSION, "protocol version " + request.versionMin());
            }
            if (request.tsih() != 0) {
                throw new LoginRefusal(LoginStatus.SESSION_DOES_NOT_EXIST, "sessions have one connection");
            }
        } else if (earlier.isid() != request.isid()
                || earlier.initiatorTaskTag() != request.initiatorTaskTag()
                || earlier.cid() != request.cid()) {
            throw new LoginRefusal(LoginStatus.INITIATOR_ERROR, "login requests of different logins");
        }
        int current = request.currentStage();
        boolean validStage = current == SECURITY || current == OPERATIONAL;
        boolean validNext = !request.transit() || request.nextStage() > current && request.nextStage() != 2;
        if (!validStage || !validNext || current < stage) {
            throw new LoginRefusal(LoginStatus.INVALID_DURING_LOGIN, "stages out of order");
        }
    }

    private Optional<Result> step(LoginRequest request, TextKeys keys)
            throws LoginRefusal, NegotiationException, AuthenticationFailed {
        if (stage < 0) {
            identify(keys);
        }
        stage = request.currentStage();
        TextKeys reply = new TextKeys();
        if (portalGroupDue) {
            portalGroupDue = false;
            reply.put("TargetPortalGroupTag", 1);
        }
        if (stage == SECURITY) {
            security(keys, reply);
        } else {
            if (!authenticationDone()) {
                throw new AuthenticationFailed("login without the CHAP that this target asks for");
            }
            merge(operational.answer(keys), reply);
        }
        boolean transit = request.transit() && (stage != SECURITY || authenticationDone());
        if (transit) {
            stage = request.nextStage();
        }
        LoginResponse response = response(request, transit, transit ? request.nextStage() : 0);
        byte[] text = reply.encode();
        if (!transit || request.nextStage() != FULL_FEATURE) {
            outbound.send(response, text);
            return Optional.empty();
        }
        return Optional.of(new Result(
                initiatorName,
                request.isid(),
                Optional.ofNullable(target),
                Optional.ofNullable(checked),
                operational.result(),
                firstCmdSn,
                response,
                text));
    }

    /** Who logs in where: in the first request. */
    private void identify(TextKeys keys) throws LoginRefusal {
        initiatorName = keys.take("InitiatorName").orElse("").toLowerCase(Locale.ROOT);
        if (initiatorName.isEmpty() || initiatorName.length() > MAX_NAME_LENGTH) {
            throw new LoginRefusal(LoginStatus.MISSING_PARAMETER, "no usable InitiatorName");
        }
        String type = keys.take("SessionType").orElse("Normal");
        discovery = type.equals("Discovery");
        if (discovery) {
            operational.discovery();
            keys.take("TargetName");
            securityDone = false;
            return;
        }
        if (!type.equals("Normal")) {
            throw new LoginRefusal(LoginStatus.SESSION_TYPE_NOT_SUPPORTED, "session type " + type);
        }
        String name = keys.take("TargetName")
                .orElseThrow(() -> new LoginRefusal(LoginStatus.MISSING_PARAMETER, "no TargetName"));
        targetName = name;
        ExportedTarget found = targets.apply(name.toLowerCase(Locale.ROOT))
                .orElseThrow(() -> new LoginRefusal(LoginStatus.NOT_FOUND, "there is no target of that name"));
        requested = found;
        TargetDefinition definition = found.definition();
        Optional<RefusedLogin.Reason> excluded = access.refusal(definition, initiatorName);
        if (excluded.isPresent()) {
            throw new LoginRefusal(LoginStatus.AUTHORIZATION_FAILURE, excluded.get(), exclusion(excluded.get()));
        }
        target = found;
        checked = definition;
        portalGroupDue = true;
        definition.chap().ifPresent(credentials -> chap = new ChapAuthenticator(credentials, definition.mutualChap()));
    }

    private String exclusion(RefusedLogin.Reason reason) {
        if (reason != RefusedLogin.Reason.FOREIGN_CERTIFICATE) {
            return "initiator name or address is not on the access list";
        }
        return access.principal()
                .map(name -> "the target belongs to another certificate than that of " + name)
                .orElse("the target is reached with a certificate only, and the connection is plain");
    }

    private boolean authenticationDone() {
        ChapAuthenticator exchange = chap;
        return exchange == null || exchange.authenticated();
    }

    private void security(TextKeys keys, TextKeys reply) throws AuthenticationFailed, NegotiationException {
        ChapAuthenticator exchange = chap;
        Optional<String> methods = keys.take("AuthMethod");
        if (methods.isPresent()) {
            String wanted = exchange == null ? "None" : "CHAP";
            if (!java.util.List.of(methods.get().split(",", -1)).contains(wanted)) {
                throw new AuthenticationFailed("no common authentication method: " + wanted + " is wanted");
            }
            reply.put("AuthMethod", wanted);
            securityDone = true;
        }
        if (exchange != null) {
            if (!securityDone && keys.get("CHAP_A") != null) {
                throw new AuthenticationFailed("CHAP before it was agreed on");
            }
            merge(exchange.step(keys), reply);
        }
        // Operational keys belong to the operational stage; NotUnderstood is for keys that nobody knows.
        if (!keys.isEmpty()) {
            TextKeys others = new TextKeys();
            keys.asMap().forEach((key, value) -> {
                if (!key.equals("InitiatorAlias")) {
                    others.put(key, OperationalKeys.isKnown(key) ? "Reject" : "NotUnderstood");
                }
            });
            merge(others, reply);
        }
    }

    private static void merge(TextKeys from, TextKeys into) {
        from.asMap().forEach(into::put);
    }

    private LoginResponse response(LoginRequest request, boolean transit, int nextStage) {
        return new LoginResponse(
                transit,
                false,
                request.currentStage(),
                transit ? nextStage : 0,
                0,
                0,
                request.isid(),
                request.tsih(),
                request.initiatorTaskTag(),
                0,
                0);
    }
}
