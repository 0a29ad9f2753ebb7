"""What is new, gone or much more than in the last report. Pure: the state is an argument.

Small counts prove little: "tripled" is reported only if even the lower limit of the 95 % confidence interval
of the ratio of the two rates (both Poisson; Wilson's interval of the share) is above two.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from probe._dataclass import dataclass, field, replace
from probe.maillog.aggregate import Aggregate
from probe.maillog.bins import Bins
from probe.maillog.groups import Fate
from probe.maillog.report import LogGone, LogNews, Since
from probe.maillog.summary import key_of, moment
from probe.model.verdict import FixBy

Key = tuple[str, str, str]
_SURELY = 1.96  # standard deviations on either side hold 95 %
_FEWEST = 5  # from which anything is reported
_LEAST = 2.0  # the ratio that even the lower limit has to pass
_MUCH = 100  # attempts in an hour that are a volume
_HOURS = 6  # that are compared with the last one
_LATE = 0.1  # share of the period after which a source address is new


@dataclass(frozen=True, slots=True)
class PastCounts:
    """A group, or an operator, in the last report: attempts, in how many seconds, and the time of the last
    one."""

    attempts: int
    seconds: int
    last: int
    operator_title: str = ""
    title: str = ""
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """The state of the last report; `until`: the time of its last event, None before the first report."""

    until: int | None = None
    groups: Mapping[Key, PastCounts] = field(default_factory=dict)
    volumes: Mapping[str, PastCounts] = field(default_factory=dict)
    sources: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result: what to report, the news of each group, and the state for the next report."""

    news: LogNews
    since_last: dict[Key, Since]
    notes: tuple[str, ...]
    state: State


def lower_ratio(count: int, seconds: float, count_before: int, seconds_before: float) -> float:
    """The lower limit of the ratio of the rates; 0 if nothing can be said."""
    total = count + count_before
    if not total or not count_before or seconds <= 0 or seconds_before <= 0:
        return 0.0
    share = count / total
    square = _SURELY * _SURELY
    middle = share + square / (2 * total)
    margin = _SURELY * sqrt(share * (1 - share) / total + square / (4 * total * total))
    low = (middle - margin) / (1 + square / total)
    return low / (1 - low) * seconds_before / seconds if low < 1 else float("inf")


def is_tripled(count: int, seconds: float, count_before: int, seconds_before: float) -> bool:
    """Whether the rate is three times what it was, beyond what chance makes of small counts."""
    if count < _FEWEST or not count_before or seconds <= 0 or seconds_before <= 0:
        return False
    ratio = count / seconds / (count_before / seconds_before)
    return ratio >= 3 and lower_ratio(count, seconds, count_before, seconds_before) > _LEAST


def compare(aggregate: Aggregate, before: State) -> Comparison:
    """Compare the counts (made with `before.until` as mark) with the last state."""
    aggregate.volumes.settle()
    if before.until is None:
        state = _first_state(aggregate)
        return Comparison(LogNews(None, 0, 0, (), ()), {}, (), state)
    span = max(1, aggregate.last - before.until)
    since: dict[Key, Since] = {}
    groups = dict(before.groups)
    for group in aggregate.groups.values():
        key = key_of(group)
        earlier = before.groups.get(key)
        if not group.fresh:
            since[key] = Since.KNOWN
            continue
        if earlier is None or earlier.is_gone:
            since[key] = Since.NEW
            earlier = PastCounts(0, 0, 0)
        else:
            much = is_tripled(group.fresh, span, earlier.attempts, earlier.seconds)
            since[key] = Since.TRIPLED if much else Since.KNOWN
        title = group.reason.title
        attempts = earlier.attempts + group.fresh
        groups[key] = PastCounts(attempts, earlier.seconds + span, group.last, group.operator.title, title)
    ended_groups = _ended_groups(aggregate, before, groups) if aggregate.last > before.until else ()
    sources = tuple(sorted(ip for ip in aggregate.sources if ip not in before.sources))
    keys = [key for key, value in since.items() if key[0] != FixBy.NOBODY]
    news = LogNews(
        previous_at=moment(before.until),
        new=sum(since[key] is Since.NEW for key in keys),
        tripled=sum(since[key] is Since.TRIPLED for key in keys),
        gone=ended_groups,
        new_source_ips=sources if before.sources else (),
    )
    notes, volumes = _volumes(aggregate, before, span)
    state = State(max(aggregate.last, before.until), groups, volumes, {**aggregate.sources, **before.sources})
    return Comparison(news, since, notes, state)


def _first_state(aggregate: Aggregate) -> State:
    span = max(1, aggregate.last - aggregate.first)
    groups = {
        key_of(group): PastCounts(group.attempts, span, group.last, group.operator.title, group.reason.title)
        for group in aggregate.groups.values()
    }
    volumes = {
        name: PastCounts(it.sent + it.failed, span, aggregate.last)
        for name, it in aggregate.volumes.by_id.items()
    }
    return State(aggregate.last or None, groups, volumes, dict(aggregate.sources))


def _ended_groups(aggregate: Aggregate, before: State, groups: dict[Key, PastCounts]) -> tuple[LogGone, ...]:
    """Groups without events since the last report, and without waiting recipients."""
    here = {key_of(group): group for group in aggregate.groups.values()}
    rows = []
    for key, earlier in before.groups.items():
        group = here.get(key)
        is_here = group is not None and (group.fresh or group.messages[Fate.DEFERRED])
        if earlier.is_gone or is_here:
            continue
        groups[key] = replace(earlier, is_gone=True)
        rows.append(LogGone(FixBy(key[0]), earlier.operator_title, earlier.title, moment(earlier.last)))
    return tuple(rows)


def _volumes(aggregate: Aggregate, before: State, span: int) -> tuple[tuple[str, ...], dict[str, PastCounts]]:
    notes, volumes = [], dict(before.volumes)
    for name, volume in aggregate.volumes.by_id.items():
        fresh = aggregate.volumes.bins[name].since((before.until or 0) + 1)
        earlier = before.volumes.get(name)
        if (
            earlier is not None
            and fresh >= _MUCH
            and is_tripled(fresh, span, earlier.attempts, earlier.seconds)
        ):
            rate, usual = fresh * 3600 / span, earlier.attempts * 3600 / earlier.seconds
            notes.append(_jump(volume.operator.title, rate, usual))
        elif earlier is None and fresh >= _MUCH:
            notes.append(f"{fresh} attempts to {volume.operator.title}, to whom nothing was sent before")
        old = earlier if earlier is not None else PastCounts(0, 0, 0)
        volumes[name] = PastCounts(old.attempts + fresh, old.seconds + span, aggregate.last)
    return tuple(notes), volumes


def _jump(title: str, rate: float, usual: float) -> str:
    return (
        f"the volume towards {title} rose to {rate:.0f} an hour, from {usual:.0f}: a provider that does "
        f"not know "
        "such numbers from you may defer or refuse them"
    )


def within(aggregate: Aggregate) -> tuple[str, ...]:
    """News within the log itself: the last hour compared with those before, source addresses that appear
    late."""
    aggregate.volumes.settle()
    notes = []
    for name, volume in aggregate.volumes.by_id.items():
        text = _last_hour(aggregate.volumes.bins[name], aggregate.last, volume.operator.title)
        if text:
            notes.append(text)
    span = aggregate.last - aggregate.first
    early = [ip for ip, at in aggregate.sources.items() if at and at - aggregate.first <= span * _LATE]
    for ip, at in sorted(aggregate.sources.items()):
        if at and ip not in early and early:
            notes.append(
                f"mail leaves from {ip} since {moment(at)}, before that it did not: an address without "
                f"history "
                "is trusted little at first"
            )
    return tuple(notes)


def _last_hour(bins: Bins, last: int, title: str) -> str:
    hours = bins.hourly()
    if bins.width > 3600:
        return ""
    now = last // 3600
    recent = bins.since(last - 3600)
    before = [count for hour, count in hours.items() if now - 1 - _HOURS * 4 <= hour < now - 1]
    if len(before) < _HOURS or recent < _MUCH:
        return ""
    usual = sum(before)
    if not is_tripled(recent, 3600, usual, 3600 * len(before)):
        return ""
    return _jump(title, recent, usual / len(before))
