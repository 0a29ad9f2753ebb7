"""The two data files: which tests bear on which module, and which faults change nothing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A module that judges, the tests that hold it, and its equivalent faults with the reason of each."""

    name: str
    tests: tuple[str, ...]
    equivalent: dict[Key, str]

    @property
    def path(self) -> Path:
        """The source of the module."""
        return ROOT.joinpath(*self.name.split(".")).with_suffix(".py")

    def missing(self) -> list[str]:
        """The files of the table that are not there."""
        return [str(path) for path in (self.path, *(ROOT / test for test in self.tests)) if not path.exists()]


def judged() -> dict[str, Judged]:
    """All modules of modules.toml by name. Raises ValueError for an equivalent fault of another module."""
    tests = tomllib.loads((HERE / "modules.toml").read_text(encoding="utf-8"))
    result = {name: Judged(name, tuple(paths), {}) for name, paths in tests["tests"].items()}
    for row in tomllib.loads((HERE / "equivalent.toml").read_text(encoding="utf-8")).get("fault", ()):
        if row["module"] not in result:
            raise ValueError(f"equivalent.toml names {row['module']}, which modules.toml does not")
        result[row["module"]].equivalent[row["in"], row["before"], row["after"]] = row["reason"]
    return result


def named(wanted: list[str]) -> list[Judged]:
    """The modules that are meant by whole names or their last part; all where none is named. Raises
    ValueError for a name that is none or several."""
    result = judged()
    chosen: list[Judged] = []
    for name in wanted:
        fitting = [it for it in result.values() if it.name == name or it.name.endswith(f".{name}")]
        if len(fitting) != 1:
            raise ValueError(f"{name} is no module of tests/mutation/modules.toml: {', '.join(result)}")
        chosen += fitting
    return chosen or list(result.values())
