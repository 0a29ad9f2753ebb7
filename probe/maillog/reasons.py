"""Why a delivery failed: the words of each event, read once for all events with the same words.

The remote server's words are read as by `explain`, our own server's words likewise (rules `own.*`); a code is
never invented, and a failure of this machine's programs is never attributed to the recipient.
"""

from __future__ import annotations

from probe._dataclass import dataclass, replace
from probe.diagnosis.conclusion import Conclusion, at_relay
from probe.explanation import Explanation, explain, is_for_another_mailbox
from probe.maillog.operators import (
    LOCAL,
    Operator,
    is_on_this_machine,
    is_own_relay,
    is_refused_by_setting,
    wrong_next_hop,
)
from probe.maillog.template import coarse, code_of, template
from probe.model.evidence import Band
from probe.model.verdict import FixBy, Retry, Side
from probe.reading.log.event import Event, Speaker, Words
from probe.reading.reply.absent_name import is_another_host_absent

TEMPLATES = 5_000  # that are read by themselves; with more, only code and status of the further ones are
_VARIANTS = 4  # of one coarse template that are read by themselves
_OF_SENDING_HOSTS = "sender_network"  # what servers say of a host that sends to them, never of their own
# A failure between programs of one machine is that machine's own.
_OWN_ACTION = (
    "A mailbox, filter or program of this machine did not take the message: look at it, and at this mail "
    "server's configuration."
)
_OWN_MAILBOX_ACTION = (
    "The address is one of this server's own, which has no mailbox or alias of that name. Where the sender "
    "is empty (<>), nobody gets the bounces: give the address that mail is sent from a mailbox or an alias "
    "(/etc/aliases, virtual_alias_maps), or send from one that has it. Else correct the address."
)
_SETTING_ACTION = (
    "This server refuses or holds this mail by a setting of its own, and asked no other server: Postfix' "
    "error: or retry: in transport_maps or default_transport, or an entry of relocated_maps; Exim's :fail: "
    "or :defer: in a router, an alias file or a filter. The words are that setting's. Change it if the mail "
    "should leave; else tell the sender why it does not."
)
_NEXT_HOP_ACTION = (
    "This server is set up to hand this mail to a host that DNS does not know, or does not answer for. "
    "Correct the name (Postfix: relayhost, transport_maps, smtp_fallback_relay), or the resolver of this "
    "machine if the name is right; then have the queue tried again."
)
_OTHER_NAME_ACTION = (
    "DNS does not know, or does not answer for, a host that is not the recipient's domain itself: it is one "
    "of the domain's mail servers (MX), which its administrator must correct, or the relay that this server "
    "is set up to use. 'smtp-probe domain' with the recipient's domain tells which."
)
_NO_IPV4_ACTION = (
    " It may have an IPv6 address only, which Postfix does not look up with inet_protocols = ipv4: look for "
    "its AAAA record; then this server needs IPv6, or a relay that has it."
)
_NO_IPV4 = "type=a: host found but no data record of requested type"  # Postfix, of a name without an A record
_NOT_IN_TABLE = "User unknown in "  # Postfix' error(8), of an address of its own that no table has
_SETTING_WORDS = "policy rejection"
_OWN_WORDS = "mail system configuration error"  # as Postfix says of itself
_LASTING_ACTION = (
    "Your server gave up, although the other side asked it only to wait. Send the message again. Greylisting "
    "counts each address that a message comes from by itself: let all tries leave from the same one. "
    "If it is put off again, ask the recipient's administrator."
)
_REMOTE = Speaker.REMOTE  # enum member look-ups are slow
_SERVER_ERROR, _UNKNOWN_USER, _POLICY = "server_error", "user_unknown", "policy_unspecified"
_OWN_TROUBLE = "trouble on this mail server"
_OWN_SETTING = "a setting of this mail server"


@dataclass(frozen=True, slots=True)
class Reason:
    """The meaning of some words. `key` is the template under which they were read, `is_remote` whether a
    remote server said them, `is_local` whether it happened on this machine, `side` whose server it was."""

    key: str
    explanation: Explanation
    conclusion: Conclusion
    is_remote: bool
    is_local: bool = False
    side: Side = Side.RECIPIENT

    @property
    def fix_by(self) -> FixBy:
        return self.conclusion.conduct.fix_by

    @property
    def title(self) -> str:
        """The cause in words; of a fault of this server's own it is not said to be the recipient's."""
        cause = self.conclusion.cause
        is_own = self.is_local or not self.is_remote
        if cause.id == _SERVER_ERROR and is_own and self.fix_by is FixBy.SENDER:
            return _OWN_TROUBLE
        if cause.id == _POLICY and self.conclusion.action is _SETTING_ACTION:
            return _OWN_SETTING
        return cause.told_by(self.side).title


class Reasons:
    """Reads words, with a cache."""

    def __init__(self, limit: int = TEMPLATES) -> None:
        self._limit = limit
        self._readings: dict[tuple[object, ...], Reason] = {}
        self._variants: dict[tuple[object, ...], int] = {}
        self._finals: dict[int, Reason] = {}
        self.left_over = 0  # events whose words were not read by themselves

    def __len__(self) -> int:
        """How many templates were read."""
        return len(self._readings)

    def of(self, event: Event, operator: Operator, words: Words | None = None) -> Reason:
        """The meaning of the event's words, or of other given words."""
        wording = words if words is not None else event.words
        text = wording.text if wording is not None else ""
        stage = wording.stage if wording is not None else None
        is_remote = wording is not None and wording.speaker is _REMOTE
        host = event.relay.host if event.relay is not None else None
        key = template(text, event.recipient, host, wording.recipients if wording is not None else ())
        # rules name providers' hosts alone
        whose = operator.id if operator.is_known or operator is LOCAL else ""
        domain = (event.recipient or "").rpartition("@")[2]
        is_elsewhere = not is_remote and domain != "" and is_another_host_absent(text, domain)
        for_another = is_for_another_mailbox(text, event.recipient or "")
        side = Side.RELAY if operator is not LOCAL and is_own_relay(event) else Side.RECIPIENT
        is_set = is_refused_by_setting(event)
        place = (is_remote, stage, whose, for_another, is_elsewhere, side, is_set)
        earlier = self._readings.get((key, *place))
        if earlier is not None:
            return earlier
        wide = coarse(key)
        if self._variants.get((wide, *place), 0) >= _VARIANTS:
            earlier = self._readings.get((wide, *place))
            if earlier is not None:
                return earlier
            key = wide
        elif len(self._readings) >= self._limit:
            self.left_over += 1
            key = f"{code_of(key)} (others)".strip()
            earlier = self._readings.get((key, *place))
            if earlier is not None:
                return earlier
            text = code_of(key)
        self._variants[(wide, *place)] = self._variants.get((wide, *place), 0) + 1
        reason = _reason(
            key, text, is_remote, event, operator, wording, side, is_elsewhere=is_elsewhere, is_set=is_set
        )
        self._readings[(key, *place)] = reason
        return reason

    def final(self, reason: Reason) -> Reason:
        """The same for a message that is lost: what should have passed by itself did not."""
        final = self._finals.get(id(reason))
        if final is None:
            final = self._finals[id(reason)] = _lasting(reason)
        return final


def _reason(
    key: str,
    text: str,
    is_remote: bool,
    event: Event,
    operator: Operator,
    wording: Words | None,
    side: Side,
    *,
    is_elsewhere: bool,
    is_set: bool,
) -> Reason:
    host = event.relay.host if event.relay is not None and event.relay.host else ""
    stage = wording.stage if wording is not None else None
    explanation = explain(text, stage, host if is_remote else "", recipient=event.recipient or "")
    conclusion = explanation.conclusion
    if conclusion is None:  # "250" as the reason of a failure: nothing can be told from it
        explanation = explain("")
        conclusion = explanation.conclusion
        if conclusion is None:
            raise AssertionError("an empty reply always has a conclusion")
    if is_elsewhere:
        conclusion = _of_another_host(
            conclusion, text, is_own=operator is LOCAL and bool(wrong_next_hop(event))
        )
    elif operator is LOCAL and is_set and not text.startswith(_NOT_IN_TABLE):
        conclusion = _of_setting(conclusion)
    elif operator is LOCAL:  # a filter's reply, too
        conclusion = _of_this_machine(conclusion, is_remote=is_remote)
    elif side is Side.RELAY:
        conclusion = at_relay(conclusion)
    return Reason(key, explanation, conclusion, is_remote, operator is LOCAL, side)


def _of_another_host(conclusion: Conclusion, text: str, *, is_own: bool) -> Conclusion:
    """What to do where the missing name is that of a mail server of the recipient's domain, or of a relay of
    one's own."""
    if not is_own:
        conduct = replace(conclusion.conduct, fix_by=FixBy.EITHER)
        if conduct.retry is Retry.NEVER:
            conduct = replace(conduct, retry=Retry.AFTER_FIX)
        action = _OTHER_NAME_ACTION + (_NO_IPV4_ACTION if _NO_IPV4 in text.lower() else "")
        return replace(conclusion, conduct=conduct, action=action, retry_reason="")
    return _as_own_trouble(conclusion, _NEXT_HOP_ACTION)


def _as_own_trouble(conclusion: Conclusion, action: str) -> Conclusion:
    """The conclusion from this server's own trouble in the place of that from its words."""
    return replace(explain(_OWN_WORDS).conclusion or conclusion, action=action)


def _lasting(reason: Reason) -> Reason:
    conclusion = reason.conclusion
    conduct = replace(conclusion.conduct, fix_by=FixBy.EITHER)
    return replace(reason, conclusion=replace(conclusion, conduct=conduct, action=_LASTING_ACTION))


def _of_this_machine(conclusion: Conclusion, *, is_remote: bool) -> Conclusion:
    """The reason for a failure on this machine, which no recipient's administrator can correct."""
    if not is_remote and conclusion.cause.family == _OF_SENDING_HOSTS:
        return _as_own_trouble(conclusion, _OWN_ACTION)
    if not is_remote and conclusion.cause.id == _UNKNOWN_USER and conclusion.conduct.fix_by is FixBy.SENDER:
        return replace(conclusion, action=_OWN_MAILBOX_ACTION)
    if conclusion.conduct.fix_by in (FixBy.RECIPIENT, FixBy.NOBODY, FixBy.SENDER):
        return conclusion
    conduct = replace(conclusion.conduct, fix_by=FixBy.SENDER, retry=Retry.AFTER_FIX, retry_after=None)
    return replace(conclusion, conduct=conduct, action=_OWN_ACTION, retry_reason="")


def _of_setting(conclusion: Conclusion) -> Conclusion:
    """The reason for a refusal that the administrator of this server set up. Words that name no cause by
    themselves are the administrator's own, and the setting is the cause."""
    if conclusion.band is not Band.STATED:
        conclusion = explain(_SETTING_WORDS).conclusion or conclusion
    conduct = replace(conclusion.conduct, fix_by=FixBy.SENDER, retry=Retry.AFTER_FIX, retry_after=None)
    return replace(conclusion, conduct=conduct, action=_SETTING_ACTION, retry_reason="")


def operator_of(event: Event, operator: Operator) -> Operator:
    """The operator, but for hops that do not leave this machine."""
    return LOCAL if is_on_this_machine(event) else operator
