"""What is new, gone or much more than it was when the last report was made. Pure: the state is handed in.

Small counts prove little: "tripled" is said only where even the lower limit of the 95 % confidence interval
of the ratio of the two rates (both Poisson; Wilson's interval of the share) is above two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import sqrt

from probe.maillog.aggregate import Aggregate
from probe.maillog.bins import Bins
from probe.maillog.groups import Fate
from probe.maillog.report import LogGone, LogNews, Since
from probe.maillog.summary import key_of, moment
from probe.model.verdict import FixBy

Key = tuple[str, str, str]
_SURELY = 1.96  # standard deviations on either side hold 95 %
_FEWEST = 5  # of which anything is said
_LEAST = 2.0  # the ratio that even the lower limit has to pass
_MUCH = 100  # attempts in an hour that are a volume
_HOURS = 6  # that are compared with the last one
_LATE = 0.1  # share of the period after which a source address is new


@dataclass(frozen=True, slots=True)
class Remembered:
    """A group, or an operator, as it was known: attempts seen in how many seconds, and when last."""

    attempts: int
    seconds: int
    last: int
    operator_title: str = ""
    title: str = ""
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What the last report knew; `until`: the time of the last event that it saw, None before the first
    one."""

    until: int | None = None
    groups: Mapping[Key, Remembered] = field(default_factory=dict)
    volumes: Mapping[str, Remembered] = field(default_factory=dict)
    sources: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compared:
    """What is to be said, the news of each group, and the state for the next time."""

    news: LogNews
    since_last: dict[Key, Since]
    notes: tuple[str, ...]
    state: State


def lower_ratio(count: int, seconds: float, count_before: int, seconds_before: float) -> float:
    """The lower limit of how many times the rate is what it was; 0 where nothing can be said."""
    total = count + count_before
    if not total or not count_before or seconds <= 0 or seconds_before <= 0:
        return 0.0
    share = count / total
    squared = _SURELY * _SURELY
    middle = share + squared / (2 * total)
    spread = _SURELY * sqrt(share * (1 - share) / total + squared / (4 * total * total))
    low = (middle - spread) / (1 + squared / total)
    return low / (1 - low) * seconds_before / seconds if low < 1 else float("inf")


def is_tripled(count: int, seconds: float, count_before: int, seconds_before: float) -> bool:
    """Whether the rate is three times what it was, beyond what chance makes of small counts."""
    if count < _FEWEST or not count_before or seconds <= 0 or seconds_before <= 0:
        return False
    ratio = count / seconds / (count_before / seconds_before)
    return ratio >= 3 and lower_ratio(count, seconds, count_before, seconds_before) > _LEAST


def compare(counted: Aggregate, before: State) -> Compared:
    """Hold what was counted (with `before.until` as its mark) against the last state."""
    counted.settle_volumes()
    if before.until is None:
        state = _first_state(counted)
        return Compared(LogNews(None, 0, 0, (), ()), {}, (), state)
    span = max(1, counted.last - before.until)
    since: dict[Key, Since] = {}
    groups = dict(before.groups)
    for group in counted.groups.values():
        key = key_of(group)
        remembered = before.groups.get(key)
        if not group.fresh:
            since[key] = Since.KNOWN
            continue
        if remembered is None or remembered.is_gone:
            since[key] = Since.NEW
            remembered = Remembered(0, 0, 0)
        else:
            much = is_tripled(group.fresh, span, remembered.attempts, remembered.seconds)
            since[key] = Since.TRIPLED if much else Since.KNOWN
        title = group.reason.title
        attempts = remembered.attempts + group.fresh
        groups[key] = Remembered(attempts, remembered.seconds + span, group.last, group.operator.title, title)
    ended_groups = _gone(counted, before, groups) if counted.last > before.until else ()
    sources = tuple(sorted(ip for ip in counted.sources if ip not in before.sources))
    keys = [key for key, value in since.items() if key[0] != FixBy.NOBODY]
    news = LogNews(
        previous_at=moment(before.until),
        new=sum(since[key] is Since.NEW for key in keys),
        tripled=sum(since[key] is Since.TRIPLED for key in keys),
        gone=ended_groups,
        new_source_ips=sources if before.sources else (),
    )
    notes, volumes = _volumes(counted, before, span)
    state = State(max(counted.last, before.until), groups, volumes, {**counted.sources, **before.sources})
    return Compared(news, since, notes, state)


def _first_state(counted: Aggregate) -> State:
    span = max(1, counted.last - counted.first)
    groups = {
        key_of(group): Remembered(group.attempts, span, group.last, group.operator.title, group.reason.title)
        for group in counted.groups.values()
    }
    volumes = {
        name: Remembered(it.sent + it.failed, span, counted.last) for name, it in counted.volumes.items()
    }
    return State(counted.last or None, groups, volumes, dict(counted.sources))


def _gone(counted: Aggregate, before: State, groups: dict[Key, Remembered]) -> tuple[LogGone, ...]:
    """Groups of which nothing was heard since the last report, and nobody waits for them any more."""
    here = {key_of(group): group for group in counted.groups.values()}
    rows = []
    for key, remembered in before.groups.items():
        group = here.get(key)
        is_here = group is not None and (group.fresh or group.messages[Fate.DEFERRED])
        if remembered.is_gone or is_here:
            continue
        groups[key] = replace(remembered, is_gone=True)
        rows.append(
            LogGone(FixBy(key[0]), remembered.operator_title, remembered.title, moment(remembered.last))
        )
    return tuple(rows)


def _volumes(counted: Aggregate, before: State, span: int) -> tuple[tuple[str, ...], dict[str, Remembered]]:
    notes, volumes = [], dict(before.volumes)
    for name, volume in counted.volumes.items():
        fresh = counted.volume_bins[name].since((before.until or 0) + 1)
        remembered = before.volumes.get(name)
        if (
            remembered is not None
            and fresh >= _MUCH
            and is_tripled(fresh, span, remembered.attempts, remembered.seconds)
        ):
            rate, usual = fresh * 3600 / span, remembered.attempts * 3600 / remembered.seconds
            notes.append(_jump(volume.operator.title, rate, usual))
        elif remembered is None and fresh >= _MUCH:
            notes.append(f"{fresh} attempts to {volume.operator.title}, to whom nothing was sent before")
        old = remembered if remembered is not None else Remembered(0, 0, 0)
        volumes[name] = Remembered(old.attempts + fresh, old.seconds + span, counted.last)
    return tuple(notes), volumes


def _jump(title: str, rate: float, usual: float) -> str:
    return (
        f"the volume towards {title} rose to {rate:.0f} an hour, from {usual:.0f}: a provider that does "
        f"not know "
        "such numbers from you may defer or refuse them"
    )


def within(counted: Aggregate) -> tuple[str, ...]:
    """What the log itself tells of jumps: the last hour beside those before it, addresses that came late."""
    counted.settle_volumes()
    notes = []
    for name, volume in counted.volumes.items():
        text = _last_hour(counted.volume_bins[name], counted.last, volume.operator.title)
        if text:
            notes.append(text)
    span = counted.last - counted.first
    early = [ip for ip, at in counted.sources.items() if at and at - counted.first <= span * _LATE]
    for ip, at in sorted(counted.sources.items()):
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
