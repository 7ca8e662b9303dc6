package org.understudy.server.access.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

class PasswordRuleTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "seven grey herons wait",
                "Tq7!vLm2#xPz",
                "correct horse battery",
                "四只灰色的苍鹭在河边静静等待着",
                "my admin likes blue tea"
            })
    void longAndUnrelatedPasswordsAreGood(String password) {
        assertThat(PasswordRule.fault("ann", password)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "aaaaaaaaaaaaaaaa",
                "abababababab",
                "123456789012",
                "abcdefghijkl",
                "password1234",
                "Password!2345",
                "administrator1",
                "understudyunderstudy",
                "qwertyuiop123456",
                "changeme-changeme",
                "xxkate.smithxx!",
                "!!htims.etak!!42"
            })
    void passwordsThatAreTriedFirstOrNameTheUserAreTooEasy(String password) {
        assertThat(PasswordRule.fault("kate.smith", password))
                .map(Problem::code)
                .contains(ProblemCode.PASSWORD_TOO_EASY);
    }

    @Test
    void lengthIsCountedInCharactersAsPeopleSeeThem() {
        assertThat(PasswordRule.fault("ann", "elevenchars"))
                .map(Problem::code)
                .contains(ProblemCode.PASSWORD_TOO_SHORT);
        assertThat(PasswordRule.fault("ann", "q7".repeat(200)))
                .map(Problem::code)
                .contains(ProblemCode.PASSWORD_TOO_SHORT);
    }
}
