package org.understudy.demo.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Rules that hold in every module; each says why. */
class ArchitectureTest {

    private static JavaClasses product;

    @BeforeAll
    static void importProduct() {
        product = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("org.understudy");
    }

    @Test
    void onlyTheCommandPackageStartsProcesses() {
        noClasses()
                .that()
                .resideOutsideOfPackage("org.understudy.core.command..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.ProcessBuilder")
                .orShould()
                .callMethod(Runtime.class, "exec", String.class)
                .orShould()
                .callMethod(Runtime.class, "exec", String[].class)
                .because("one gate logs, redacts, watches for stalls and can be faked")
                .check(product);
    }

    @Test
    void wallTimeComesFromTheInjectedClock() {
        noClasses()
                .should()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(LocalDateTime.class, "now")
                .orShould()
                .callMethod(LocalDate.class, "now")
                .orShould()
                .callMethod(ZonedDateTime.class, "now")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .because("retention, schedules and locks are tested by moving the clock")
                .check(product);
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("org.understudy.server.kernel.KernelConfiguration")
                .and()
                .doNotHaveFullyQualifiedName("org.understudy.iscsi.target.IscsiTargetServer")
                .should()
                .callMethod(Clock.class, "systemUTC")
                .orShould()
                .callMethod(Clock.class, "systemDefaultZone")
                .because(
                        "there is one clock, and one in the iSCSI library, which can be used alone: its times are only shown")
                .check(product);
    }

    @Test
    void coreDependsOnNothingOfTheProduct() {
        noClasses()
                .that()
                .resideInAPackage("org.understudy.core..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.understudy.iscsi..",
                        "org.understudy.agent..",
                        "org.understudy.server..",
                        "org.understudy.webui..")
                .because("arrows point from the concrete to the general")
                .check(product);
    }

    @Test
    void theIscsiLibraryKnowsNothingOfBackups() {
        noClasses()
                .that()
                .resideInAPackage("org.understudy.iscsi..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.understudy.agent..", "org.understudy.server..", "org.understudy.core.protocol..")
                .because("it is a library that could stand alone")
                .check(product);
    }

    @Test
    void agentsNeverSeeTheServerOrSpring() {
        noClasses()
                .that()
                .resideInAPackage("org.understudy.agent..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.understudy.server..", "org.springframework..", "jakarta.persistence..")
                .because("agents run on old servers in little memory")
                .check(product);
    }

    @Test
    void namesSayWhatThingsAre() {
        noClasses()
                .should()
                .haveSimpleNameEndingWith("Manager")
                .orShould()
                .haveSimpleNameEndingWith("Helper")
                .orShould()
                .haveSimpleNameEndingWith("Util")
                .orShould()
                .haveSimpleNameEndingWith("Utils")
                .orShould()
                .haveSimpleNameEndingWith("Impl")
                .because("a domain noun tells the reader more")
                .check(product);
    }

    @Test
    void nothingPrintsToStandardOutputButCommandLines() {
        noClasses()
                .that()
                .resideOutsideOfPackages("..demo..", "..cli..", "org.understudy.agent.linux..")
                .should()
                .accessField(System.class, "out")
                .because("everything else logs")
                .check(product);
    }
}
