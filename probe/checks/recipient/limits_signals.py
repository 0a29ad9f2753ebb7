"""Does the server show that it limits this sender?

Looks for signs at the level of the connection: 421 replies, connections closed or reset by the server in
the middle of a session, long waits before a reply (greet delay, tarpit), and announced limits (the LIMITS
extension). How many mails you send, and to how many recipients, cannot be seen from here
(`log-volume` reads it from the log of --log); what the reply's text says about rates is read with the causes.

What to do: send fewer mails at once, over fewer connections, and give a new address time to warm up; keep
within the announced limits.
Source: RFC 5321 section 3.8 (421) and section 4.5.4.1; RFC 9422 section 4.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.facts.session import Session
from probe.model.finding import Finding
from probe.model.reply import Stage
from probe.model.session import EndReason

ID = "limits-signals"
STEP = 7
say = Voice(ID, STEP, ("RFC 5321 section 3.8", "RFC 9422 section 4"))

SLOW_REPLY_MS = 5_000  # greet delays begin at about this value; a busy server answers much sooner


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each sign, else ok, or not assessed if a session was not seen to its end; the volume
    itself is never judged."""
    sessions = [s for s in facts.sessions if s.connected]
    by_log = int(facts.log is not None and facts.log.volume is not None)
    if not sessions:
        yield say("limits-no-session", why=dialogue.no_dialogue(facts), by_log=by_log)
        return
    signs = [finding for session in sessions for finding in _signs(session, by_log)]
    if signs:
        yield from signs
        return
    unseen = [session for session in sessions if session.end in _CUT_SHORT]
    tag = "limits-not-known" if unseen else "limits-not-seen"
    yield say(tag, map(dialogue.ref, unseen or sessions), by_log=by_log)


# The run, or its recording, ended first: what the server would have said is not known.
_CUT_SHORT = (None, EndReason.INTERRUPTED, EndReason.DEADLINE)


def _signs(session: Session, by_log: int) -> Iterator[Finding]:
    host, ref = session.mx_host, dialogue.ref(session)
    exchanges = [e for e in session.exchanges if e.stage not in (Stage.RSET, Stage.QUIT)]  # best effort
    unavailable = [e for e in exchanges if e.reply and e.reply.code == 421]
    if unavailable:
        yield say(
            "limits-channel-closed",
            (unavailable[0].ref,),
            host=host,
            stage=unavailable[0].stage,
            by_log=by_log,
        )
    elif not _failed_at_tls(session):
        if session.end is EndReason.RESET:
            yield say("limits-connection-reset", (ref,), host=host, by_log=by_log)
        elif session.end is EndReason.CLOSED_BY_PEER:
            yield say("limits-connection-closed", (ref,), host=host, by_log=by_log)
    slow = [e for e in exchanges if e.reply and e.elapsed_ms >= SLOW_REPLY_MS]
    if slow:
        yield say(
            "limits-slow-answer",
            (e.ref for e in slow),
            host=host,
            elapsed_ms=slow[0].elapsed_ms,
            stage=slow[0].stage,
        )
    limits = _announcement(session)
    if limits:
        yield say("limits-announced", (ref,), host=host, limits=limits)


def _failed_at_tls(session: Session) -> bool:
    """A failed handshake also ends the session; it has its own finding and is no sign of a limit."""
    return session.tls is not None and session.tls.fault is not None and not session.tls.established


def _announcement(session: Session) -> str:
    extensions = session.extensions or session.plain_extensions
    if extensions is None:
        return ""
    return " ".join(value for keyword, value in extensions.keywords if keyword == "LIMITS").strip()
