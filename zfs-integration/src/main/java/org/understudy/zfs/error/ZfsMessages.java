package org.understudy.zfs.error;

import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Turns what the tools print on standard error into types. Each pattern is anchored at the start of a line and was seen on a real
 * pool (suite {@code zfs} of the lab); text that no pattern knows stays {@link ZfsError.Other}, never a guess.
 */
public final class ZfsMessages {

    private record Rule(Pattern pattern, BiFunction<Matcher, String, ZfsError> error) {}

    private static final Pattern TOKEN = Pattern.compile("(?m)^\\s+zfs send -t (\\S+)$");

    /** In order: what is more special comes first. */
    private static final List<Rule> RULES = List.of(
            rule("The ZFS modules cannot be auto-loaded\\.", m -> new ZfsError.NoModule()),
            rule("The ZFS modules are not loaded\\.", m -> new ZfsError.NoModule()),
            rule(
                    "(?:internal error: )?cannot .*?'([^']*)'.*: pool I/O is currently suspended",
                    m -> new ZfsError.PoolUnavailable(m.group(1), "its I/O is suspended")),
            rule("cannot open '([^']*)': no such pool", m -> new ZfsError.PoolMissing(m.group(1))),
            rule("cannot import '([^']*)': no such pool available", m -> new ZfsError.PoolMissing(m.group(1))),
            rule("cannot create '([^']*)': parent does not exist", m -> new ZfsError.ParentMissing(m.group(1))),
            rule("cannot create '([^']*)': pool already exists", m -> new ZfsError.AlreadyExists(m.group(1))),
            rule(
                    "cannot import '([^']*)': a pool with that name (?:is already created/imported|already exists)",
                    m -> new ZfsError.AlreadyExists(m.group(1))),
            rule(
                    "cannot create (?:snapshot )?'([^']*)': dataset already exists",
                    m -> new ZfsError.AlreadyExists(m.group(1))),
            rule("cannot create bookmark '([^']*)': bookmark exists", m -> new ZfsError.AlreadyExists(m.group(1))),
            rule(
                    "cannot rename (?:to )?'([^']*)': dataset already exists",
                    m -> new ZfsError.AlreadyExists(m.group(1))),
            rule("cannot destroy snapshot (.+): it's being held\\..*", m -> new ZfsError.Held(m.group(1))),
            whole(
                    "cannot destroy '([^']*)': snapshot has dependent clones",
                    (m, text) -> new ZfsError.HasClones(m.group(1), followers(text))),
            rule(
                    "cannot destroy '([^']*)': (?:filesystem|volume) has (?:children|dependent clones)",
                    m -> new ZfsError.HasChildren(m.group(1))),
            rule(
                    "cannot hold snapshot '([^']*)': tag already exists on this dataset",
                    m -> new ZfsError.TagExists(m.group(1))),
            rule(
                    "cannot release hold from snapshot '([^']*)': no such tag on this dataset",
                    m -> new ZfsError.TagMissing(m.group(1))),
            rule("cannot promote '([^']*)': not a cloned filesystem", m -> new ZfsError.NotAClone(m.group(1))),
            rule(
                    "cannot receive new filesystem stream: destination '([^']*)' exists",
                    m -> new ZfsError.DestinationExists(m.group(1))),
            rule(
                    "cannot receive incremental stream: destination (.+) has been modified",
                    m -> new ZfsError.DestinationModified(m.group(1))),
            rule(
                    "cannot receive incremental stream: most recent snapshot of (.+) does not",
                    m -> new ZfsError.BaseMismatch(m.group(1))),
            rule(
                    "cannot receive (?:new filesystem|incremental) stream: destination (.+) contains partially-complete state.*",
                    m -> new ZfsError.PartialState(m.group(1))),
            rule(
                    "cannot receive resume stream: (?:dataset|destination) '?([^']*)'? (?:is|does|has) .*",
                    m -> new ZfsError.ResumeRefused(m.group(0))),
            whole(
                    "cannot receive (?:.*stream: )?(?:checksum mismatch or )?incomplete stream.*",
                    ZfsMessages::badStream),
            whole(
                    "cannot receive.*: (?:failed to read from stream|invalid stream.*|invalid backup stream.*|stream .*)",
                    ZfsMessages::badStream),
            rule("cannot resume send: (.*)", m -> new ZfsError.ResumeRefused(m.group(1))),
            rule(
                    "cannot [a-z]+[^']*?(?: '([^']*)')?: (?:out of space|no space left on device)",
                    m -> new ZfsError.OutOfSpace(name(m))),
            rule(
                    "cannot (?:create|set property for) '([^']*)': size is greater than available space",
                    m -> new ZfsError.OutOfSpace(m.group(1))),
            rule(
                    "cannot create snapshots? ?: (?:out of space|no space left on device)",
                    m -> new ZfsError.OutOfSpace("")),
            rule(
                    "cannot (?:create|set property for) '([^']*)': (invalid property .*|'.*)",
                    m -> new ZfsError.InvalidProperty(m.group(1), m.group(2))),
            rule(
                    "cannot create snapshots : (this property can not be modified for snapshots)",
                    m -> new ZfsError.InvalidProperty("", m.group(1))),
            rule(
                    "cannot [a-z ]+(?: '([^']*)')?: .*[Kk]ey (?:not loaded|must be loaded).*",
                    m -> new ZfsError.KeyMissing(name(m))),
            rule("cannot [a-z ]+'([^']*)': dataset does not exist", m -> new ZfsError.Missing(m.group(1))),
            rule("bookmark '([^']*)' does not exist\\.", m -> new ZfsError.Missing(m.group(1))),
            rule("could not find any snapshots to destroy; check snapshot names\\.", m -> new ZfsError.Missing("")),
            rule("cannot resolve path '([^']*)'", m -> new ZfsError.DeviceMissing(m.group(1))),
            rule(
                    "cannot (?:replace|attach) (.+) (?:with|to) .+: no such device in pool",
                    m -> new ZfsError.DeviceMissing(m.group(1))),
            rule("couldn't find device \"([^\"]*)\" in pool .*", m -> new ZfsError.DeviceMissing(m.group(1))),
            rule(
                    "cannot (?:replace|attach) .+ (?:with|to) (.+): device is too small",
                    m -> new ZfsError.DeviceTooSmall(m.group(1))),
            rule(
                    "(.+ (?:is part of|is in use|contains a|is currently mounted).*)",
                    m -> new ZfsError.DeviceInUse(m.group(1))),
            rule("cannot scrub (.+): currently scrubbing;.*", m -> new ZfsError.ScrubRunning(m.group(1))),
            rule(
                    "cannot (?:cancel|pause) scrubbing (.+): there is no active scrub",
                    m -> new ZfsError.NoScrub(m.group(1))),
            rule("cannot [a-z ]+ '([^']*)': (?:dataset|pool|pool or dataset) is busy", m -> new ZfsError.Busy(name(m))),
            rule("cannot destroy snapshot (.+): dataset is busy", m -> new ZfsError.Busy(m.group(1))),
            rule("cannot [a-z ]+(?: '([^']*)')?: permission denied", m -> new ZfsError.PermissionDenied(name(m))));

    private ZfsMessages() {}

    private static Rule rule(String pattern, Function<Matcher, ZfsError> error) {
        return whole(pattern, (matcher, text) -> error.apply(matcher));
    }

    /** A rule that reads more of the message than its line. */
    private static Rule whole(String pattern, BiFunction<Matcher, String, ZfsError> error) {
        return new Rule(Pattern.compile("(?m)^" + pattern + "$"), error);
    }

    /** The error that a failed command told of. */
    public static ZfsError error(int status, String errorOutput) {
        for (Rule rule : RULES) {
            Matcher matcher = rule.pattern().matcher(errorOutput);
            if (matcher.find()) {
                return rule.error().apply(matcher, errorOutput);
            }
        }
        return new ZfsError.Other(status, errorOutput.strip());
    }

    /** The name in the message, which some messages do without. */
    private static String name(Matcher matcher) {
        String name = matcher.group(1);
        return name == null ? "" : name;
    }

    private static ZfsError badStream(Matcher matcher, String text) {
        Matcher token = TOKEN.matcher(text);
        return new ZfsError.BadStream(matcher.group(), token.find() ? Optional.of(token.group(1)) : Optional.empty());
    }

    /** The names below "use '-R' to destroy the following datasets:". */
    private static List<String> followers(String text) {
        return text.lines()
                .dropWhile(line -> !line.startsWith("use '-R'"))
                .skip(1)
                .toList();
    }
}
