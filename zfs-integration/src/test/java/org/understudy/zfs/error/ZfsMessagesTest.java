package org.understudy.zfs.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Texts captured from OpenZFS 2.3.9; that a real pool still says them is proven by the lab's suite. */
class ZfsMessagesTest {

    private static ZfsError of(String text) {
        return ZfsMessages.error(1, text + "\n");
    }

    @Test
    void what_is_missing() {
        assertThat(of("cannot open 't1/no pe': dataset does not exist")).isEqualTo(new ZfsError.Missing("t1/no pe"));
        assertThat(of("cannot hold snapshot 't1/a@nope': dataset does not exist"))
                .isEqualTo(new ZfsError.Missing("t1/a@nope"));
        assertThat(of("bookmark 't1/a#nope' does not exist.")).isEqualTo(new ZfsError.Missing("t1/a#nope"));
        assertThat(of("could not find any snapshots to destroy; check snapshot names."))
                .isInstanceOf(ZfsError.Missing.class);
        assertThat(of("cannot open 'nopool': no such pool")).isEqualTo(new ZfsError.PoolMissing("nopool"));
        assertThat(of("cannot import 'nopool': no such pool available")).isEqualTo(new ZfsError.PoolMissing("nopool"));
        assertThat(of("cannot create 't1/no/vol': parent does not exist"))
                .isEqualTo(new ZfsError.ParentMissing("t1/no/vol"));
        assertThat(of("cannot resolve path '/d/missing'")).isEqualTo(new ZfsError.DeviceMissing("/d/missing"));
    }

    @Test
    void usage_text_after_a_message_does_not_hide_it() {
        assertThat(of("cannot open 't1/nope': dataset does not exist\nusage:\n\tsnapshot [-r] ..."))
                .isEqualTo(new ZfsError.Missing("t1/nope"));
    }

    @Test
    void what_is_there_already() {
        assertThat(of("cannot create 't1/a': dataset already exists")).isEqualTo(new ZfsError.AlreadyExists("t1/a"));
        assertThat(of("cannot create snapshot 't1/a@s': dataset already exists"))
                .isEqualTo(new ZfsError.AlreadyExists("t1/a@s"));
        assertThat(of("cannot create bookmark 't1/a#b': bookmark exists"))
                .isEqualTo(new ZfsError.AlreadyExists("t1/a#b"));
        assertThat(of("cannot rename 't1/a': dataset already exists")).isEqualTo(new ZfsError.AlreadyExists("t1/a"));
        assertThat(of("cannot create 't1': pool already exists")).isEqualTo(new ZfsError.AlreadyExists("t1"));
    }

    @Test
    void what_forbids_destruction() {
        assertThat(
                        of(
                                "cannot destroy snapshot t1/a b@s 1: it's being held. Run 'zfs holds -r t1/a b@s 1' to see holders."))
                .isEqualTo(new ZfsError.Held("t1/a b@s 1"));
        assertThat(of("cannot destroy 't1/a@s': snapshot has dependent clones\n"
                        + "use '-R' to destroy the following datasets:\nt1/cl 1\nt1/cl 2"))
                .isEqualTo(new ZfsError.HasClones("t1/a@s", List.of("t1/cl 1", "t1/cl 2")));
        assertThat(
                        of(
                                "cannot destroy 't1/a': volume has children\nuse '-r' to destroy the following datasets:\nt1/a@s"))
                .isEqualTo(new ZfsError.HasChildren("t1/a"));
        assertThat(of("cannot destroy 't1/a': dataset is busy")).isEqualTo(new ZfsError.Busy("t1/a"));
    }

    @Test
    void a_destination_and_its_stream() {
        assertThat(
                        of(
                                "cannot receive new filesystem stream: destination 't2/r x' exists\nmust specify -F to overwrite it"))
                .isEqualTo(new ZfsError.DestinationExists("t2/r x"));
        assertThat(
                        of(
                                "cannot receive incremental stream: destination t2/r x has been modified\nsince most recent snapshot"))
                .isEqualTo(new ZfsError.DestinationModified("t2/r x"));
        assertThat(
                        of(
                                "cannot receive incremental stream: most recent snapshot of t2/r x does not\nmatch incremental source"))
                .isEqualTo(new ZfsError.BaseMismatch("t2/r x"));
        assertThat(of("cannot receive: invalid stream (bad magic number)"))
                .isEqualTo(
                        new ZfsError.BadStream("cannot receive: invalid stream (bad magic number)", Optional.empty()));
        assertThat(of("cannot resume send: resume token is corrupt (invalid format)"))
                .isEqualTo(new ZfsError.ResumeRefused("resume token is corrupt (invalid format)"));
    }

    @Test
    void an_interrupted_stream_gives_its_token() {
        String text = "cannot receive resume stream: checksum mismatch or incomplete stream.\n"
                + "Partially received snapshot is saved.\nA resuming stream can be generated on the sending system by running:\n"
                + "    zfs send -t 1-c0ffee-d8-789c";

        assertThat(of(text))
                .isInstanceOfSatisfying(
                        ZfsError.BadStream.class,
                        error -> assertThat(error.resumeToken()).contains("1-c0ffee-d8-789c"));
    }

    @Test
    void devices_and_scrubs() {
        assertThat(
                        of(
                                "invalid vdev specification\nuse '-f' to override the following errors:\n/d x/a is part of active pool 't1'"))
                .isEqualTo(new ZfsError.DeviceInUse("/d x/a is part of active pool 't1'"));
        assertThat(of("cannot replace /d x/a with /d x/small: device is too small"))
                .isEqualTo(new ZfsError.DeviceTooSmall("/d x/small"));
        assertThat(of("cannot replace /d/zz with /d/d: no such device in pool"))
                .isEqualTo(new ZfsError.DeviceMissing("/d/zz"));
        assertThat(of("cannot scrub t1: currently scrubbing; use 'zpool scrub -s' to cancel scrub"))
                .isEqualTo(new ZfsError.ScrubRunning("t1"));
        assertThat(of("cannot cancel scrubbing t2: there is no active scrub")).isEqualTo(new ZfsError.NoScrub("t2"));
    }

    @Test
    void space_and_properties() {
        assertThat(of("cannot create 't1/hu:ge': out of space")).isEqualTo(new ZfsError.OutOfSpace("t1/hu:ge"));
        assertThat(of("cannot create 't1/x': 'volblocksize' must be power of 2 from 512B to 16M"))
                .isInstanceOf(ZfsError.InvalidProperty.class);
        assertThat(of("cannot create 't1/x': invalid property 'nosuch'")).isInstanceOf(ZfsError.InvalidProperty.class);
    }

    @Test
    void an_unknown_text_stays_what_it_is() {
        assertThat(of("note: cannot open 't1/x': dataset does not exist, perhaps"))
                .isEqualTo(new ZfsError.Other(1, "note: cannot open 't1/x': dataset does not exist, perhaps"));
        assertThat(of("")).isEqualTo(new ZfsError.Other(1, ""));
    }
}
