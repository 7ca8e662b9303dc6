package org.understudy.server.identity;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;

/** The curve secp256r1. A key from the network may name other parameters or a point beside the curve; both are refused. */
final class P256 {

    private static final ECParameterSpec CURVE = curve();

    private P256() {}

    static boolean isPointOf(ECPublicKey key) {
        ECParameterSpec named = key.getParams();
        if (!named.getCurve().equals(CURVE.getCurve())
                || !named.getGenerator().equals(CURVE.getGenerator())
                || !named.getOrder().equals(CURVE.getOrder())
                || named.getCofactor() != CURVE.getCofactor()) {
            return false;
        }
        ECPoint point = key.getW();
        if (point.equals(ECPoint.POINT_INFINITY) || !(CURVE.getCurve().getField() instanceof ECFieldFp field)) {
            return false;
        }
        BigInteger p = field.getP();
        BigInteger x = point.getAffineX();
        BigInteger y = point.getAffineY();
        if (x.signum() < 0 || y.signum() < 0 || x.compareTo(p) >= 0 || y.compareTo(p) >= 0) {
            return false;
        }
        BigInteger right = x.pow(3)
                .add(CURVE.getCurve().getA().multiply(x))
                .add(CURVE.getCurve().getB())
                .mod(p);
        return y.pow(2).mod(p).equals(right);
    }

    private static ECParameterSpec curve() {
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec("secp256r1"));
            return parameters.getParameterSpec(ECParameterSpec.class);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has secp256r1", e);
        }
    }
}
