"""From ranked causes to the conclusion: who must act, what to do, and when to try again. Used by every
command: check, domain, replay, explain, bounce.

The cause and the class of the reply give the usual conduct (causes.toml). The words may change it: a rule
names another owner or another time, or asks to try again. `never` makes users delete an address, so it needs
a ground: words, a status or a record which say that this mailbox or domain takes no mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from probe._dataclass import dataclass, replace
from probe._named_tuple import NamedTuple
from probe.knowledge.causes import Cause, advice_cause, causes
from probe.model.evidence import Band, ConductOverride, Evidence, Facet, RankedCause
from probe.model.reply import Stage
from probe.model.verdict import Conduct, FixBy, Retry, Side

_SURE = (Band.STATED, Band.LIKELY)
_USUAL_WAIT_S = 3600  # if the server asks to try again and neither it nor the cause says when


_GATE_MEANING = (
    "The mail server that wrote this log refused what a client brought to it; no other server was asked."
)
_GATE_ACTION = (
    "Decide whether this mail server should take it: the refusal is its own. If it should, correct the rule "
    "that the words name: whom it passes mail on for, and which domains and addresses are its own (Postfix: "
    "mynetworks, smtpd_recipient_restrictions, relay_domains; Exim: the ACLs, relay_from_hosts; Exchange: "
    "the receive connector's permission groups, the accepted domains). A client of yours should log in "
    "(port 587 or 465). If it should not, nothing is to be done here: the client was told."
)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The conclusion from at least one ranked cause.

    `band` says how sure the first is. `advice` is the cause whose action and steps to follow: `unknown` if
    the band is undecided, because nobody should act on a guess. `action` is a sentence for the one who acts.
    `retry_reason` says what the time rests on if it is not the usual one of the cause (for `never` always);
    else it is empty.
    """

    ranking: tuple[RankedCause, ...]
    band: Band
    advice: Cause
    conduct: Conduct
    action: str
    retry_reason: str = ""

    def __hash__(self) -> int:
        """By words and the first share: `advice` has no hash, and few conclusions share these."""
        return hash((self.action, self.retry_reason, self.ranking[0].probability))

    @property
    def cause(self) -> Cause:
        """The first of the ranked causes."""
        return self.cause_of(self.ranking[0].id)

    def cause_of(self, identity: str) -> Cause:
        """One of the ranked causes, in the words of the advice where that is about it."""
        return self.advice if self.advice.id == identity else causes()[identity]


class WordlessConclusion(NamedTuple):
    """A conclusion without what only the words of one reply tell. `names_list`: its action is to name the
    list that the words name."""

    conclusion: Conclusion
    names_list: bool


def document(conclusion: Conclusion | None, action: str = "action") -> dict[str, Any]:
    """The JSON keys for a conclusion in every kind of result; null if there is none. `action` is the name of
    the key for what to do."""
    if conclusion is None:
        nothing = (
            "cause",
            "band",
            "causes",
            "fix_by",
            "retry",
            "steps",
            action,
            "retry_after_s",
            "retry_reason",
        )
        return dict.fromkeys(nothing) | {"causes": [], "steps": [], action: ""}
    return {
        "cause": conclusion.cause.id,
        "band": conclusion.band.value,
        "causes": [{"id": it.id, "probability": round(it.probability, 4)} for it in conclusion.ranking],
        "fix_by": conclusion.conduct.fix_by.value,
        "retry": conclusion.conduct.retry.value,
        "steps": list(conclusion.advice.steps),
        action: conclusion.action,
        "retry_after_s": conclusion.conduct.retry_after,
        "retry_reason": conclusion.retry_reason or None,
    }


def conclude(
    ranking: Sequence[RankedCause],
    certainty: Band,
    evidence: Iterable[Evidence],
    *,
    permanent: bool | None,
    text: str = "",
    stage: Stage | None = None,
) -> Conclusion:
    """Conclude from at least one ranked cause. `evidence` is all that the reply gives, `text` its words,
    `permanent` its class (5yz, 4yz, or None), `stage` where it was given."""
    return with_words(
        conclude_without_words(ranking, certainty, evidence, permanent=permanent, stage=stage), text
    )


def conclude_without_words(
    ranking: Sequence[RankedCause],
    certainty: Band,
    evidence: Iterable[Evidence],
    *,
    permanent: bool | None,
    stage: Stage | None = None,
) -> WordlessConclusion:
    """The part of `conclude` that is the same for all replies with the same evidence."""
    top = ranking[0]
    advice = advice_cause(top.id, certainty)
    override, source = _override(top, certainty)
    conduct, reason = _with_times(advice.conduct(permanent), override, source, evidence)
    if conduct.retry is Retry.NEVER:
        ground = _ground(top.id, certainty, evidence)
        conduct = conduct if ground is not None else replace(conduct, retry=Retry.AFTER_FIX)
        reason = ground.says if ground is not None else ""
    action = override.action or advice.action_at(stage, permanent)
    conclusion = Conclusion(tuple(ranking), certainty, advice, conduct, action, reason)
    return WordlessConclusion(conclusion, names_list=not override.action and advice.id == "ip_blocklisted")


def with_words(wordless: WordlessConclusion, text: str) -> Conclusion:
    """The conclusion with what the words of one reply add: the list that they name, and how long to wait."""
    conclusion = wordless.conclusion
    place, wait = "", None
    if text and wordless.names_list:
        from probe.knowledge.named_list import where_to_look

        place = where_to_look(text)
    if text and conclusion.conduct.retry is Retry.LATER:  # otherwise waiting does not help
        from probe.reading.reply.stated_wait import stated_wait

        wait = stated_wait(text)
    return _with_place_and_wait(conclusion, place, wait) if place or wait is not None else conclusion


@lru_cache(maxsize=512)
def _with_place_and_wait(conclusion: Conclusion, place: str, wait: int | None) -> Conclusion:
    """The conclusion with the sentence where to look the list up and the seconds to wait, as far as given."""
    action, conduct = conclusion.action, conclusion.conduct
    return replace(
        conclusion,
        action=f"{place} {action.partition('. ')[2]}" if place else action,
        conduct=replace(conduct, retry_after=wait) if wait is not None else conduct,
    )


def _override(top: RankedCause, certainty: Band) -> tuple[ConductOverride, Evidence | None]:
    """The conduct and its source, from the strongest evidence for the first cause that has one."""
    if certainty is not Band.UNDECIDED:
        for item, _ in top.evidence_for:
            if item.conduct is not None and item.facet is not Facet.CONDUCT:
                return item.conduct, item
    return ConductOverride(), None


def conduct_at_relay(conduct: Conduct) -> Conduct:
    """A refusal by a relay of the sender's own is for who runs it, on the sender's side, unless it is about
    the mailbox alone."""
    is_theirs = conduct.fix_by is FixBy.RECIPIENT
    return replace(conduct, fix_by=FixBy.RECIPIENT if is_theirs else FixBy.SENDER)


def at_relay(conclusion: Conclusion) -> Conclusion:
    """The conclusion where a relay of the sender's own decided. Its operator is on the sender's side, so the
    advice of a rule for the recipient's gives way, as does that on a blocklist, which such a relay asks about
    strangers alone; a mailbox stays the recipient's own affair."""
    usual, conduct = conclusion.advice, conclusion.conduct
    is_usual = conclusion.action in (usual.action, usual.refused, *usual.actions.values())
    is_senders = conduct.fix_by in (FixBy.SENDER, FixBy.SENDER_NETWORK) and usual.id != "ip_blocklisted"
    advice = usual.told_by(Side.RELAY)
    return replace(
        conclusion,
        advice=advice,
        conduct=conduct_at_relay(conduct),
        action=conclusion.action if is_senders and not is_usual else advice.action,
    )


def at_own_gate(conclusion: Conclusion) -> Conclusion:
    """The conclusion where the local mail server refused what a client brought: whether it should have is for
    who runs it; no other server was asked. A full mailbox stays its owner's affair."""
    conduct = conduct_at_relay(conclusion.conduct)
    advice = conclusion.advice._replace(meaning=_GATE_MEANING, steps=(1,))
    if conduct.fix_by is FixBy.RECIPIENT:
        return replace(conclusion, advice=advice)
    return replace(conclusion, advice=advice, conduct=conduct, action=_GATE_ACTION)


def _with_times(
    conduct: Conduct, override: ConductOverride, source: Evidence | None, evidence: Iterable[Evidence]
) -> tuple[Conduct, str]:
    """The conduct changed by what the words say about owner and time, and the sentence that the time rests
    on."""
    conduct = replace(conduct, fix_by=override.fix_by or conduct.fix_by)
    if override.retry is not None:
        reason = source.says if source is not None and override.retry.is_without_fix else ""
        return replace(conduct, retry=override.retry, retry_after=override.retry_after), reason
    sources = {
        item.conduct.retry: item.says
        for item in evidence
        if item.facet is Facet.CONDUCT and item.conduct is not None and item.conduct.retry is not None
    }
    if Retry.LATER in sources and not conduct.retry.is_without_fix:
        return replace(conduct, retry=Retry.LATER, retry_after=_USUAL_WAIT_S), sources[Retry.LATER]
    if Retry.AFTER_FIX in sources and conduct.retry.is_without_fix:
        return replace(conduct, retry=Retry.AFTER_FIX, retry_after=None), sources[Retry.AFTER_FIX]
    return conduct, ""


def _ground(cause: str, certainty: Band, evidence: Iterable[Evidence]) -> Evidence | None:
    """The evidence that this mailbox or domain permanently takes no mail: words first, then a status or a
    record."""
    if certainty not in _SURE:
        return None
    grounds = [item for item in evidence if item.final == cause]
    return min(grounds, key=lambda item: (item.facet is not Facet.CONDUCT, item.rule), default=None)
