"""What sessions mean for one recipient of many: the reading of `check`, without a report."""

from __future__ import annotations

from collections.abc import Iterable

from probe._dataclass import dataclass, replace
from probe._version import VERSION
from probe.diagnosis.action import action_of
from probe.diagnosis.answer import refuses_this_client
from probe.diagnosis.verdict import diagnose
from probe.facts.build import facts_of
from probe.facts.deciding import farthest
from probe.facts.sessions import sessions_of
from probe.model.reply import Reply, Stage
from probe.model.report import Verdict
from probe.model.target import DomainTarget, Endpoint, Options, Target, recipient_domain
from probe.recording import events as ev
from probe.recording.journal import Recording

_CLOSING = 421
_NOWHERE = Endpoint("192.0.2.1", 25)  # the route stands in the sessions; nothing of it is looked up


@dataclass(frozen=True, slots=True)
class SessionReading:
    """`verdict` is that of `check`, `action` what to do. `host` is the mail server that decided (empty:
    none), `stage` where it answered, `reply` what (None: nothing). `is_connected`: a server was reached."""

    verdict: Verdict
    action: str
    host: str
    stage: Stage
    reply: Reply | None
    is_connected: bool

    @property
    def is_about_guest(self) -> bool:
        """Whether the reply is about who asks and not about the recipient: a 421, or words about a rate, a
        blocklist or a reputation."""
        if self.reply is None or self.reply.is_positive:
            return False
        return self.reply.code == _CLOSING or refuses_this_client(self.reply, self.stage)


class SessionReader:
    """Reads sessions that were held with these options. It makes no other facts than those of the sessions,
    so it takes a few milliseconds."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._start = ev.Started(
            version=ev.FORMAT_VERSION,
            tool_version=VERSION,
            started_at="2000-01-01T00:00:00.000Z",
            target=DomainTarget("recipient.invalid"),
            options=replace(options, mx=_NOWHERE, nameservers=()),
            survey=ev.SURVEY,
        )
        self._none = replace(facts_of(Recording(self._start)), options=options)

    def read(self, target: Target, events: Iterable[ev.Event], started_at: str) -> SessionReading:
        """Read the events of the sessions about `target`, which began at `started_at`."""
        start = replace(self._start, target=target, started_at=started_at)
        recording = Recording.of((start, *events))
        facts = replace(
            self._none,
            target=target,
            recipient=replace(self._none.recipient, domain=recipient_domain(target)),
            sessions=sessions_of(recording),
            started_at=started_at,
            complete=True,
        )
        diagnosis = diagnose(facts, ())
        session = diagnosis.result.session or (farthest(facts.sessions) if facts.sessions else None)
        return SessionReading(
            diagnosis.verdict,
            action_of(diagnosis, facts, ()) if diagnosis.ranking else "",
            session.mx_host if session is not None else "",
            diagnosis.result.stage,
            diagnosis.result.reply,
            any(it.connected for it in facts.sessions),
        )
