"""The tables of findings/: every tag is made, every template has its values, no words lie idle."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from enum import StrEnum
from functools import cache
from pathlib import Path

import pytest

from probe import checks
from probe.checks.catalogue import all_checks, by_id
from probe.checks.dialogue import reply_permanence
from probe.checks.judging.dialogue import NoDialogue, TlsDemand
from probe.checks.judging.wording import NOT_LOOKED_AT, Source, Voice
from probe.checks.recipient import recipient_mx_reachable
from probe.checks.sender.dmarc_alignment import DkimPath, SpfPath
from probe.knowledge import finding_groups
from probe.knowledge.finding_tags import FindingTag, finding_tags, shared_words, tags_of
from probe.knowledge.requirements import Need
from probe.knowledge.risks import risk_rules
from probe.model.answer_fault import AnswerFault, AskedOver, OwnWord, WireFault
from probe.model.dialable import AddressKind
from probe.model.dkim_key import KeyReason
from probe.model.dmarc_record import DmarcReason
from probe.model.finding import Finding, Severity
from probe.model.listing import ListingReason
from probe.model.local_tool import ToolReason
from probe.model.message_problem import MessageReason, SubjectReason
from probe.model.mta_reason import MtaReason
from probe.model.mx_fault import MxFault
from probe.model.near_miss import NearMissReason, Place
from probe.model.notice_reason import NoticeForm, NoticeReason
from probe.model.observed import (
    CertificateFault,
    EndCause,
    FetchFault,
    Gap,
    HandshakeFault,
    HeloReason,
    OpinionFault,
    Part,
    SessionReason,
)
from probe.model.program_part import ProgramPart
from probe.model.reply import Stage
from probe.model.session import Experiment, Stop
from probe.model.signing import SignatureReason
from probe.model.spf import SpfReason
from probe.model.tag_list import TagListReason
from probe.model.tls_policy import StsProblem, TlsaProblem, TlsRptProblem
from probe.model.trust import Trust
from probe.model.verdict import OutcomeReason
from probe.standards.smtp.results import Deviation
from probe.wording import sentence as judging
from probe.wording.sentence import fields, outline, sentence
from probe.wording.spoken import table_of
from tests.unit.checks.test_catalogue import CASES

NOT_SEEN_BY_A_PROBE = {Need.TLS, Need.FEW_COMPLAINTS, Need.FEW_CONNECTIONS, Need.SLOW}
every_tag = pytest.mark.parametrize("tag", finding_tags().values(), ids=lambda tag: tag.name)


@cache
def made() -> dict[str, list[Finding]]:
    """What the cases of the checks make, by tag."""
    result: dict[str, list[Finding]] = defaultdict(list)
    for case in CASES:
        check = by_id(case.check)
        assert check is not None
        for finding in check.check(case.facts):
            result[finding.tag].append(finding)
    return result


@cache
def strings_in_checks() -> dict[str, set[str]]:
    """The string literals of each check's module, by its id."""
    result = {}
    for path in Path(checks.__path__[0]).glob("*/*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        result[path.stem.replace("_", "-")] = {name for name in names if isinstance(name, str)}
    return result


def test_every_tag_is_made_by_a_case() -> None:
    assert sorted(finding_tags().keys() - made().keys()) == []


def test_a_tag_is_named_by_its_check_and_by_no_other() -> None:
    for name, tag in finding_tags().items():
        assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name)
        users = [check.ID for check in all_checks() if name in strings_in_checks()[check.ID]]
        assert users == [tag.check], name


@every_tag
def test_a_finding_has_the_values_that_its_templates_need(tag: FindingTag) -> None:
    needed = fields(tag.message) | fields(tag.remedy)
    for finding in made()[tag.name]:
        assert needed <= finding.args.keys()
        assert (finding.id, finding.severity) == (tag.check, tag.severity)
        assert sentence(tag.message, finding.args) == finding.message
        for value in finding.args.values():
            assert type(value) in (str, int, float, tuple)
            assert not isinstance(value, tuple) or {type(one) for one in value} <= {str, int, float}


@every_tag
def test_a_sentence_is_whole(tag: FindingTag) -> None:
    for finding in made()[tag.name]:
        for text in (finding.message, finding.remedy):
            assert "  " not in text and text == text.strip() and "()" not in text
            assert "{" not in text and "None" not in text.split()
        assert not finding.message.endswith((".", ":", ",")) or tag.name == "regional-advice"


def test_outcomes_with_one_sentence_say_when_they_are_meant() -> None:
    for check in all_checks():
        result: dict[str, list[str]] = defaultdict(list)
        for tag in tags_of(check.ID):
            result[outline(tag.message)].append(tag.when)
        for conditions in result.values():
            assert conditions.count("") <= 1, (check.ID, conditions)
            assert len(set(conditions)) == len(conditions), (check.ID, conditions)


def test_every_check_has_tags() -> None:
    assert [check.ID for check in all_checks() if not tags_of(check.ID)] == []


def test_every_tag_that_others_ask_for_exists() -> None:
    questions = {
        *finding_groups.DOUBTED_ACCEPTANCE,
        *finding_groups.ORIGINS_OF_STATUS,
        *finding_groups.NOT_THE_SENDING_PLACE,
        *finding_groups.UNANSWERED.values(),
        *(tag for tags in finding_groups.STEP_NOT_LOOKED_AT.values() for tag in tags),
        *(tag for tags in finding_groups.UNEXPLAINED_BLOCK.values() for tag in tags),
        *finding_groups.TLS_POLICY_FAILS,
        finding_groups.POSTMASTER_REFUSED,
        *finding_groups.DOCUMENTED,
    }
    assert questions <= finding_tags().keys()


def test_a_risk_names_faults_of_its_own_check() -> None:
    for rule in risk_rules().values():
        assert rule.tags
        for name in rule.tags:
            assert finding_tags()[name].check == rule.finding
            assert finding_tags()[name].severity not in (Severity.OK, Severity.NOT_ASSESSED)


# where nobody demands TLS, mail goes without it (RFC 7435)
_OPPORTUNISTIC = {"starttls-missing", "tls-failed", "tls-deprecated"}


def test_a_fault_of_a_check_that_foretells_a_refusal_is_named_in_its_risk() -> None:
    for rule in risk_rules().values():
        faults = {t.name for t in tags_of(rule.finding) if t.severity in (Severity.ERROR, Severity.WARNING)}
        assert faults - _OPPORTUNISTIC <= rule.tags


def templates() -> list[str]:
    """Every template: of tags, and of the shared words."""
    own = [text for tag in finding_tags().values() for text in (tag.message, tag.remedy)]
    return own + [text for table in shared_words().values() for text in table.values()]


# What reasons are of: their words are made by `probe.wording.spoken`
VOCABULARIES: tuple[type[StrEnum], ...] = (
    AddressKind,
    AnswerFault,
    CertificateFault,
    DmarcReason,
    EndCause,
    ProgramPart,
    FetchFault,
    Gap,
    HandshakeFault,
    HeloReason,
    KeyReason,
    ListingReason,
    MessageReason,
    MtaReason,
    MxFault,
    NearMissReason,
    NoticeForm,
    NoticeReason,
    OpinionFault,
    OutcomeReason,
    OwnWord,
    Part,
    SessionReason,
    SignatureReason,
    StsProblem,
    TlsRptProblem,
    TlsaProblem,
    ToolReason,
    SpfReason,
    SubjectReason,
    TagListReason,
    Trust,
    WireFault,
)


def test_every_phrase_and_every_table_of_words_is_used() -> None:
    used = " ".join(templates())
    idle = [name for name in shared_words()["phrase"] if f"{{{name}:phrase}}" not in used]
    findings = {"phrase", *map(table_of, VOCABULARIES)}
    idle += [name for name in shared_words() if name not in findings and f":word:{name}}}" not in used]
    assert idle == []


def test_a_template_uses_formatters_that_there_are() -> None:
    for text in templates():
        fields(text)  # every phrase that it names is there
        for name, kind in re.findall(r"\{([^{}:]+)(?::([a-z]+))?", text):
            assert all(part.isidentifier() for part in name.split(",")), (text, name)
            assert kind in judging._FORMATTERS, (text, kind)


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("source", Source),
        ("not_looked_at", [*NOT_LOOKED_AT]),
        ("no_dialogue", NoDialogue),
        ("tls_demand", TlsDemand),
        ("spf_path", SpfPath),
        ("dkim_path", DkimPath),
        ("stage", Stage),
        ("at_stage", Stage),
        ("deviation", [it for it in Deviation if it is not Deviation.INJECTED_BEFORE_TLS]),
        ("meet_need", [it for it in Need if it not in NOT_SEEN_BY_A_PROBE]),
        ("area", [*map(str, reply_permanence._AREAS), "other"]),
        ("connection", [*recipient_mx_reachable._FAILURES, "other"]),
        ("control_question", Experiment),
        ("stop", Stop),
        ("record_beginning", Place),
        *((f"asked_over_{place}", AskedOver) for place in ("before", "behind", "truncated")),
        *((table_of(vocabulary), vocabulary) for vocabulary in VOCABULARIES),
    ],
)
def test_a_vocabulary_has_its_words(table: str, values: type[StrEnum] | list[str]) -> None:
    assert shared_words()[table].keys() == {str(value) for value in values}


def test_a_strangers_braces_are_no_template() -> None:
    hostile = "{domain}{x:phrase}|{"
    assert sentence("{domain}: {term:if:({term})}", {"domain": "d", "term": hostile}) == f"d: ({hostile})"
    each = sentence("{terms,hosts:each:{terms} at {hosts}}", {"terms": (hostile, "b"), "hosts": ("h", "i")})
    assert each == f"{hostile} at h and b at i"


@pytest.mark.parametrize(("entries", "words"), [((), ""), (("a",), "a"), (("a", "b", "c"), "a or b or c")])
def test_one_of_several_is_told_as_such(entries: tuple[str, ...], words: str) -> None:
    assert sentence("{entries:either}", {"entries": entries}) == words


def test_lists_are_counted_where_they_are_long() -> None:
    many = {"hosts": tuple("abcdefgh")}
    assert sentence("{hosts}", many) == "a, b, c, d, e, f and 2 more"
    assert sentence("{hosts:few:<{hosts}>}", many) == "<a>, <b>, <c> and 5 more"
    assert sentence("{hosts:count}", many) == "8"
    assert sentence("{hosts:sentences:x}", many) == "x"
    with pytest.raises(ValueError, match="zip"):
        sentence("{hosts,ips:each:{hosts}{ips}}", many | {"ips": ("1",)})


@pytest.mark.parametrize(("count", "expected"), [(0, "no links"), (1, "1 link"), (2, "2 links")])
def test_a_number_chooses_the_form(count: int, expected: str) -> None:
    template = "{count:if:{count} {count:plural:link|links}|no links}"
    assert sentence(template, {"count": count}) == expected


def test_nothing_is_many() -> None:
    assert sentence("{count} {count:plural:link|links}", {"count": 0}) == "0 links"


def test_an_observation_is_named_once_as_evidence() -> None:
    result = Voice("sender-typo", 6)("sender-no-typo", ("b", "a", "b"), domain="example.com")
    assert result.evidence == ("b", "a")


def test_numbers_have_their_units() -> None:
    assert sentence("{size:size}", {"size": 35_882_577}) == "34.2 MiB"
    assert sentence("{took:seconds}", {"took": 5_049}) == "5.0 s"


def test_a_value_that_is_missing_is_a_fault_of_this_program() -> None:
    for template in ("{host}", "{host:nonsense}", "{host:word:no-such-table}", "{no_such:phrase}"):
        with pytest.raises(KeyError):
            sentence(template, {} if template == "{host}" else {"host": "x"})
    with pytest.raises(KeyError):
        Voice("spf", 2)("no-such-tag")


def test_an_outline_names_the_values_in_their_places() -> None:
    result = outline(finding_tags()["spf-softfail"].message)
    assert result == "SPF of <domain> for <source>: softfail (matched <term>)"
