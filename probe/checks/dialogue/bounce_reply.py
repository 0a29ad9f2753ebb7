"""What does the bounce say?

Reads the bounce given with --bounce: whom it is about, whether the reply in it is the remote server's or the
sending server's own words, and where an x.0.0 in it comes from. The Status field of a bounce is filled in by
the sending server. When the remote server gave no enhanced status, many put 5.0.0 there: that is filler and
says nothing about the remote server. Only a status inside the remote server's own reply is its word.

What to do: read the reply, not the Status field; where the reply is lost, look for it in the log of the
sending server.
Source: RFC 3464 sections 2.3.4 and 2.3.6; RFC 3463 section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.bounce import REF, BounceFacts
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.standards.dsn.report import status_of
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
        yield from _unusable(bounce)
        return
    status = bounce.status
    if not bounce.is_about_recipient:
        yield say.warning(
            f"the bounce is about {status.recipient}, another recipient; it is not counted as evidence",
            (REF,),
            "Give the address that bounced as RECIPIENT, or the bounce of this recipient.",
        )
        return
    remote = status.remote_mta or "the remote server"
    if status.is_remote:
        yield say.notice(f"the bounce holds the reply of {remote}: {status.reply}", (REF,))
    else:
        words = status.reply or "nothing"
        yield say.notice(
            f"the bounce holds no reply of a remote server; the sending server's own words are: {words}",
            (REF,),
            "Look for the remote server's line in the log of the sending server.",
        )
    yield from _origin(status)


def _unusable(bounce: BounceFacts) -> Iterator[Finding]:
    if not bounce.notice.recipients:
        yield say.warning(
            f"the file given with --bounce is not usable as a bounce: {bounce.notice.detail}",
            (REF,),
            "Save the bounce whole, with all its parts (.eml).",
        )
        return
    yield say.warning(
        f"the bounce is about {len(bounce.notice.recipients)} recipients, and this one is not among them",
        (REF,),
        "Give the address that bounced as RECIPIENT.",
    )


def _origin(status: DeliveryStatus) -> Iterator[Finding]:
    """Where an x.0.0 comes from."""
    reported = status.reported_status
    own = status_of(status.reply) if status.is_remote else None
    reporter = status.reporting_mta or "the sending server"
    if own is not None and own.is_generic:
        yield say.notice(f"the {own} stands in the remote server's own reply; it is no filler", (REF,))
    elif reported is not None and reported.is_generic:
        said = f"the remote server said {own}" if own else "the remote server gave no enhanced status"
        said = said if status.is_remote else "the remote server's reply is not in the bounce"
        yield say.notice(f"the {reported} is filler that {reporter} wrote; {said}", (REF,))
