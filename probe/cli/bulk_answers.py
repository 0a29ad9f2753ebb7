"""What was asked of mail servers and what they said, in the state of `bulk`.

Each answer is committed before the next question is sent, so that a process that is killed never asks about a
mailbox again. What the courtesy needs is kept, too: when each lane was asked, and until when it pauses.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Sequence

from probe._named_tuple import NamedTuple
from probe.bulk.pace import Pace
from probe.bulk.verdict import Verdict
from probe.cli.bulk_lanes import Lanes
from probe.cli.bulk_state import BulkState
from probe.cli.bulk_tables import LIVE_STATES, in_turn
from probe.cli.bulk_verdicts import UNDECIDED, Verdicts
from probe.settings import BULK_HOSTS_KEPT

_HOUR = 3600
_OPEN_LANES = """insert into turns (lane) select r.lane from domains d join routes r on r.id = d.route
  where d.done is null and d.state in ({live}) group by r.lane order by min(d.id)"""
_OPEN_DOMAINS = """select d.id, d.name, d.operator, d.catch_all,
  exists (select 1 from answers a where a.domain = d.id and a.accepted)
  from domains d join routes r on r.id = d.route
  where r.lane = ? and d.id > ? and d.done is null and d.state in ({live}) order by d.id limit ?"""


class OpenDomain(NamedTuple):
    """A domain whose mail servers are to be asked. `catch_all` None: not asked yet, else as it is stored;
    `has_accepted`: a mailbox of it was accepted; `after` the line of the last one that was asked about."""

    id: int
    name: str
    operator: str
    catch_all: int | None
    has_accepted: bool
    after: int = 0


class Answers:
    """Opened over the state of one run."""

    def __init__(self, state: BulkState) -> None:
        self._state = state
        self._base = state.base
        self.verdicts = Verdicts(state.base)
        self.lanes = Lanes(state.base)
        self.lanes.join_all()
        self.paces: dict[int, Pace] = {}
        self._of_lanes: dict[int, Verdict] = {}

    @property
    def seed(self) -> int:
        """Makes the invented mailboxes; the same for the whole run."""
        text = self._state.value("seed")
        if text is None:
            text = str(secrets.randbits(63))
            self._state.note("seed", text)
        return int(text)

    # -- what is open ------------------------------------------------------------------------------

    def open_lanes(self) -> Iterator[int]:
        """The lanes with open domains, the one with the first of them first."""
        base = self._base
        base.execute("create temp table turns (id integer primary key, lane integer not null)")
        base.execute(_OPEN_LANES.format(live=LIVE_STATES))
        try:
            for _, lane in in_turn(base, "select id, lane from turns where id > ? order by id limit ?"):
                yield lane
        finally:
            base.execute("drop table turns")

    def open_domains(self, lane: int, after: int, most: int) -> list[OpenDomain]:
        """The next open domains of a lane, in the order of the list."""
        rows = self._base.execute(_OPEN_DOMAINS.format(live=LIVE_STATES), (lane, after, most)).fetchall()
        return [OpenDomain(number, name, who, of_all, bool(yes)) for number, name, who, of_all, yes in rows]

    def next_mailbox(self, domain: str, after: int) -> tuple[int, str] | None:
        """Line and address of the next mailbox behind a line that was not asked about; None for none."""
        row = self._base.execute(
            "select r.line, case r.address when '' then r.input else r.address end from rows r "
            "left join duplicates u on u.line = r.line left join answers a on a.line = r.line "
            "where r.domain = ? and r.line > ? and r.address is not null and u.line is null "
            "and a.line is null order by r.line limit 1",
            (domain, after),
        ).fetchone()
        return (int(row[0]), str(row[1])) if row is not None else None

    def has_answers(self, domain: int) -> bool:
        """Whether a mailbox of the domain was asked about."""
        return self._base.execute("select 1 from answers where domain = ?", (domain,)).fetchone() is not None

    def verdict_of_lane(self, lane: int) -> Verdict | None:
        """What a session said that holds for all of the lane; None: there was none."""
        root = self.lanes.root(lane)
        if root not in self._of_lanes:
            query = "select max(verdict) from routes where lane = ?"
            verdict = self.verdicts.get(self._base.execute(query, (lane,)).fetchone()[0])
            if verdict is None:
                return None
            self._of_lanes[root] = verdict
        return self._of_lanes[root]

    # -- what was said -----------------------------------------------------------------------------

    @contextlib.contextmanager
    def commit(self) -> Iterator[None]:
        """A context: what is kept in it is lasting when it is left."""
        with self._base:  # commits, or rolls back what an exception left half done
            self._state.begin()
            yield

    def keep_mailbox(self, line: int, domain: int, verdict: Verdict, at: float) -> None:
        """What was said about the mailbox of a row."""
        values = (line, domain, self.verdicts.id_of(verdict), verdict.outcome == "accepted", int(at))
        self._base.execute("insert or replace into answers values (?, ?, ?, ?, ?)", values)

    def keep_catch_all(self, domain: int, *, is_accepted: bool | None) -> int:
        """What was said about an invented mailbox (None: neither yes nor no); as it is stored."""
        value = UNDECIDED if is_accepted is None else int(is_accepted)
        self._base.execute("update domains set catch_all = ? where id = ?", (value, domain))
        return value

    def finish(self, ids: Sequence[int], verdict: Verdict) -> None:
        """Nothing more is asked about these domains."""
        self._state.finish(ids, self.verdicts.id_of(verdict))

    def keep_lane(self, lane: int, verdict: Verdict, at: float) -> None:
        """What a session said holds for all of the lane."""
        self._of_lanes[self.lanes.root(lane)] = verdict
        values = (self.verdicts.id_of(verdict), int(at), lane)
        self._base.execute("update routes set verdict = ?, at = ? where lane = ?", values)

    # -- the courtesy ------------------------------------------------------------------------------

    def keep_traffic(self, sign: str, kind: str, at: float) -> None:
        """A server with this sign was asked: a session ended, or an RCPT was sent."""
        self._base.execute("insert into traffic values (?, ?, ?)", (sign, kind, at))

    def keep_pause(self, sign: str, pace: Pace) -> None:
        """The lane pauses."""
        values = (sign, pace.paused_until, pace.in_vain, pace.why)
        self._base.execute("insert or replace into pauses values (?, ?, ?, ?)", values)

    def forget_pauses(self, sign: str) -> None:
        """There was an answer about a recipient."""
        self._base.execute("update pauses set in_vain = 0 where sign = ? and in_vain > 0", (sign,))

    def pace(self, root: int) -> Pace:
        """That of a lane."""
        pace = self.paces.get(root)
        if pace is None:
            pace = self.paces[root] = Pace()
        return pace

    def load_courtesy(self, now: float) -> None:
        """What an earlier process did in the last hour, and the pauses that last."""
        self._base.execute("delete from traffic where at < ?", (now - _HOUR,))
        for sign, kind, at in self._base.execute("select sign, kind, at from traffic order by at").fetchall():
            pace = self.pace(self.lanes.root_of(sign))
            if kind == "rcpt":
                pace.note_question(at)
            else:
                pace.note_end(at)
        for sign, until, in_vain, why in self._base.execute("select * from pauses").fetchall():
            pace = self.pace(self.lanes.root_of(sign))
            pace.join(Pace(paused_until=until, in_vain=in_vain, why=why))

    def forget_what_is_past(self, now: float) -> None:
        """What no longer holds anybody up need not be kept."""
        with self.commit():
            self._base.execute("delete from traffic where at < ?", (now - _HOUR,))
        self.paces = {root: pace for root, pace in self.paces.items() if not pace.is_past(now)}
        if len(self._of_lanes) > BULK_HOSTS_KEPT:  # they stand in the state, too
            self._of_lanes.clear()

    def learn(self, signs: tuple[str, ...]) -> int:
        """These are the signs of one mail server; the lane that it is in."""
        before = self.lanes.roots_of(signs)
        root = self.lanes.join(signs)
        for other in sorted(before - {root}):
            if other in self.paces:
                self.pace(root).join(self.paces.pop(other))
            if other in self._of_lanes:
                self._of_lanes[root] = self._of_lanes.pop(other)
        return root
