"""What does the bounce say?

Reads the bounce given with --bounce: whom it is about, whether the reply in it is the remote server's or the
sending server's own words, and where an x.0.0 in it comes from. The Status field of a bounce is filled in by
the sending server. When the remote server gave no enhanced status, many put 5.0.0 there: that is filler and
says nothing about the remote server. Only a status inside the remote server's own reply was given by that
server.

What to do: read the reply, not the Status field; where the reply is lost, look for it in the log of the
sending server.
Source: RFC 3464 sections 2.3.4 and 2.3.6; RFC 3463 section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from probe.checks.judging.wording import Voice
from probe.facts.bounce import REF
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.wording.spoken import words_of

if TYPE_CHECKING:
    from probe.reading.bounce.about import BounceFacts
    from probe.standards.dsn.results import DeliveryStatus

ID = "bounce-reply"
STEP = 1
say = Voice(ID, STEP, ("RFC 3464 section 2.3", "RFC 3463 section 3.1"))


def check(facts: Facts) -> Iterator[Finding]:
    """Silent without --bounce."""
    bounce = facts.bounce
    if bounce is None:
        return
    if bounce.status is None:
        yield _unusable(bounce)
        return
    status = bounce.status
    if not bounce.is_about_recipient:
        yield say("bounce-of-other-recipient", (REF,), recipient=status.recipient)
        return
    tag = "bounce-with-remote-reply" if status.is_remote else "bounce-without-remote-reply"
    yield say(tag, (REF,), host=status.remote_mta, reply=status.reply)
    yield from _origin(status)


def _unusable(bounce: BounceFacts) -> Finding:
    count = len(bounce.notice.recipients)
    if count:
        return say("bounce-without-recipient", (REF,), count=count)
    return say(
        "bounce-not-usable", (REF,), detail=words_of(bounce.notice.form), detail_tag=bounce.notice.form
    )


def _origin(status: DeliveryStatus) -> Iterator[Finding]:
    """Where an x.0.0 comes from."""
    from probe.standards.dsn.report import status_of

    status_text = status.reported_status
    own = status_of(status.reply) if status.is_remote else None
    if own is not None and own.is_generic:
        yield say("bounce-status-of-remote", (REF,), status=own)
    elif status_text is not None and status_text.is_generic:
        origin = "given" if own else "none"
        yield say(
            "bounce-status-is-filler",
            (REF,),
            status=status_text,
            reporter=status.reporting_mta,
            remote=origin if status.is_remote else "not_in_bounce",
            remote_status=own,
        )
