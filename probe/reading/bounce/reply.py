"""The reply of a bounce, for the rules and for display."""

from __future__ import annotations

import re
from functools import lru_cache

from probe._regex import regex
from probe.model.reply import EnhancedStatus, Stage
from probe.reading.reply.absent_name import is_another_host_absent
from probe.reading.reply.octets import characters
from probe.reading.reply.quotation import may_quote
from probe.reading.reply.read import Reading, read_reply
from probe.reading.reply.unwrap import stage_in, unwrap
from probe.standards.dsn.results import DeliveryStatus

_WORD = regex(r"[^\W\d_]{2}")
_LEADING_CODE = regex(r"\s*([245]\d\d)[ -]\s*")
_HEAD = regex(r"\W{0,3}([245]\d\d)(?:[ -]|$)\s*(?:([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d))?[ :]*")


def reply_line(status: DeliveryStatus) -> str:
    """The reply on one line, escaped octets decoded, with its code and its status once.

    Each line of a reply has the code, and mostly the status (RFC 5321 section 4.2.1, RFC 2034 section 4);
    some senders drop the codes between the lines and leave the statuses, with or without a blank.
    """
    return _one_line(status.reply)


@lru_cache(maxsize=16)  # that of one recipient is asked for by the rules, for its status and for display
def _one_line(reply: str) -> str:
    line = " ".join(characters(reply).split())
    head = _HEAD.match(line)
    if head is None:
        return line
    code, enhanced = head.group(1), head.group(2)
    rest = line[head.end() :]
    if code in rest:  # few replies have it twice, and an expression is compiled for each code
        rest = re.sub(rf"(?<!\S){code}-\s*|(?<!\S){code} (?={code} )", "", rest)
        if line.startswith(f"{code}-", head.start(1)):
            # after a colon it belongs to a quoted reply
            rest = re.sub(rf"(?<!\S)(?<!: ){code}(?:\s|$)", " ", rest)
    if enhanced and enhanced in rest:
        # OpenSMTPD writes the lines without a blank between them
        before = r"[(#/:\d-]" if rest.count(enhanced) > 1 else r"[\w(#/:-]"
        rest = re.sub(rf"(?<!{before})(?<!\d\.)(?:{re.escape(enhanced)})+(?=\s|$)", " ", rest)
    return " ".join(" ".join((code, enhanced or "", rest)).split())


def rule_text(status: DeliveryStatus) -> str:
    """The text for the rules: the remote server's own words if there are any.

    The report's status is the reporting server's verdict: Sendmail gives 5.1.1 for many 550 replies, Exim and
    Courier 5.0.0 for everything. It counts only if there is no remote reply, and is then added to the words.
    """
    code = status.status
    reply = " ".join(status.reply.split())
    if f"{reply[:3]}-" not in reply:  # codes of further lines are removed later, when the reply is read
        reply = reply_line(status)
    match = _LEADING_CODE.match(f"{reply} ")
    is_own_reply = status.is_remote and (match or _WORD.search(reply))
    if code is None or code.is_generic or is_own_reply or str(code) in reply:
        return reply
    if match:
        return f"{match.group(1)} {code} {reply[match.end() :]}"
    return f"{code} {reply}".rstrip()


def own_status(status: DeliveryStatus, reading: Reading | None) -> EnhancedStatus | None:
    """The enhanced status that the remote server gave; None if it gave none, or there is no reply."""
    if reading is None or reading.enhanced is None or not status.is_remote:
        return None
    line = reply_line(status)
    # mostly the reading is of this very line, and has its status from there
    is_read = line == rule_text(status) and not may_quote(line)
    return reading.enhanced if is_read or unwrap(line).enhanced else None


def names_another_host(status: DeliveryStatus) -> bool:
    """Whether the missing name in the words is not the recipient's domain but one of its mail servers: then
    its MX record points to nothing, which can be corrected."""
    return is_another_host_absent(status.reply, status.recipient.rpartition("@")[2])


def stage_of(status: DeliveryStatus) -> Stage | None:
    """The stage of the reply: as in the notice, else by the wrapping in the free text."""
    return status.stage or (stage_in(status.added) if status.added else None)


def read_bounced(status: DeliveryStatus, ref: str) -> Reading:
    """Read what a bounce says about one recipient; `ref` goes into the evidence."""
    return read_reply(rule_text(status), stage_of(status), status.remote_mta, ref)
