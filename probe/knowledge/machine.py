"""What `smtp-probe doctor` looks at, whom it asks, and which versions of libraries have known traps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from ipaddress import ip_address
from typing import Any

from probe._dataclass import dataclass
from probe.knowledge.toml_import import HERE, load
from probe.model.address import IPAddress
from probe.model.fitness import Fitness, MachineGap, Use

_REASONS = "not-assessed"


@dataclass(frozen=True, slots=True)
class OutcomeOfTest:
    """One outcome of a test: what it means, for which uses the machine is then unfit, and the templates of
    its sentence and of the one thing to do (empty: nothing)."""

    tag: str
    fitness: Fitness
    unfit_for: tuple[Use, ...]
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class MachineTest:
    """One test. `group` is its line of the first screen; `needs` are the uses that cannot be called fit while
    its result is not known."""

    id: str
    title: str
    group: str
    needs: tuple[Use, ...]
    source: str
    outcomes: Mapping[str, OutcomeOfTest]


@dataclass(frozen=True, slots=True)
class Operator:
    """A mail domain whose hosts are greeted, and who runs them."""

    domain: str
    title: str


@dataclass(frozen=True, slots=True)
class Controls:
    """Names of the public DNS that tell about a resolver, and hosts that tell about the way out.

    `missing`: a random name below these does not exist; `lists` are blocklists with the test entries of RFC
    5782; `egress_a` and `egress_txt` answer with the address that asked them; `many` are mail
    domains that are asked at once; `public` names the operators of public resolvers.
    """

    operators: tuple[Operator, ...]
    clock_hosts: tuple[str, ...]
    signed: str
    missing: tuple[str, ...]
    lists: tuple[str, ...]
    spamhaus: str
    egress_a: str
    egress_txt: str
    many: tuple[str, ...]
    public: Mapping[IPAddress, str]


@dataclass(frozen=True, slots=True)
class LibraryTrap:
    """A range of versions: from `since` (empty: all earlier) to before `below` (empty: all later), and the
    same of another library beside it. `is_old`: the live commands are not fit with it."""

    name: str
    since: str
    below: str
    beside: tuple[str, str] | None
    is_old: bool
    says: str
    upgrade: str
    source: str

    def catches(self, versions: Mapping[str, str]) -> bool:
        """Whether one of these versions (by name) is in the range."""
        version = versions.get(self.name)
        if version is None or (self.below and _order(version) >= _order(self.below)):
            return False
        if self.since and _order(version) < _order(self.since):
            return False
        if self.beside is None:
            return True
        other = versions.get(self.beside[0])
        return other is not None and _order(other) >= _order(self.beside[1])


@cache
def machine_tests() -> Mapping[str, MachineTest]:
    """Every test by its id, in the order of the report."""
    table = _table()
    return {name: _test(name, row, table) for name, row in table.items() if name != _REASONS}


def why_not_assessed(gap: MachineGap) -> str:
    """The template of the clause."""
    text: str = _table()[_REASONS][gap.value]
    return text


@cache
def _table() -> Mapping[str, Any]:
    return load(HERE / "machine.toml")


@cache
def controls() -> Controls:
    """Whom `doctor` asks, and whom it connects to."""
    table = load(HERE / "machine_controls.toml")
    questions = table["questions"]
    return Controls(
        tuple(Operator(row["domain"], row["title"]) for row in table["operator"]),
        tuple(row["host"] for row in table["clock"]),
        questions["signed"],
        tuple(questions["missing"]),
        tuple(questions["lists"]),
        questions["spamhaus"],
        questions["egress_a"],
        questions["egress_txt"],
        tuple(questions["many"]),
        {ip_address(text): name for name, texts in table["public"].items() for text in texts},
    )


@cache
def library_traps() -> tuple[LibraryTrap, ...]:
    """In the order of the file."""
    table = load(HERE / "library_traps.toml")
    return tuple(
        LibraryTrap(
            row["name"],
            row.get("from", ""),
            row.get("below", ""),
            (row["beside"]["name"], row["beside"]["from"]) if "beside" in row else None,
            row["weight"] == "old",
            row["says"],
            row.get("upgrade", row["name"]),
            row["source"],
        )
        for row in table["trap"]
    )


def library_names() -> tuple[str, ...]:
    """The libraries of which a version matters."""
    names = (name for trap in library_traps() for name in (trap.name, *(trap.beside or ())[:1]))
    return tuple(dict.fromkeys(names))


def _test(name: str, row: Mapping[str, Any], table: Mapping[str, Any]) -> MachineTest:
    outcomes = table[row["outcomes_as"]]["outcome"] if "outcomes_as" in row else row["outcome"]
    return MachineTest(
        name,
        row["title"],
        row["group"],
        tuple(map(Use, row.get("needs", ()))),
        row["source"],
        {tag: _outcome(tag, it) for tag, it in outcomes.items()},
    )


def _outcome(tag: str, row: Mapping[str, Any]) -> OutcomeOfTest:
    return OutcomeOfTest(
        tag,
        Fitness(row["verdict"]),
        tuple(map(Use, row.get("unfit_for", ()))),
        row["message"],
        row.get("fix", ""),
    )


def _order(version: str) -> tuple[int, ...]:
    """The release numbers of a version, for comparing; what follows them (rc1, .post2) is left out."""
    numbers: list[int] = []
    for part in version.split("."):
        if not part.isascii() or not part.isdigit():
            break
        numbers.append(int(part))
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
