package org.understudy.privileges;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What runs as root stays small; each rule says why. */
class ArchitectureTest {

    private static JavaClasses product;

    @BeforeAll
    static void importProduct() {
        product = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("org.understudy.privileges");
    }

    @Test
    void theDaemonStandsOnLittle() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "jdk.net..",
                        "org.understudy.privileges..",
                        "org.understudy.zfs..",
                        "org.understudy.core.problem..",
                        "org.understudy.core.command..",
                        "tools.jackson..",
                        "com.fasterxml.jackson.annotation..",
                        "org.slf4j..",
                        "org.jspecify..")
                .because("every library here runs as root")
                .check(product);
    }

    @Test
    void processesAreStartedByTheGateOnlyAndCommandsAreBuiltByFewClasses() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.ProcessBuilder")
                .because("one gate logs, redacts and watches")
                .check(product);
        noClasses()
                .that()
                .resideOutsideOfPackages("..cli..", "..clock..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.understudy.core.command..")
                .because("storage verbs reach ZFS through the port, never a command line")
                .check(product);
    }

    @Test
    void timeComesFromTheInjectedClock() {
        noClasses()
                .should()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .because("locks are tested by moving the clock")
                .check(product);
        noClasses()
                .that()
                .resideOutsideOfPackage("..cli..")
                .should()
                .callMethod(Clock.class, "systemUTC")
                .because("there is one clock")
                .check(product);
    }

    @Test
    void theClientKnowsTheProtocolOnly() {
        noClasses()
                .that()
                .resideInAPackage("..client..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("..privileges.daemon..", "..privileges.storage..", "..privileges.log..")
                .because("it runs in the server, which has no privileges")
                .check(product);
    }
}
