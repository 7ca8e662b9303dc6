package org.understudy.zfs.name;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {

    @ParameterizedTest
    @ValueSource(strings = {"tank", "tank/a b", "t1/x.y_z:1-2/3", "tank/.hidden", "tank/-dash"})
    void names_that_zfs_takes_are_taken(String name) {
        assertThat(new DatasetName(name)).hasToString(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "tank/",
                "/tank",
                "tank//a",
                "1tank",
                "-tank",
                "tank/a@b",
                "tank/a#b",
                "tank/%recv",
                "tank/..",
                "tank/.",
                "tank/a\tb",
                "tank/a\nb",
                "tank/ü",
                "tank/a'b",
                "tank/a,b",
                "mirror",
                "mirror1/a",
                "raidz2",
                "draid1",
                "log",
                "spare x",
                "c0t0",
                "tank/$(id)"
            })
    void names_that_zfs_refuses_are_refused_before_any_command(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> new DatasetName(name));
    }

    @Test
    void a_name_has_at_most_255_bytes_with_its_snapshot() {
        DatasetName dataset = new DatasetName("t/" + "a".repeat(250));

        assertThat(dataset.snapshot("12").toString()).hasSize(255);
        assertThatIllegalArgumentException().isThrownBy(() -> dataset.snapshot("123"));
        assertThatIllegalArgumentException().isThrownBy(() -> new DatasetName("t/" + "a".repeat(254)));
    }

    @Test
    void names_know_their_relatives() {
        DatasetName name = new DatasetName("tank/hosts/h 1");

        assertThat(name.pool()).isEqualTo(new PoolName("tank"));
        assertThat(name.parent()).contains(new DatasetName("tank/hosts"));
        assertThat(name.leaf()).isEqualTo("h 1");
        assertThat(name.pool().dataset().parent()).isEmpty();
        assertThat(name.isWithin(new DatasetName("tank/hosts"))).isTrue();
        assertThat(new DatasetName("tank/hosts2").isWithin(new DatasetName("tank/hosts")))
                .isFalse();
        assertThat(SnapshotName.parse("tank/a b@s 1")).isEqualTo(new DatasetName("tank/a b").snapshot("s 1"));
        assertThat(BookmarkName.parse("tank/a#b")).isEqualTo(new DatasetName("tank/a").bookmark("b"));
    }

    @Test
    void a_child_is_one_part_and_no_path() {
        assertThatIllegalArgumentException().isThrownBy(() -> new DatasetName("tank").child("a/b"));
        assertThatIllegalArgumentException().isThrownBy(() -> SnapshotName.parse("tank/a"));
        assertThatIllegalArgumentException().isThrownBy(() -> SnapshotName.parse("tank/a@b@c"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "compression", "Bk:x", "bk:", ":x", "bk:x y", "-o:x"})
    void only_properties_of_our_own_have_a_name_here(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> new PropertyName(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "a\tb", "a\nb", "\0"})
    void values_that_a_table_could_not_give_back_are_refused(String value) {
        assertThatIllegalArgumentException().isThrownBy(() -> new PropertyName("bk:x").assignment(value));
    }

    @Test
    void a_value_may_be_as_long_as_zfs_keeps() {
        PropertyName name = new PropertyName("bk:x");

        assertThat(name.assignment("v".repeat(8191))).startsWith("bk:x=v");
        assertThatIllegalArgumentException().isThrownBy(() -> name.assignment("ü".repeat(4096)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-r", "a b", "a/b", "a\n"})
    void a_tag_is_never_an_option(String tag) {
        assertThatIllegalArgumentException().isThrownBy(() -> new HoldTag(tag));
    }

    @Test
    void identities_are_unsigned() {
        assertThat(Guid.parse("17286125995006539589")).hasToString("17286125995006539589");
    }
}
