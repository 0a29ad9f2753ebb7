"""`smtp-probe checks [ID]` and `smtp-probe rules [ID]`: what a finding or a reply rule means, and why."""

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from probe._dataclass import dataclass, field
from probe.cli import output as out
from probe.cli.errors import UsageError
from probe.cli.parameters import Argument
from probe.model.evidence import ConductOverride
from probe.model.text import printable
from probe.report.page import Page
from probe.report.words import decibans

CHECKS_EXAMPLE = """
Example:
  smtp-probe checks spf
"""
RULES_EXAMPLE = """
Example:
  smtp-probe rules text.mailbox-full
  smtp-probe rules quota
"""
_ID_COLUMNS = 30
_SEVERITY_COLUMNS = 14
_AUDIENCE = {"all": "every sender", "bulk": "senders in bulk", "ipv6": "senders over IPv6"}


def checks(
    identity: Annotated[
        str | None,
        Argument(metavar="[ID|WORD]", help="One check, or a word to look for. Default: list all."),
    ] = None,
) -> int:
    """Say what each check looks at, what to do, its source, and what it can find.

    Each of its findings has a tag, a severity, which --severities may change, and a sentence.
    """
    from probe.checks import catalogue
    from probe.knowledge.finding_tags import tags_of
    from probe.wording import sentence

    by_id = {check.ID: check for check in catalogue.all_checks()}
    page = Page(out.style_for(sys.stdout))
    listing = _matching("ID", identity, {check.ID: _words_of_check(check) for check in by_id.values()})
    if listing is not None:
        for check in map(by_id.__getitem__, listing):
            page.text(catalogue.title(check), lead=f"{check.ID:{_ID_COLUMNS}} step {check.STEP}  ")
    else:
        check = by_id[identity or ""]
        page.heading(f"{check.ID} (step {check.STEP})")
        for paragraph in paragraphs(check.__doc__):
            page.blank()
            page.text(paragraph)
        page.heading("Findings")
        for tag in tags_of(check.ID):
            when = f" ({tag.when})" if tag.when else ""
            page.text(f"{tag.name}{when}", lead=f"{tag.severity.value:{_SEVERITY_COLUMNS}}")
            page.text(sentence.outline(tag.message), indent=_SEVERITY_COLUMNS)
    out.deliver_text(str(page), None)
    return 0


def rules(
    identity: Annotated[
        str | None,
        Argument(metavar="[ID|WORD]", help="One rule, or a word to look for. Default: list all."),
    ] = None,
) -> int:
    """Say what each rule reads in a reply or a fact, how much it weighs, and its source."""
    by_id = {entry.id: entry for entry in rule_entries()}
    page = Page(out.style_for(sys.stdout))
    listing = _matching("ID", identity, {entry.id: _words_of_rule(entry) for entry in by_id.values()})
    if listing is not None:
        for entry in map(by_id.__getitem__, listing):
            page.text(entry.says, lead=f"{entry.id:{_ID_COLUMNS}} ")
    else:
        entry = by_id[identity or ""]
        page.heading(entry.id)
        page.text(entry.says)
        page.blank()
        for label, text in entry.rows:
            page.text(text, lead=f"{label:12}", indent=2)
    out.deliver_text(str(page), None)
    return 0


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """A rule, or a provider's requirement, as shown by the command line and the reference: label and text by
    row.

    `file`: its path below probe/knowledge. `causes`: decibans by cause id; `final`: the cause that its words
    prove for good (empty: none).
    """

    id: str
    says: str
    rows: tuple[tuple[str, str], ...]
    file: str
    causes: Mapping[str, float] = field(default_factory=dict)
    final: str = ""


_BASIS = {
    "run": "the program was run, and a client wrote down its answers",
    "source": "in the program's source",
}


def rule_entries() -> Iterator[RuleEntry]:
    """The rules on replies, on facts, on refusals after DATA, and what providers ask of senders."""
    yield from _reply_rules()
    yield from _software()
    yield from _quotations()
    yield from _wrappings()
    yield from _fact_rules()
    yield from _risk_rules()
    yield from _requirements()


def _reply_rules() -> Iterator[RuleEntry]:
    from probe.knowledge.rule_files import HERE, rule_files
    from probe.knowledge.rules import all_rules

    homes = {path.name: path.relative_to(HERE).as_posix() for path in rule_files()}
    for rule in all_rules():
        rows = [("weights", _weights(rule.causes)), ("reads", f"{rule.facet.value} ({rule.file})")]
        rows += _conduct_rows(rule.final, rule.conduct)
        rows += [
            ("not meant", _condition(value))
            if key == "overrules"
            else ("when", f"{key} = {_condition(value)}")
            for key, value in rule.conditions.items()
        ]
        rows += [("basis", _BASIS[rule.basis])] if rule.basis else []
        rows.append(("source", _with_date(rule.source, rule.date)))
        rows += [("matches", example.text) for example in rule.examples]
        rows += [("matches not", example.text) for example in rule.counter]
        printable_rows = tuple((label, printable(text)) for label, text in rows)
        yield RuleEntry(rule.id, rule.says, printable_rows, homes[rule.file], rule.causes, rule.final)


def _conduct_rows(final: str, conduct: ConductOverride | None) -> list[tuple[str, str]]:
    """The rows on conduct: a permanent cause, who acts, when, and what to do."""
    rows = [("ground", f"of never trying again, where the cause is {final}")] if final else []
    if conduct is None:
        return rows
    parts = {"who acts": conduct.fix_by, "retry": conduct.retry, "action": conduct.action}
    if conduct.retry_after is not None:
        parts["wait"] = f"{conduct.retry_after} s"
    return rows + [(label, text) for label, text in parts.items() if text]


def _software() -> Iterator[RuleEntry]:
    from probe.reading.reply.software import all_software

    for it in all_software():
        rows = (
            ("greeting", it.greeting),
            ("EHLO", it.ehlo),
            ("accepts", it.wording),
            ("versions", it.versions),
            ("basis", _BASIS[it.basis]),
            ("source", _with_date(it.source, it.date)),
        )
        says = f"how {it.title} is told, whose default replies are known ({it.kind})"
        yield RuleEntry(f"software:{it.id}", says, tuple(row for row in rows if row[1]), "software.toml")


def _quotations() -> Iterator[RuleEntry]:
    from probe.reading.reply.entries import all_quotations

    for it in all_quotations():
        rows = [("about", f"the {it.about}'s address"), ("reads", "text (quotations.toml)")]
        rows += [("when", f"pattern = {it.pattern}"), ("source", _with_date(it.source, it.date))]
        rows += [("matches", text) for text, _ in it.examples]
        printable_rows = tuple((label, printable(text)) for label, text in rows)
        yield RuleEntry(it.id, it.says, printable_rows, "quotations.toml")


def _wrappings() -> Iterator[RuleEntry]:
    from probe.reading.reply.entries import all_wrappings

    for it in all_wrappings():
        form = it.form
        places = {name: getattr(form, name) for name in ("reported", "before", "head", "anywhere")}
        rows = [("reads", "text (wrappings.toml)")]
        rows += [("when", f"{name} = {expression}") for name, expression in places.items() if expression]
        rows += [("stage", f"{stage}: {expression}") for stage, expression in form.stages.items()]
        rows.append(("source", _with_date(it.source, it.date)))
        rows += [("matches", example["text"]) for example in it.examples]
        rows += [("matches not", text) for text in it.counter]
        printable_rows = tuple((label, printable(text)) for label, text in rows)
        yield RuleEntry(
            f"wrapping:{form.id}", f"put around a reply by {it.by}", printable_rows, "wrappings.toml"
        )


def _fact_rules() -> Iterator[RuleEntry]:
    from probe.knowledge.fact_evidence import fact_evidence

    for fact in fact_evidence():
        stages = [("when", f"stage = {', '.join(fact.stages)}")] if fact.stages else []
        yield RuleEntry(
            fact.id,
            fact.says,
            (
                ("weights", _weights(fact.causes)),
                ("reads", f"{fact.facet.value} (evidence.toml)"),
                ("when", fact.predicate),
                *_conduct_rows(fact.final, fact.conduct),
                *stages,
                ("source", _with_date(fact.source, fact.date)),
            ),
            "evidence.toml",
            fact.causes,
            fact.final,
        )


def _risk_rules() -> Iterator[RuleEntry]:
    from probe.knowledge.risks import risk_rules

    for risk in risk_rules().values():
        side = "sender" if risk.is_sender_side else "recipient"
        yield RuleEntry(
            risk.id,
            f"the finding {risk.finding} predicts a refusal after DATA",
            (
                ("weights", _weights({risk.cause: risk.weight})),
                ("reads", f"finding {risk.finding} (risks.toml)"),
                ("outcomes", ", ".join(sorted(risk.tags))),
                ("fault of", f"the {side}'s side"),
                ("source", _with_date(risk.source, risk.date)),
            ),
            "risks.toml",
            {risk.cause: risk.weight},
        )


def _requirements() -> Iterator[RuleEntry]:
    from probe.knowledge.requirements import all_requirements

    for it in all_requirements():
        rows = (
            ("asked by", ", ".join(it.providers)),
            ("of", _AUDIENCE[it.applies_to]),
            ("answers", ", ".join(it.codes)),
            ("stage", it.phase),
            ("since", it.since),
            ("confirmed", it.confirmed),
            ("source", _with_date(it.source, it.checked)),
        )
        filled_rows = tuple(row for row in rows if row[1])
        yield RuleEntry(f"requirement:{it.id}", it.says, filled_rows, "requirements.toml")


def _weights(causes: Mapping[str, float]) -> str:
    text = ", ".join(f"{cause} {decibans(weight)}" for cause, weight in sorted(causes.items()))
    return f"{text} (decibans)" if text else "none: it carries no information"


def _condition(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _with_date(source: str, date: object) -> str:
    return f"{source} ({date})" if date else source


def paragraphs(doc: str | None) -> list[str]:
    """A docstring's paragraphs, each on one line; a line that begins with a label begins a new one."""
    blocks: list[str] = []
    for block in inspect.cleandoc(doc or "").split("\n\n"):
        lines: list[str] = []
        for line in block.splitlines():
            if lines and line.startswith(("Source:", "What to do:")):
                blocks.append(" ".join(lines))
                lines = []
            lines.append(line.strip())
        blocks.append(" ".join(lines))
    return [block for block in blocks if block]


def _words_of_check(check: Any) -> str:
    return f"{check.ID} {check.__doc__ or ''}"


def _words_of_rule(entry: RuleEntry) -> str:
    return " ".join((entry.id, entry.says, *(text for _, text in entry.rows)))


def _matching(subject: str, word: str | None, texts: Mapping[str, str]) -> list[str] | None:
    """The ids whose text contains the word, first those that contain it themselves; all without a word, None
    if the word is an id. Raises UsageError if there is none, with similar ids."""
    if word is None:
        return list(texts)
    if word in texts:
        return None
    needle = " ".join(word.casefold().split())
    holding = [it for it, text in texts.items() if needle and needle in " ".join(text.casefold().split())]
    if holding:
        return sorted(holding, key=lambda identity: needle not in identity.casefold())
    near = difflib.get_close_matches(word, texts, n=3, cutoff=0.5)
    hint = f"near to it: {', '.join(near)}" if near else "without ID, all are listed"
    raise UsageError(subject, f"{word!r} is unknown; {hint}")
