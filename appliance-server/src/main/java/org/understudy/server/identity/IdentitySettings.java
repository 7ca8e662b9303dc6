package org.understudy.server.identity;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/**
 * Who the appliance is: {@code understudy.identity.*}.
 *
 * @param names {@code names}: further DNS names or IP addresses, separated by commas, under which agents and people reach the
 *     appliance (behind NAT, a DNS alias). {@code localhost}, the host name and all addresses of this machine are always in its
 *     certificate; after a change the certificate is issued anew at the next start
 */
@ConfigurationProperties("understudy.identity")
public record IdentitySettings(@DefaultValue List<String> names) {

    private static final String LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";

    /** The last label has a letter: {@code 999.1.1.1} is a mistyped address and no name. */
    private static final Pattern DNS_NAME = Pattern.compile(
            "(?=.{1,253}$)(?!(.*\\.)?[0-9]+$)(\\*\\.)?" + LABEL + "(\\." + LABEL + ")*", Pattern.CASE_INSENSITIVE);

    private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\\.(?!$)|$)){4}");

    /** @throws ProblemException {@code INVALID_SETTING} */
    public IdentitySettings {
        names = names.stream().map(String::strip).toList();
        for (String name : names) {
            if (!DNS_NAME.matcher(name).matches() && !isAddress(name)) {
                throw Problem.of(
                                ProblemCode.INVALID_SETTING,
                                "setting",
                                "understudy.identity.names",
                                "reason",
                                "\"" + name + "\" is neither a DNS name nor an IP address",
                                "expected",
                                "Write names without scheme and port, such as"
                                        + " understudy.identity.names=backup.example.org,192.0.2.10.")
                        .asException();
            }
        }
    }

    /** Whether this is a literal IP address: nothing is looked up. */
    static boolean isAddress(String name) {
        if (IPV4.matcher(name).matches()) {
            return true;
        }
        try {
            // In brackets the JDK takes a name for an IPv6 address or refuses it.
            return name.indexOf(':') >= 0 && InetAddress.getByName("[" + name + "]") != null;
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
