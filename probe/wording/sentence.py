"""Makes the sentence of a finding from the template of its tag and from its values.

A template (probe/knowledge/findings/*.toml) is text with fields in braces, as for `str.format`:

    {domain}                       the value; several as "a, b and c", those beyond six counted
    {term:if: (matched {term})}    the text, where the value is not empty or zero
    {term:if:{term}|no term}       else the text behind the bar
    {count:plural:link|links}      by the number: one, or more
    {end:word:end}                 the words that the table `end` has for the value; none for an empty one
    {listing:phrase}               the phrase of this name (the table `phrase` of words.toml)
    {entries:either}               as "a or b or c"
    {names:joined: -> }            with this text between: "a -> b -> c"
    {term:quoted}                  in quotation marks, with escapes as Python writes them
    {zones:count}                  how many
    {hosts,ips:each:{hosts} [{ips}]}   the text for every place of lists side by side, as "a, b and c"
    {hosts,ips:few:{hosts} [{ips}]}    the same, those beyond three counted
    {needs:sentences:{needs:word:remedy}}   the same, each different sentence once, one after another
    {limit:size}                   octets in MiB or KiB
    {elapsed_ms:seconds}           milliseconds in seconds, with one decimal
    {seconds:tenths}               a number with one decimal; a question mark where it is not known
    {seconds:brief}                a number without needless decimals; a question mark where it is not known
    {questions,failures:listed:{questions}: {failures}}   as `each`, with semicolons between

Text behind a second colon is itself a template. Values are never read as templates: braces in a value are
kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from string import Formatter

from probe.knowledge.finding_tags import shared_words
from probe.model.finding import Arg, Args
from probe.model.text import seconds, size

SHOWN = 6
FEW = 3

_Formatter = Callable[[str, str, Args], str]


def sentence(template: str, args: Args) -> str:
    """The text. Raises KeyError for a field that `args` lacks, for a value that a table of words lacks, and
    for an unknown formatter."""
    return "".join(
        literal + (_field(name, spec, args) if name is not None else "")
        for literal, name, spec in _parse(template)
    )


def fields(template: str) -> frozenset[str]:
    """The names of the values that a template always needs; values that only some words of a table need are
    left out."""
    names: set[str] = set()
    for _, name, spec in _parse(template):
        if name is None:
            continue
        kind, _, text = spec.partition(":")
        if kind == "phrase":
            names |= fields(shared_words()["phrase"][name])
            continue
        names.update(name.split(","))
        if kind in ("if", "plural"):
            names |= {inner for half in _halves(text) for inner in fields(half)}
        elif kind in ("each", "few", "listed", "sentences"):
            names |= fields(text)
    return frozenset(names)


def outline(template: str) -> str:
    """The text for a reader who asks what a finding says, with the names of its values in their places: `SPF
    of <domain>: softfail (matched <term>)`. Of two alternative texts the usual one is shown: the value is
    given, and the number is plural."""
    return "".join(
        literal + (_outline_name(name, spec) if name is not None else "")
        for literal, name, spec in _parse(template)
    )


def _outline_name(name: str, spec: str) -> str:
    kind, _, text = spec.partition(":")
    match kind:
        case "phrase":
            return outline(shared_words()["phrase"][name])
        case "if":
            return outline(_halves(text)[0])
        case "plural":
            return outline(_halves(text)[1])
        case "each" | "few" | "listed" | "sentences":
            return outline(text)
        case _:
            return f"<{name}>"


def series(items: Iterable[object], most: int = SHOWN) -> str:
    """`a, b and c`; items beyond `most` are counted, not named."""
    names = [str(item) for item in items]
    if len(names) > most:
        names = [*names[:most], f"{len(names) - most} more"]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


@cache
def _parse(template: str) -> tuple[tuple[str, str | None, str], ...]:
    return tuple((literal, name, spec or "") for literal, name, spec, _ in Formatter().parse(template))


def _field(name: str, spec: str, args: Args) -> str:
    kind, _, text = spec.partition(":")
    return _FORMATTERS[kind](name, text, args)


def _plain(name: str, _: str, args: Args) -> str:
    return _text(args[name])


def _text(value: Arg) -> str:
    return series(value) if isinstance(value, tuple) else str(value)


def _if(name: str, text: str, args: Args) -> str:
    present, absent = _halves(text)
    return sentence(present if args[name] else absent, args)


def _either(name: str, _: str, args: Args) -> str:
    return " or ".join(map(str, _several(args[name])))


def _joined(name: str, text: str, args: Args) -> str:
    return text.join(map(str, _several(args[name])))


def _quoted(name: str, _: str, args: Args) -> str:
    return repr(str(args[name]))


def _plural(name: str, text: str, args: Args) -> str:
    one, more = _halves(text)
    return sentence(one if args[name] == 1 else more, args)


def _word(name: str, table: str, args: Args) -> str:
    word = str(args[name])
    return sentence(shared_words()[table][word], args) if word else ""


def _phrase(name: str, _: str, args: Args) -> str:
    return sentence(shared_words()["phrase"][name], args)


def _each(names: str, text: str, args: Args) -> str:
    return series(_every(names, text, args))


def _few(names: str, text: str, args: Args) -> str:
    return series(_every(names, text, args), FEW)


def _list_text(names: str, text: str, args: Args) -> str:
    return "; ".join(_every(names, text, args))


def _sentences(names: str, text: str, args: Args) -> str:
    return " ".join(dict.fromkeys(_every(names, text, args)))


def _every(names: str, text: str, args: Args) -> Iterator[str]:
    """The text once for every place of the named lists. Raises ValueError where they differ in length."""
    keys = names.split(",")
    for values in zip(*(_several(args[key]) for key in keys), strict=True):
        yield sentence(text, {**args, **dict(zip(keys, values, strict=True))})


def _several(value: Arg) -> tuple[str | int | float, ...]:
    assert isinstance(value, tuple), f"{value!r} is no list"
    return value


def _count(name: str, _: str, args: Args) -> str:
    return str(len(_several(args[name])))


def _size(name: str, _: str, args: Args) -> str:
    return size(_number(args[name]))


def _seconds(name: str, _: str, args: Args) -> str:
    return seconds(_number(args[name]))


def _tenths(name: str, _: str, args: Args) -> str:
    if args[name] == "":
        return "?"
    return f"{_number(args[name]):.1f}"


def _brief(name: str, _: str, args: Args) -> str:
    if args[name] == "":
        return "?"
    number = _number(args[name])
    return f"{number:.3g}" if number < 1000 else f"{number:.0f}"


def _number(value: Arg) -> float:
    assert isinstance(value, int | float), f"{value!r} is no number"
    return value


_FORMATTERS: Mapping[str, _Formatter] = {
    "": _plain,
    "if": _if,
    "plural": _plural,
    "word": _word,
    "phrase": _phrase,
    "count": _count,
    "each": _each,
    "few": _few,
    "listed": _list_text,
    "sentences": _sentences,
    "either": _either,
    "joined": _joined,
    "quoted": _quoted,
    "size": _size,
    "seconds": _seconds,
    "tenths": _tenths,
    "brief": _brief,
}


def _halves(text: str) -> tuple[str, str]:
    """The text before and after the first bar outside braces; without a bar the second part is empty."""
    depth = 0
    for place, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if char == "|" and not depth:
            return text[:place], text[place + 1 :]
    return text, ""
