"""English is not protocol: what is observed, read and concluded are words of closed vocabularies with values,
and no sentences (docs/explanation/architecture.md). What they say stands in reasons.toml.
"""

from __future__ import annotations

import pytest

from tests.repo.layers import PACKAGE
from tests.repo.sentences import modules, records_in, sentences_in

PARTS = (
    *("model", "standards", "reading", "survey", "recording", "facts", "collect"),
    *("net", "world"),
)
# By file (or folder) and by the function or class (empty: any), each with the reason.
ALLOWED: dict[tuple[str, str], str] = {
    ("recording/limits.py", ""): "clauses of RecordingError, which ends the command that reads the file",
    ("recording/redact.py", "__repr__"): "for a developer",
    ("net/watched_dns.py", "__str__"): "the name of an object in the second library's own words",
    ("net/checkdmarc_records.py", "_text"): "the words of the second library, where it has none",
    ("reading/mta/", ""): "command lines, as they can be typed: they name what told a fact",
    (
        "reading/log/",
        "",
    ): "why a line was not read, for the reader of a log's report; nothing asks for it",
    ("reading/list/", ""): "what was mended of an entry of a list, for who wrote it; nothing asks for it",
    ("reading/reply/", ""): "what a typed reply was taken for, for whoever typed it; nothing asks for it",
    ("survey/earlier.py", "_of_log"): "a name among those of servers: who saw the address",
    ("standards/dns/special_use.py", "why_never_global"): "beside the documents that reserve a name",
    ("standards/dnsbl/blocklist.py", "_codes"): "beside what the operator of a blocklist says of a code",
}


def records() -> frozenset[str]:
    """Every class of these parts whose fields are data."""
    return frozenset(name for _, source in modules(PACKAGE, PARTS) for name in records_in(source))


def exception(file: str, scope: str) -> tuple[str, str] | None:
    """The entry of the list above that a place falls under."""
    return next((it for it in ALLOWED if file.startswith(it[0]) and it[1] in ("", scope)), None)


def test_no_sentence_is_carried_as_data() -> None:
    wrong, idle, names = [], set(ALLOWED), records()
    for file, source in modules(PACKAGE, PARTS):
        for it in sentences_in(source, file, names):
            place = exception(it.file, it.scope)
            idle.discard(place) if place is not None else None
            wrong += [f"probe/{it.file}:{it.line} {it.scope}: {it.text!r}"] if place is None else []
    assert wrong == [], "give it a tag and values: docs/CONTRIBUTING.md, Add a reason"
    assert idle == set(), "no exception is needed there any more"


HEAD = "@dataclass\nclass Fact:\n    reason: str\n"


@pytest.mark.parametrize(
    "planted",
    [
        "def f():\n    return 'no answer in time'",
        "def f(name):\n    return f'{name} was not read'",
        "def f():\n    yield 'no answer in time'",
        "def f(problems):\n    problems.append('no answer in time')",
        "def f(self):\n    return self.unread(b'', 1, 'no answer in time')",
        "x = Fact('no answer in time')",
        "x = recover('the mail route', rule, None, step=1)",
        "x = Fact(reason='no ' + 'answer in time')",
        "x = model.Fact(reason=known or 'no answer in time')",
        "x = Fact(reason='' if known else 'no answer in time')",
        "x = replace(fact, reason='no answer in time')",
        "x = Fact(reason=('no answer in time',))",
        "def f():\n    why = 'no answer in time'\n    return Fact(why)",
        "class Other:\n    reason: str = 'no answer in time'",
        "class Other:\n    def words(self):\n        return ['no answer in time']",
        "async def f():\n    return {'why': 'no answer in time'}",
    ],
)
def test_a_planted_sentence_is_found(planted: str) -> None:
    result = sentences_in(HEAD + planted, "x.py", frozenset(records_in(HEAD)))
    assert len(result) == 1
    assert result[0].line > HEAD.count("\n")


@pytest.mark.parametrize(
    "harmless",
    [
        "def f():\n    '''A docstring of several words.'''\n    return 'word'",
        "def f():\n    raise ValueError('no answer in time')",
        "def f(number):\n    return f'{number} s'",
        "def f(a, b):\n    return f'{a}: {b}'",
        "x = Fact('two_words')",
        "x = re.compile('no answer in time')",
        "def f(text):\n    return text.startswith('no answer in time')",
    ],
)
def test_what_is_no_sentence_is_left(harmless: str) -> None:
    assert sentences_in(HEAD + harmless, "x.py", frozenset(records_in(HEAD))) == []
