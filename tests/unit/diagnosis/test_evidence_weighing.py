"""How words and facts are held against each other, with words and facts that the test chooses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from probe.diagnosis import evidence
from probe.diagnosis.evidence import bounce_reading, evidence_of, reply_evidence
from probe.diagnosis.outcome import observe
from probe.diagnosis.run_result import Ground, RunResult
from probe.diagnosis.situation import SPEAKS, Sighting, Situation
from probe.facts.model import Facts
from probe.facts.session import Exchange
from probe.knowledge.fact_evidence import FactEvidence, beside_address, beside_words
from probe.model.debugging import DEBUG
from probe.model.evidence import Evidence, Facet
from probe.model.fault import Fault, collect_faults
from probe.model.notice_reason import NoticeForm
from probe.model.program_part import ProgramPart
from probe.model.reply import Reply, Stage
from probe.model.target import Options
from probe.model.verdict import Outcome
from probe.reading.bounce.about import BounceFacts
from probe.reading.bounce.results import DeliveryNotice, NoticeKind
from probe.reading.reply.read import read_reply
from probe.standards.dsn.results import DeliveryStatus
from tests.support import facts as make

NO = make.reply(550, "no")
EMPTY, FACTOR, CLEAR = beside_words().empty, beside_words().factor, beside_words().clear_fact
VAGUE = sorted(beside_words().vague)
NOTICE = DeliveryNotice(NoticeKind.BOUNCE, NoticeForm.BOUNCE, ())


def words(rule: str = "w", facet: Facet = Facet.TEXT, **weights: float) -> Evidence:
    return Evidence(rule, facet, weights, "because", "reply")


def fact(identity: str = "f", facet: Facet = Facet.DNS, **changes: Any) -> FactEvidence:
    """A fact that is seen, worth what `causes` says."""
    usual: dict[str, Any] = {
        "causes": {}, "predicate": identity, "says": "it is so", "stages": (), "source": "a test", "date": "",
    }  # fmt: skip
    return FactEvidence(id=identity, facet=facet, **(usual | changes))


def refused(reply: Reply | None = NO, stage: Stage = Stage.RCPT, **changes: Any) -> RunResult:
    exchange = make.exchange(stage, reply)
    result = RunResult(Outcome.REFUSED, stage, Ground.REPLY, make.session(), exchange)
    return replace(result, **changes)


class World:
    """What the reply says, what the bounce says, and which facts are seen, each as a test sets it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.by_words: tuple[Evidence, ...] = ()
        self.bounced: tuple[Evidence, ...] = ()
        self.by_facts: tuple[FactEvidence, ...] = ()
        self.predicates: dict[str, Callable[[Situation], Sighting | None]] = {}
        self.read: list[tuple[Any, ...]] = []
        monkeypatch.setattr(evidence, "read_received", self._reading)
        monkeypatch.setattr("probe.reading.bounce.reply.read_bounced", lambda *_: self._said(self.bounced))
        monkeypatch.setattr(evidence, "fact_evidence", lambda: self.by_facts)
        monkeypatch.setattr(evidence, "PREDICATES", self)

    def __getitem__(self, name: str) -> Callable[[Situation], Sighting | None]:
        return self.predicates.get(name, lambda _: Sighting(f"ref:{name}", "a detail"))

    def _reading(self, *arguments: Any) -> Any:
        self.read.append(arguments)
        return self._said(self.by_words)

    def _said(self, findings: tuple[Evidence, ...]) -> Any:
        return read_reply("550 no")._replace(evidence=findings)

    def weights(self, result: RunResult | None = None, **changes: Any) -> dict[str, dict[str, float]]:
        """The weights that count, by rule."""
        items = evidence_of(make.facts(**changes), result or refused())
        assert len({item.rule for item in items}) == len(items)
        return {item.rule: dict(item.weights) for item in items}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


# -- words that turn out to say nothing ------------------------------------------------------------


@pytest.mark.parametrize(
    ("facet", "causes", "empties"),
    [
        (Facet.DNS, {"mailbox_full": CLEAR - 0.1}, False),
        (Facet.DNS, {"mailbox_full": CLEAR}, True),
        (Facet.DNS, {"mailbox_full": CLEAR + 1, "auth_failed": -5}, True),
        (Facet.DNS, {"mailbox_full": -CLEAR}, False),
        (Facet.DNS, {}, False),
        (Facet.EXPERIMENT, {"mailbox_full": 0.1}, True),
        (Facet.EXPERIMENT, {}, True),
        (Facet.VANTAGE, {"mailbox_full": CLEAR - 0.1}, False),
    ],
)
@pytest.mark.parametrize("named", [(), VAGUE[:1], VAGUE[1:], VAGUE])
def test_a_clear_fact_or_an_experiment_empties_words_that_name_no_cause(
    world: World, facet: Facet, causes: dict[str, float], empties: bool, named: tuple[str, ...]
) -> None:
    text = dict.fromkeys(named, SPEAKS) | {"greylisted": 5.0}
    world.by_words = (Evidence("w", Facet.TEXT, text, "because", "reply"),)
    world.by_facts = (fact("weak", causes={"greylisted": 1}), fact(facet=facet, causes=causes))
    result = world.weights()
    assert result["w"] == {cause: weight * (EMPTY if empties else 1) for cause, weight in text.items()}
    assert result["f"] == causes, "a fact keeps its weight"


@pytest.mark.parametrize(
    ("facet", "emptied"),
    [(Facet.TEXT, True), (Facet.PROVIDER, True), (Facet.ENHANCED, False), (Facet.CODE, False)],
)
def test_only_words_are_emptied(world: World, facet: Facet, emptied: bool) -> None:
    world.by_words = (words(facet=facet, greylisted=4),)
    world.by_facts = (fact(facet=Facet.EXPERIMENT),)
    assert world.weights()["w"] == {"greylisted": 4 * EMPTY if emptied else 4}


def test_words_that_name_a_cause_stand_beside_an_experiment(world: World) -> None:
    world.by_words = (words(mailbox_full=SPEAKS, policy_unspecified=SPEAKS),)
    world.by_facts = (
        fact(facet=Facet.EXPERIMENT, causes={"auth_failed": 9}),
        fact("g", causes={"auth_failed": 30}),
    )
    result = world.weights()
    assert result["w"] == {"mailbox_full": SPEAKS, "policy_unspecified": SPEAKS}


def test_an_experiment_that_shows_the_words_empty_empties_any(world: World) -> None:
    world.by_words = (words(user_unknown=18),)
    emptying = fact(facet=Facet.EXPERIMENT, causes={"bad_domain": 9}, empties_words=True)
    world.by_facts = (fact("other", causes={"bad_domain": 1}), emptying)
    assert world.weights() == {
        "w": {"user_unknown": 18 * EMPTY},
        "other": {"bad_domain": 1},
        "f": {"bad_domain": 9},
    }
    world.predicates["f"] = lambda _: None  # it was not seen
    assert world.weights()["w"] == {"user_unknown": 18}


# -- facts beside words that name a cause ----------------------------------------------------------


@pytest.mark.parametrize(
    ("weight", "counts"), [(5, 5), (1, 1), (0.5, 0.5), (0, 0), (-0.5, -0.5 * FACTOR), (-5, -5 * FACTOR)]
)
def test_a_fact_beside_words_keeps_its_weight_for_their_cause(
    world: World, weight: float, counts: float
) -> None:
    world.by_words = (words(mailbox_full=SPEAKS),)
    world.by_facts = (fact(causes={"mailbox_full": weight, "auth_failed": 6, "greylisted": -6}),)
    assert world.weights()["f"] == {
        "mailbox_full": counts,
        "auth_failed": 6 * FACTOR,
        "greylisted": -6 * FACTOR,
    }


@pytest.mark.parametrize("facet", list(Facet))
def test_some_facts_keep_their_weight_beside_any_words(world: World, facet: Facet) -> None:
    world.by_words = (words(mailbox_full=18),)
    world.by_facts = (fact(facet=facet, causes={"auth_failed": 4}),)
    untouched = facet in (Facet.EXPERIMENT, Facet.VANTAGE)
    assert world.weights()["f"] == {"auth_failed": 4 if untouched else 4 * FACTOR}


@pytest.mark.parametrize(
    "text",
    [
        {"mailbox_full": SPEAKS - 0.1},  # too weak to name it
        {"policy_unspecified": 18, "mailbox_full": SPEAKS},  # what leads names no rule
        {"policy_unspecified": SPEAKS},
        {},
    ],
)
def test_where_no_cause_is_named_first_every_fact_counts_in_full(
    world: World, text: dict[str, float]
) -> None:
    world.by_words = (Evidence("w", Facet.TEXT, text, "because", "reply"),) if text else ()
    world.by_facts = (fact(causes={"auth_failed": 4}),)
    assert world.weights()["f"] == {"auth_failed": 4}


def test_a_cause_that_the_stage_rules_out_leads_nothing(world: World) -> None:
    world.by_words = (words(user_unknown=18),)
    world.by_facts = (fact(causes={"auth_failed": 4}),)
    assert world.weights(refused(stage=Stage.MAIL))["f"] == {"auth_failed": 4}
    assert world.weights(refused(stage=Stage.RCPT))["f"] == {"auth_failed": 4 * FACTOR}


# -- the bounce ------------------------------------------------------------------------------------


def bounced(
    *, status: DeliveryStatus | None = None, kind: NoticeKind = NoticeKind.BOUNCE, about: bool = True
) -> BounceFacts:
    return BounceFacts(replace(NOTICE, kind=kind), status, about)


ONE = DeliveryStatus("a@b.example")


def test_a_bounce_is_read_where_it_tells_of_a_failure_for_the_recipient(world: World) -> None:
    assert bounce_reading(make.facts(bounce=bounced(status=ONE))) is not None
    for other in (
        None,
        bounced(),
        bounced(status=ONE, about=False),
        bounced(status=ONE, kind=NoticeKind.DELAY),
    ):
        assert bounce_reading(make.facts(bounce=other)) is None


def test_a_bounce_outweighs_that_dns_is_in_order() -> None:
    about = {
        it: make.facts(options=Options(smtp=False), sessions=(), bounce=bounced(about=it))
        for it in (True, False)
    }
    assert {it: observe(facts).outcome for it, facts in about.items()} == {
        True: Outcome.INCONCLUSIVE,
        False: Outcome.ACCEPTED,
    }


def test_reply_and_bounce_add_up_and_one_rule_counts_once(world: World) -> None:
    world.by_words = (words("both", greylisted=3), words("reply", greylisted=1))
    world.bounced = (words("both", greylisted=9), words("bounce", greylisted=2))
    assert world.weights(bounce=bounced(status=ONE)) == {
        "both": {"greylisted": 3},
        "reply": {"greylisted": 1},
        "bounce": {"greylisted": 2},
    }


def test_only_the_bounce_counts_for_a_recipient_who_was_accepted(world: World) -> None:
    world.by_words, world.bounced = (words("reply"),), (words("bounce", greylisted=2),)
    world.by_facts = (fact(causes={"auth_failed": 4}),)
    accepted = refused(make.reply(250, "ok"), outcome=Outcome.ACCEPTED)
    assert world.weights(accepted, bounce=bounced(status=ONE)) == {"bounce": {"greylisted": 2}}
    assert world.weights(accepted) == {}


def test_without_a_reply_the_bounce_leads_no_cause(world: World) -> None:
    world.bounced = (words("bounce", mailbox_full=18),)
    world.by_facts = (fact(causes={"auth_failed": 4}),)
    silent = refused(None, outcome=Outcome.INCONCLUSIVE, ground=Ground.NO_REPLY)
    assert world.weights(silent, bounce=bounced(status=ONE)) == {
        "bounce": {"mailbox_full": 18},
        "f": {"auth_failed": 4},
    }


# -- the reply -------------------------------------------------------------------------------------


def test_only_a_refusal_that_decided_is_read(world: World) -> None:
    world.by_words = (words(),)
    assert reply_evidence(refused()) == world.by_words
    for other in (refused(None), refused(make.reply(250, "ok"))):
        assert reply_evidence(other) == ()
    for ground in Ground:
        assert reply_evidence(refused(ground=ground)) == (world.by_words if ground is Ground.REPLY else ())


def test_the_reply_is_read_with_its_stage_its_host_and_how_it_is_named(world: World) -> None:
    result = refused(stage=Stage.MAIL, session=make.session(exchanges=()))
    reply_evidence(result)
    assert world.read == [(NO, Stage.MAIL, make.MX_NAME, "session:1:mail", None)]
    reply_evidence(replace(result, session=None))
    assert world.read[1] == (NO, Stage.MAIL, "", "session:1:mail", None)


def said(stage: Stage, code: int | None, text: str, *, usable: bool = True) -> Exchange:
    reply = make.reply(code, text) if code is not None else None
    return replace(make.exchange(stage, reply), usable=usable)


def test_the_program_is_told_by_what_it_said_last_and_how_it_accepts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    result: list[tuple[str, str, list[str]]] = []
    monkeypatch.setattr(evidence, "tell", lambda *texts: result.append(texts))
    exchanges = (
        said(Stage.GREETING, 220, "first greeting"),
        said(Stage.GREETING, 220, "last greeting"),
        said(Stage.GREETING, 220, "unusable", usable=False),
        said(Stage.EHLO, 250, "before TLS"),
        said(Stage.STARTTLS, 220, "go"),
        said(Stage.EHLO, 250, "after TLS"),
        said(Stage.EHLO, None, ""),
        said(Stage.RCPT, 250, "recipient ok"),
        said(Stage.MAIL, 250, "sender ok"),
        said(Stage.MAIL, 550, "sender refused"),
        said(Stage.RCPT, 450, "later"),
        said(Stage.RCPT, 250, "unusable", usable=False),
        said(Stage.QUIT, 221, "bye"),
    )
    reply_evidence(refused(session=make.session(exchanges=exchanges)))
    reply_evidence(refused(session=make.session(exchanges=())))
    assert result == [
        ("last greeting", "after TLS", ["sender ok", "recipient ok"]),
        ("", "", []),
    ]


def test_the_program_that_was_told_is_handed_to_the_rules(world: World) -> None:
    postfix = (said(Stage.GREETING, 220, "mx.example ESMTP Postfix"),)
    reply_evidence(refused(session=make.session(exchanges=postfix)))
    assert world.read[0][4].id == "postfix"


# -- facts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stages", "records"),
    [((), True), ((Stage.RCPT,), True), ((Stage.MAIL, Stage.RCPT), True), ((Stage.MAIL,), False)],
)
def test_a_fact_counts_at_its_stages(world: World, stages: tuple[Stage, ...], records: bool) -> None:
    world.by_facts = (fact("before"), fact(stages=stages), fact("after"))
    assert list(world.weights()) == ["before", *(["f"] if records else []), "after"]


def test_a_fact_is_told_with_its_detail_and_what_it_refers_to(world: World) -> None:
    world.by_facts = (fact(says="it is {detail}, truly", causes={"auth_failed": 1}, final="bad_domain"),)
    [result] = evidence_of(make.facts(), refused())
    assert result == Evidence(
        "f", Facet.DNS, {"auth_failed": 1}, "it is a detail, truly", "ref:f", "bad_domain", None
    )


ADDRESS = fact(of_address=True, causes={"auth_failed": 6, "greylisted": -3})


@pytest.mark.parametrize(
    ("entry", "is_sending", "reply", "little"),
    [
        (ADDRESS, False, NO, True),
        (ADDRESS, False, None, True),
        (ADDRESS, True, NO, False),
        (ADDRESS, None, NO, False),
        (
            ADDRESS,
            False,
            make.reply(550, f"{make.SOURCE} is listed"),
            False,
        ),  # it speaks of that very address
        (ADDRESS, False, make.reply(550, "192.0.2.1 is listed"), True),
        (replace(ADDRESS, of_address=False), False, NO, False),
    ],
)
def test_a_fact_of_the_sending_address_counts_little_where_another_was_answered(
    world: World, entry: FactEvidence, is_sending: bool | None, reply: Reply | None, little: bool
) -> None:
    world.by_facts = (entry,)
    stood = make.vantage(is_sending_address=is_sending, probe_ip=make.MX_IP)
    [result] = evidence_of(make.facts(vantage=stood), refused(reply))
    share = beside_address().factor if little else 1
    assert result.weights == {"auth_failed": 6 * share, "greylisted": -3 * share}
    whose = f"; counted little, because the server answered {make.MX_IP}, not {make.SOURCE}" if little else ""
    assert result.says == f"it is so{whose}"


# -- faults of this program ------------------------------------------------------------------------


def _fail(*_: object) -> Any:
    raise RuntimeError("a test")


def faults_of(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[Fault]]:
    monkeypatch.delenv(DEBUG)
    with collect_faults() as faults:
        items = evidence_of(facts, refused())
    return [item.rule for item in items], faults


def test_a_fault_in_a_reader_or_fact_leaves_out_that_one_and_is_of_the_first_step(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.by_words, world.by_facts = (words(),), (fact("a"), fact("b"))
    world.predicates["a"] = _fail
    rules, faults = faults_of(make.facts(), monkeypatch)
    assert rules == ["w", "b"]
    assert [(it.part, it.of, it.step) for it in faults] == [(ProgramPart.FACT_RULE, "a", 1)]


@pytest.mark.parametrize(
    ("reader", "part", "left"),
    [
        ("probe.diagnosis.evidence.read_received", ProgramPart.REPLY, ["bounce", "f"]),
        ("probe.reading.bounce.reply.read_bounced", ProgramPart.BOUNCE, ["w", "f"]),
    ],
)
def test_a_fault_in_a_reader_leaves_what_the_others_read(
    world: World, monkeypatch: pytest.MonkeyPatch, reader: str, part: ProgramPart, left: list[str]
) -> None:
    world.by_words, world.bounced, world.by_facts = (words(),), (words("bounce"),), (fact(),)
    monkeypatch.setattr(reader, _fail)
    rules, faults = faults_of(make.facts(bounce=bounced(status=ONE)), monkeypatch)
    assert rules == left
    assert [(it.part, it.step) for it in faults] == [(part, 1)]
