package org.understudy.iscsi.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.understudy.iscsi.pdu.InitiatorPdu.LoginRequest;

/** Login requests that mean something but rarely something right: keys in any order, twice, unended, cut, too long. */
final class LoginTexts {

    private static final String[] KEYS = {
        "InitiatorName=" + FuzzRange.INTRUDER,
        "InitiatorName=iqn.2026-11.org.understudy:" + "x".repeat(240),
        "InitiatorAlias=fuzz",
        "TargetName=" + FuzzRange.OPEN,
        "TargetName=" + FuzzRange.LOCKED,
        "TargetName=" + FuzzRange.LISTED,
        "TargetName=" + FuzzRange.CERTIFIED,
        "TargetName=" + FuzzRange.KNOWN,
        "SessionType=Normal",
        "SessionType=Discovery",
        "AuthMethod=None",
        "AuthMethod=CHAP,None",
        "AuthMethod=CHAP",
        "AuthMethod=KRB5,SRP",
        "CHAP_A=5",
        "CHAP_A=7,5,99",
        "CHAP_A=",
        "CHAP_N=" + FuzzRange.USER,
        "CHAP_N=",
        "CHAP_R=0x00112233445566778899aabbccddeeff",
        "CHAP_R=0x",
        "CHAP_R=0b////",
        "CHAP_R=0b" + "A".repeat(2000),
        "CHAP_I=1",
        "CHAP_I=256",
        "CHAP_C=0xff",
        "CHAP_C=0x" + "00".repeat(1024),
        "HeaderDigest=CRC32C,None",
        "HeaderDigest=CRC32C",
        "DataDigest=None,CRC32C",
        "DataDigest=CRC32C",
        "MaxRecvDataSegmentLength=512",
        "MaxRecvDataSegmentLength=16777215",
        "MaxRecvDataSegmentLength=0",
        "MaxRecvDataSegmentLength=-1",
        "MaxBurstLength=512",
        "MaxBurstLength=16777215",
        "FirstBurstLength=512",
        "FirstBurstLength=16777215",
        "InitialR2T=No",
        "InitialR2T=Yes",
        "ImmediateData=Yes",
        "ImmediateData=Perhaps",
        "MaxOutstandingR2T=65535",
        "MaxOutstandingR2T=0",
        "MaxConnections=0",
        "ErrorRecoveryLevel=2",
        "DataPDUInOrder=No",
        "DataSequenceInOrder=No",
        "IFMarker=Yes",
        "IFMarkInt=2048~65536",
        "TaskReporting=FastAbort",
        "X-org.example=1",
        "SendTargets=All",
        "=",
        "novalue",
        "DefaultTime2Wait=999999999999999999999",
        "k".repeat(64) + "=1"
    };

    private final Random random;

    LoginTexts(Random random) {
        this.random = random;
    }

    static byte[] text(String... pairs) {
        return (String.join("\0", pairs) + "\0").getBytes(StandardCharsets.UTF_8);
    }

    /** One key of any kind. */
    String key() {
        return KEYS[random.nextInt(KEYS.length)];
    }

    /** A login request of no particular sense. */
    byte[] request() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(10); i >= 0; i--) {
            text.append(key()).append(random.nextInt(20) == 0 ? "" : "\0");
        }
        if (random.nextInt(50) == 0) {
            text.append("A=".repeat(5000));
        }
        LoginRequest request = new LoginRequest(
                random.nextInt(3) != 0,
                random.nextInt(10) == 0,
                random.nextInt(10) == 0 ? 2 : random.nextInt(2),
                random.nextInt(4),
                0,
                random.nextInt(20) == 0 ? 1 : 0,
                random.nextInt(3),
                random.nextInt(20) == 0 ? 5 : 0,
                0,
                0);
        return Wire.request(request, 1, text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** The first request of a login that may succeed. */
    static byte[] identity(long isid, int cmdSn, String target, String method) {
        byte[] text = text(
                "InitiatorName=" + FuzzRange.INTRUDER,
                "SessionType=Normal",
                "TargetName=" + target,
                "AuthMethod=" + method);
        return Wire.request(new LoginRequest(true, false, 0, 1, 0, 0, isid, 0, 0, 0), cmdSn, text);
    }

    static byte[] security(long isid, int cmdSn, boolean transit, String... keys) {
        LoginRequest request = new LoginRequest(transit, false, 0, transit ? 1 : 0, 0, 0, isid, 0, 0, 0);
        return Wire.request(request, cmdSn, text(keys));
    }

    /** The last request of a login. */
    static byte[] operational(long isid, int cmdSn, String... keys) {
        return Wire.request(new LoginRequest(true, false, 1, 3, 0, 0, isid, 0, 0, 0), cmdSn, text(keys));
    }
}
