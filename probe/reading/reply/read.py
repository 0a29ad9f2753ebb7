"""Reads one reply into a `Reading`: unwraps it, masks it, collects the evidence of the rules."""

from __future__ import annotations

from collections.abc import Sequence

from probe._named_tuple import NamedTuple
from probe.knowledge.causes import causes
from probe.model.evidence import ConductOverride, Evidence, Facet
from probe.model.reply import EnhancedStatus, Reply, Stage
from probe.model.verdict import FixBy, Retry
from probe.reading.reply.conditions import Status, Subject
from probe.reading.reply.evidence import evidence_of
from probe.reading.reply.mask import mask
from probe.reading.reply.quotation import Quotation, may_quote, quotation
from probe.reading.reply.speaker import Speaker
from probe.reading.reply.unwrap import PlainReply, ReplyParts, parts_of, received_parts, reply_lines, unwrap

_EXCERPT_LENGTH = 120  # characters of a quoted reply that the report repeats
# Decibans: from which a quotation names a cause; what the head adds to it; a callout's verdict on a sender,
# and on everything else; and for a verified address without a reason.
_NAMES = 7.0
_QUOTED_BY_HEAD = 2.0
_CALLED_BACK = 17.0
_NOT_ABOUT_SENDER = -12.0
_ABOUT_THE_CLIENT = frozenset(
    ["ip_blocklisted", "poor_reputation", "rdns_helo", "rate_limited", "tls_problem", "smtp_auth_required"]
)
_VERIFIED_WITHOUT_REASON = {
    "user_unknown": 7.0,
    "server_error": 5.0,
    "unknown": 5.0,
    "recipient_refused": 3.0,
}


class Reading(NamedTuple):
    """One reply, read.

    `code` and `enhanced` are the remote server's, None where it sent none; `text` is on one line, without
    wrapping and leading codes, not escaped; `stage` as given, else by the wrapping; `local` is True if the
    text is only the sending MTA's own filler and the remote line is lost.
    """

    code: int | None
    enhanced: EnhancedStatus | None
    text: str
    stage: Stage | None
    host: str
    local: bool
    evidence: tuple[Evidence, ...]

    @property
    def permanent(self) -> bool | None:
        """True for 5yz, False for 4yz, None if no code says so."""
        klass = self.code // 100 if self.code else self.enhanced.klass if self.enhanced else 0
        return {4: False, 5: True}.get(klass)


def read_reply(
    text: str,
    stage: Stage | None = None,
    host: str = "",
    ref: str = "reply",
    speaker: Speaker | None = None,
) -> Reading:
    """Read one SMTP reply from a log, a bounce or a terminal. Never raises on any text.

    `stage` is that of the reply, if known; `host` the server that gave it, `speaker` the server software that
    the session showed. `ref` is the reference in the evidence, which is in no particular order. If the reply
    quotes another one, code and status are those of the head, and the evidence is that of the quotation about
    the address in the head.
    """
    plain = PlainReply.of(text)
    parts = parts_of(plain)
    if may_quote(text):
        reply, line = reply_lines(plain)
        quote = quotation(reply) or quotation(line)
        if quote is not None:
            head = unwrap(quote.head)
            stage = stage or (parts if reply != line else head).stage
            return _read_quoted(unwrap(reply), head, quote, stage, host, ref)
    return _read(parts, stage or parts.stage, host, ref, speaker)


def read_received(
    reply: Reply,
    stage: Stage | None = None,
    host: str = "",
    ref: str = "reply",
    speaker: Speaker | None = None,
) -> Reading:
    """Read a reply that a session received: its code and status are known and not searched in the words.
    Otherwise as `read_reply`."""
    parts = received_parts(reply)
    line = f"{reply.code} {parts.status or ''} {parts.text}"
    quote = quotation(line) if may_quote(line) else None
    if quote is not None:
        head = parts._replace(enhanced=(parts.status,) if parts.status is not None else ())
        return _read_quoted(parts, head, quote, stage, host, ref)
    return _read(parts, stage, host, ref, speaker)


def _read(
    parts: ReplyParts,
    stage: Stage | None,
    host: str,
    ref: str,
    speaker: Speaker | None = None,
    *,
    is_quoted: bool = False,
) -> Reading:
    masked_text = mask(parts.text)
    subject = Subject(
        masked_text,
        code=str(parts.code or ""),
        statuses=tuple(_status(status, parts) for status in parts.enhanced),
        stage=stage.value if stage else "",
        hosts=tuple(name for name in (host.lower().rstrip("."), *masked_text.links.split()) if name),
        speaker=speaker,
        is_quoted=is_quoted,
    )
    return Reading(
        code=parts.code,
        enhanced=parts.enhanced[0] if parts.enhanced else None,
        text=parts.text,
        stage=stage,
        host=host,
        local=parts.local,
        evidence=evidence_of(subject, ref),
    )


def _status(status: EnhancedStatus, parts: ReplyParts) -> Status:
    """The status with the class that counts. It must have the class of the reply code (RFC 2034 section 4,
    RFC 3463 section 2); otherwise the class of the code counts, because sending servers use the code (RFC
    5321 section 4.2.1), while subject and detail still indicate the cause. A success status says nothing
    about a refusal."""
    klass, written = (parts.code or 0) // 100, str(status)
    if status != parts.status or klass not in (4, 5) or status.klass == klass:
        return Status(written, written)
    return Status(written, "" if status.klass == 2 else f"{klass}.{status.subject}.{status.detail}")


def _read_quoted(
    whole: ReplyParts, head: ReplyParts, quote: Quotation, stage: Stage | None, host: str, ref: str
) -> Reading:
    """The reading of a reply, given at `stage`, whose reason is quoted."""
    inner_evidence: tuple[Evidence, ...] = ()
    if quote.inner:
        # a quotation without a code gets the class of the head
        inner = unwrap(quote.inner)
        if not inner.code:
            inner = unwrap(f"{head.code or ''} {quote.inner}")
        inner_evidence = _read(inner, inner.stage, "", ref, is_quoted=True).evidence
    cause_id = _named_cause(inner_evidence)
    answer = "it could not be reached" if cause_id == _UNREACHED else "the answer"
    says = quote.says + (f"; {answer}: {quote.inner[:_EXCERPT_LENGTH]}" if quote.inner else "")
    if quote.about == "sender":
        evidence: tuple[Evidence, ...] = (_about_sender(quote.id, says, cause_id, ref),)
    else:
        weights = {cause_id: _QUOTED_BY_HEAD} if cause_id else _VERIFIED_WITHOUT_REASON
        # the third server saw the receiver's server, not the sender's
        theirs = ConductOverride(fix_by=FixBy.RECIPIENT_ADMIN) if cause_id in _ABOUT_THE_CLIENT else None
        evidence = (*inner_evidence, Evidence(quote.id, Facet.TEXT, weights, says, ref, conduct=theirs))
    return Reading(
        code=head.code or whole.code,
        enhanced=head.enhanced[0] if head.enhanced else None,
        text=whole.text,
        stage=stage,
        host=host,
        local=whole.local,
        evidence=evidence,
    )


_UNREACHED = "connection_failed"
_OPEN_THE_WAY_BACK = (
    "Let the recipient's server reach the mail server of your own domain: before it takes mail from your "
    "address it calls back to your MX, and got no connection. See that the MX record of the sender's domain "
    "names a host that is up and takes connections on port 25 from everywhere. Your queue tries again by "
    "itself."
)
_LET_THEM_IN = (
    "Let the recipient's server in at the mail server of your own domain, whose log has the refusal: before "
    "it takes mail from your address it calls back to your MX, and was refused there. The quoted words, and "
    "an address in them, are about the recipient's server, not about yours. Or tell their administrator, by "
    "telephone, what your server said."
)


def _about_sender(identity: str, says: str, cause_id: str | None, ref: str) -> Evidence:
    """The evidence if the sender's address could not be verified: it cannot be used as a sender here. A
    transient fault of the address counts as transient."""
    cause = causes()[cause_id] if cause_id is not None else None
    action = (
        _LET_THEM_IN
        if cause_id in _ABOUT_THE_CLIENT
        else _OPEN_THE_WAY_BACK
        if cause_id == _UNREACHED
        else ""
    )
    weights = dict.fromkeys(causes(), _NOT_ABOUT_SENDER) | {"sender_invalid": _CALLED_BACK}
    conduct = ConductOverride(action=action) if action else None
    if cause is not None and cause.passes:
        conduct = ConductOverride(retry=Retry.LATER, retry_after=cause.permanent.retry_after, action=action)
    return Evidence(identity, Facet.TEXT, weights, says, ref, conduct=conduct)


def _named_cause(evidence: Sequence[Evidence]) -> str | None:
    """The first cause of a quotation, by its words or its status."""
    sums: dict[str, float] = {}
    for item in evidence:
        if item.facet in (Facet.TEXT, Facet.PROVIDER, Facet.ENHANCED):
            for cause, weight in item.weights.items():
                sums[cause] = sums.get(cause, 0.0) + weight
    best = max(sums, key=lambda cause: (sums[cause], cause), default=None)
    return best if best is not None and sums[best] >= _NAMES else None
