package org.understudy.iscsi.negotiation;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.understudy.iscsi.pdu.Digests;

/**
 * Negotiation of the operational keys (RFC 7143 chapter 13), one instance per login. The target side answers offers with
 * {@link #answer}; the initiator side makes them with {@link #offer} and reads the results with {@link #accept}.
 */
public final class OperationalKeys {

    private static final String HEADER_DIGEST = "HeaderDigest";
    private static final String DATA_DIGEST = "DataDigest";
    public static final String MAX_RECV = "MaxRecvDataSegmentLength";
    private static final String MAX_BURST = "MaxBurstLength";
    private static final String FIRST_BURST = "FirstBurstLength";
    private static final String INITIAL_R2T = "InitialR2T";
    private static final String IMMEDIATE_DATA = "ImmediateData";
    private static final String MAX_R2T = "MaxOutstandingR2T";
    private static final int MAX_24_BITS = 0xffffff;
    private static final int WANTED_R2TS = 8;
    private static final Set<String> IRRELEVANT_IN_DISCOVERY = Set.of(
            MAX_BURST,
            FIRST_BURST,
            INITIAL_R2T,
            IMMEDIATE_DATA,
            MAX_R2T,
            "MaxConnections",
            "DataPDUInOrder",
            "DataSequenceInOrder",
            "TaskReporting");
    private static final Set<String> OTHER_KNOWN = Set.of(
            HEADER_DIGEST,
            DATA_DIGEST,
            MAX_RECV,
            "ErrorRecoveryLevel",
            "DefaultTime2Wait",
            "DefaultTime2Retain",
            "IFMarker",
            "OFMarker",
            "IFMarkInt",
            "OFMarkInt",
            "RDMAExtensions",
            "iSCSIProtocolLevel",
            "InitiatorAlias",
            "TargetAlias",
            "InitiatorName",
            "TargetName",
            "TargetAddress",
            "TargetPortalGroupTag",
            "SessionType",
            "AuthMethod",
            "SendTargets");

    private final int ourSegmentBytes;
    private final int ourBurstBytes;

    private boolean headerDigest;
    private boolean dataDigest;
    private int sendSegmentBytes = SessionParameters.DEFAULT_SEGMENT_BYTES;
    private int receiveSegmentBytes = SessionParameters.DEFAULT_SEGMENT_BYTES;
    private int maxBurstBytes = SessionParameters.DEFAULTS.maxBurstBytes();
    private int firstBurstBytes = SessionParameters.DEFAULTS.firstBurstBytes();
    private boolean initialR2t = SessionParameters.DEFAULTS.initialR2t();
    private boolean immediateData = SessionParameters.DEFAULTS.immediateData();
    private int maxOutstandingR2t = SessionParameters.DEFAULTS.maxOutstandingR2t();
    private boolean declared;
    private boolean discovery;

    /**
     * @param ourSegmentBytes MaxRecvDataSegmentLength that we declare
     * @param ourBurstBytes MaxBurstLength and FirstBurstLength that we want at most
     */
    public OperationalKeys(int ourSegmentBytes, int ourBurstBytes) {
        this.ourSegmentBytes = ourSegmentBytes;
        this.ourBurstBytes = ourBurstBytes;
        // What was not negotiated must still fit our buffers.
        this.maxBurstBytes = Math.min(maxBurstBytes, MAX_24_BITS);
    }

    /** True for every key of RFC 7143 chapter 13, whether or not it may be used now. */
    public static boolean isKnown(String key) {
        return IRRELEVANT_IN_DISCOVERY.contains(key) || OTHER_KNOWN.contains(key);
    }

    /** Reads a value of MaxRecvDataSegmentLength. */
    public static int segmentLength(String value) throws NegotiationException {
        return (int) TextKeys.number(value, 512, MAX_24_BITS);
    }

    /** The session is one of discovery: keys about the transfer of data are irrelevant in it. */
    public void discovery() {
        discovery = true;
    }

    public SessionParameters result() {
        return new SessionParameters(
                new Digests(headerDigest, dataDigest),
                sendSegmentBytes,
                receiveSegmentBytes,
                maxBurstBytes,
                Math.min(firstBurstBytes, maxBurstBytes),
                initialR2t,
                immediateData,
                maxOutstandingR2t);
    }

    /** Answers what an initiator offered in the operational stage; keys that others handled were taken out before. */
    public TextKeys answer(TextKeys offer) throws NegotiationException {
        TextKeys reply = new TextKeys();
        for (Map.Entry<String, String> pair : offer.asMap().entrySet()) {
            answer(pair.getKey(), pair.getValue(), reply);
        }
        if (firstBurstBytes > maxBurstBytes && offer.get(FIRST_BURST) != null) {
            firstBurstBytes = maxBurstBytes;
            reply.put(FIRST_BURST, firstBurstBytes);
        }
        if (!declared) {
            declared = true;
            receiveSegmentBytes = ourSegmentBytes;
            reply.put(MAX_RECV, ourSegmentBytes);
        }
        return reply;
    }

    private void answer(String key, String value, TextKeys reply) throws NegotiationException {
        if (discovery && IRRELEVANT_IN_DISCOVERY.contains(key)) {
            reply.put(key, "Irrelevant");
            return;
        }
        switch (key) {
            case HEADER_DIGEST -> {
                String choice = chooseDigest(value);
                headerDigest = choice.equals("CRC32C");
                reply.put(key, choice);
            }
            case DATA_DIGEST -> {
                String choice = chooseDigest(value);
                dataDigest = choice.equals("CRC32C");
                reply.put(key, choice);
            }
            case MAX_RECV -> sendSegmentBytes = segmentLength(value);
            case MAX_BURST -> {
                maxBurstBytes = (int) Math.min(TextKeys.number(value, 512, MAX_24_BITS), ourBurstBytes);
                reply.put(key, maxBurstBytes);
            }
            case FIRST_BURST -> {
                firstBurstBytes = (int) Math.min(TextKeys.number(value, 512, MAX_24_BITS), ourBurstBytes);
                reply.put(key, firstBurstBytes);
            }
            case INITIAL_R2T -> {
                initialR2t = TextKeys.bool(value);
                reply.put(key, TextKeys.bool(initialR2t));
            }
            case IMMEDIATE_DATA -> {
                immediateData = TextKeys.bool(value);
                reply.put(key, TextKeys.bool(immediateData));
            }
            case MAX_R2T -> {
                maxOutstandingR2t = (int) Math.min(TextKeys.number(value, 1, 65535), WANTED_R2TS);
                reply.put(key, maxOutstandingR2t);
            }
            case "MaxConnections" -> {
                TextKeys.number(value, 1, 65535);
                reply.put(key, 1);
            }
            case "ErrorRecoveryLevel" -> {
                TextKeys.number(value, 0, 2);
                reply.put(key, 0);
            }
            case "DefaultTime2Wait" -> reply.put(key, Math.max(TextKeys.number(value, 0, 3600), 0));
            case "DefaultTime2Retain" -> {
                TextKeys.number(value, 0, 3600);
                reply.put(key, 0);
            }
            case "DataPDUInOrder", "DataSequenceInOrder" -> {
                TextKeys.bool(value);
                reply.put(key, "Yes");
            }
            case "IFMarker", "OFMarker", "RDMAExtensions" -> reply.put(key, "No");
            case "IFMarkInt", "OFMarkInt" -> reply.put(key, "Reject");
            case "iSCSIProtocolLevel" -> reply.put(key, Math.min(TextKeys.number(value, 0, 31), 1));
            case "TaskReporting" ->
                reply.put(key, List.of(value.split(",")).contains("RFC3720") ? "RFC3720" : "Reject");
            case "InitiatorAlias", "TargetAlias", "InitiatorName", "TargetName", "SessionType" -> {
                // declarations: no answer
            }
            case "AuthMethod", "SendTargets", "TargetAddress", "TargetPortalGroupTag" -> reply.put(key, "Reject");
            default -> reply.put(key, "NotUnderstood");
        }
    }

    private static String chooseDigest(String offered) {
        for (String name : offered.split(",", -1)) {
            if (name.equals("CRC32C") || name.equals("None")) {
                return name;
            }
        }
        return "Reject";
    }

    /** What an initiator asks for. */
    public TextKeys offer(boolean wantHeaderDigest, boolean wantDataDigest) {
        receiveSegmentBytes = ourSegmentBytes;
        return new TextKeys()
                .put(HEADER_DIGEST, wantHeaderDigest ? "CRC32C" : "None")
                .put(DATA_DIGEST, wantDataDigest ? "CRC32C" : "None")
                .put(INITIAL_R2T, "No")
                .put(IMMEDIATE_DATA, "Yes")
                .put(MAX_RECV, ourSegmentBytes)
                .put(MAX_BURST, ourBurstBytes)
                .put(FIRST_BURST, ourBurstBytes)
                .put(MAX_R2T, WANTED_R2TS)
                .put("MaxConnections", 1)
                .put("DataPDUInOrder", "Yes")
                .put("DataSequenceInOrder", "Yes")
                .put("DefaultTime2Wait", 0)
                .put("DefaultTime2Retain", 0)
                .put("ErrorRecoveryLevel", 0);
    }

    /**
     * Reads the target's results.
     *
     * @throws NegotiationException if the target chose what was not offered or rejected what is needed
     */
    public void accept(TextKeys results, boolean wantHeaderDigest, boolean wantDataDigest) throws NegotiationException {
        for (Map.Entry<String, String> pair : results.asMap().entrySet()) {
            String value = pair.getValue();
            switch (pair.getKey()) {
                case HEADER_DIGEST -> headerDigest = acceptDigest(value, wantHeaderDigest);
                case DATA_DIGEST -> dataDigest = acceptDigest(value, wantDataDigest);
                case MAX_RECV -> sendSegmentBytes = segmentLength(value);
                case MAX_BURST -> maxBurstBytes = (int) TextKeys.number(value, 512, ourBurstBytes);
                case FIRST_BURST -> firstBurstBytes = (int) TextKeys.number(value, 512, ourBurstBytes);
                case INITIAL_R2T -> initialR2t = TextKeys.bool(value);
                case IMMEDIATE_DATA -> immediateData = TextKeys.bool(value);
                case MAX_R2T -> maxOutstandingR2t = (int) TextKeys.number(value, 1, WANTED_R2TS);
                case "ErrorRecoveryLevel" -> TextKeys.number(value, 0, 0);
                case "DataPDUInOrder", "DataSequenceInOrder" -> {
                    if (!TextKeys.bool(value)) {
                        throw new NegotiationException(pair.getKey() + " must be Yes");
                    }
                }
                default -> {
                    // declarations and results that change nothing for us
                }
            }
        }
    }

    private static boolean acceptDigest(String value, boolean wanted) throws NegotiationException {
        if (value.equals("CRC32C") && wanted) {
            return true;
        }
        if (value.equals("None") && !wanted) {
            return false;
        }
        throw new NegotiationException("target answered digest " + value);
    }
}
