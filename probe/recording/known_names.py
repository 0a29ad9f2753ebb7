"""Finds names that identify a person even without context, in one pass over a text.

A text is split into atoms: runs of letters (userAlice are two), runs of digits, and single characters beyond
ASCII, since texts without spaces (user不存在) contain names as well. A name begins and ends at the border of
an atom: alice is in alice_2024, in alice7 and in mailboxAlice, but not in malice; bob7 is in bob72024. The
time does not depend on the number of names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, pairwise

from probe._dataclass import dataclass

_ATOM = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^\x00-\x7f\u00a0\u2010-\u2015\u2019]")
_JOINT = re.compile(r"[._+ '\u2019\u00a0\u2010-\u2015-]")
_LONG_ENOUGH = 6  # letters of a name in two parts from which it is also found with another separator
_FIRST = 2  # leading characters that rule out most places of a text
_MOST_ATOMS = 256  # of one name; a local part has 64 octets, a label 63
_CHARSETS = (
    *("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "koi8_r", "koi8_u", "cp1251", "cp866", "iso8859_5"),
    *("latin_1", "iso8859_2", "cp1250", "iso8859_9", "cp437", "cp850", "cp852", "cp1253", "cp1255", "cp1256"),
    *("tis_620", "cp1258"),
)
# Letters without a decomposition to ASCII, and how umlauts are written out
_BARE = str.maketrans(
    dict(zip("ıłøđħŧ", "ilodht", strict=True)) | {"æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
_WRITTEN_OUT = str.maketrans(dict(zip("äöüåøÄÖÜÅØ", ("ae", "oe", "ue", "aa", "oe") * 2, strict=True)))

_GLUED = 20  # digits of a run in which the digits of a name are looked for

Pseudonym = Callable[[str], str]
_Atom = tuple[int, int, str]  # start, end, and the text without case and accents


@dataclass(frozen=True, slots=True)
class _Loose:
    """A name in parts, with or without separators between them."""

    owner: str
    joints: frozenset[int]


class KnownNames:
    """`names` are pairs of a name and its owner; of equal names the earlier counts. A name whose parts are
    all in `words` (mail-server) is found only as written, others with any separator (Alice Jones,
    alice_jones, alicejones)."""

    def __init__(self, names: Iterable[tuple[str, str]], words: frozenset[str]) -> None:
        self._exact: dict[str, str] = {}
        self._loose: dict[str, _Loose] = {}
        self._longest: dict[str, int] = {}  # the longest name with this beginning
        for name, owner in names:
            for spelling in _spellings(name):
                self._add(owner, spelling, words)

    def _add(self, owner: str, spelling: str, words: frozenset[str]) -> None:
        atoms = list(_ATOM.finditer(spelling))
        if not atoms or len(atoms) > _MOST_ATOMS:
            return
        folded = [fold(atom[0]) for atom in atoms]
        between = [spelling[one.end() : other.start()] for one, other in pairwise(atoms)]
        spelled = "".join(map("".join, zip(["", *between], folded, strict=True)))
        bare = "".join(folded)
        self._exact.setdefault(spelled, owner)
        if _is_loose(spelling, words):
            loose = self._loose.get(bare) or _Loose(owner, frozenset())
            ends = accumulate(map(len, folded[:-1]))
            joints = {end for end, joint in zip(ends, between, strict=True) if joint}
            self._loose[bare] = _Loose(loose.owner, loose.joints | joints)
        longest = 2 * len(spelled)  # a separator between any two
        self._longest[bare[:_FIRST]] = max(longest, self._longest.get(bare[:_FIRST], 0))

    def replace_names(self, text: str, pseudonym: Pseudonym) -> str:
        """The text with the pseudonym of its owner for each name. Of several names at one place the longest
        counts."""
        pieces: list[str] = []
        at = 0
        for start, end, owner in self._find(text):
            pieces += (text[at:start], pseudonym(owner))
            at = end
        return "".join([*pieces, text[at:]]) if pieces else text

    def is_in(self, text: str) -> bool:
        """Whether the text holds a name."""
        return next(self._find(text), None) is not None

    def _find(self, text: str) -> Iterator[tuple[int, int, str]]:
        if not self._longest:
            return
        atoms = _atoms(text)
        index = 0
        while index < len(atoms):
            name = self._beginning(text, atoms, index)
            if name is not None:
                start, end, last, owner = name
                yield start, end, owner
                index = last
            index += 1

    def _beginning(self, text: str, atoms: list[_Atom], index: int) -> tuple[int, int, int, str] | None:
        """Start, end, last atom and owner of a name that begins inside an atom of digits."""
        start, end, folded = atoms[index]
        most = min(len(folded), _GLUED) if folded.isdigit() else 1
        for skip in range(most):
            rest = folded[skip:]
            if not (rest[:_FIRST] in self._longest if len(rest) >= _FIRST else rest):
                continue
            name = self._match(text, [(start + skip, end, rest), *atoms[index + 1 : index + _MOST_ATOMS]])
            if name is not None and (skip == 0 or name[1] > 0):
                return start + skip, name[0], index + name[1], name[2]
        return None

    def _match(self, text: str, atoms: list[_Atom]) -> tuple[int, int, str] | None:
        """The end of the longest name that begins with the first atom, the atom in which it ends, and its
        owner."""
        spelled = bare = ""
        joints: frozenset[int] | None = frozenset()
        best = None
        for index, (start, end, folded) in enumerate(atoms):
            between = text[atoms[index - 1][1] : start] if index else ""
            if between and joints is not None:
                joints = joints | {len(bare)} if _JOINT.fullmatch(between) else None
            # digits after those of a name need not belong to it: bob72024
            ends = range(min(len(folded) - 1, _GLUED), 0, -1) if bare and folded.isdigit() else ()
            for length in (len(folded), *ends):
                owner = self._owner(spelled + between + folded[:length], bare + folded[:length], joints)
                if owner is not None:
                    best = (end - len(folded) + length, index, owner)
                    break
            spelled += between + folded
            bare += folded
            if len(bare) >= _FIRST and len(spelled) > self._longest.get(bare[:_FIRST], 0):
                break
        return best

    def _owner(self, spelled: str, bare: str, joints: frozenset[int] | None) -> str | None:
        owner = self._exact.get(spelled)
        if owner is None and joints is not None and bare in self._loose:
            loose = self._loose[bare]
            return loose.owner if joints <= loose.joints else None
        return owner


def _atoms(text: str) -> list[_Atom]:
    places = (match.span() for match in _ATOM.finditer(text))
    if text.isascii():
        lower = text.lower()
        return [(start, end, lower[start:end]) for start, end in places]
    return [(start, end, fold(text[start:end])) for start, end in places]


def fold(text: str) -> str:
    """The text without case, accents and compatibility forms: long s, dotted and dotless I, full width."""
    if text.isascii():
        return text.lower()
    for _ in range(2):  # case folding can make new characters that decompose
        text = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in text if unicodedata.category(char) != "Mn").translate(_BARE)


def _spellings(name: str) -> Iterator[str]:
    """The name, the name with umlauts written out, and the name in legacy charsets, whose octets are
    surrogates in a text."""
    yield name
    if name.isascii():
        return
    name = unicodedata.normalize("NFC", name)
    written_out = name.translate(_WRITTEN_OUT)
    if written_out != name:
        yield written_out
    for form in {name, name.upper(), name.title()}:
        for charset in _CHARSETS:
            try:
                yield form.encode(charset).decode("utf-8", "surrogateescape")
            except UnicodeEncodeError:
                continue


def _is_loose(name: str, words: frozenset[str]) -> bool:
    parts = [part for part in _JOINT.split(name) if part]
    return len(parts) > 1 and sum(map(len, parts)) >= _LONG_ENOUGH and not words.issuperset(parts)
