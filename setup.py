"""The build step beside pyproject.toml: carry the knowledge tables parsed, so that light commands stay light.

A wheel gets a JSON copy beside each TOML table and one compiled table of the reply rules. An editable
install gets the same as a cache in `__pycache__`, which is checked against the sources and never shipped.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


class CarryTables(build_py):
    def run(self) -> None:
        super().run()
        sys.path.insert(0, str(ROOT))
        from probe.knowledge import store, toml_import

        if self.editable_mode:
            toml_import.derived(store.COMPILED, store.sources(), store.build, keep=True)
            return
        target = Path(self.build_lib)
        _write(target / store.COMPILED.relative_to(ROOT), store.build())
        for path in store.HERE.rglob("*.toml"):
            _write(target / path.with_name(path.name + ".json").relative_to(ROOT), toml_import.parse(path))

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *map(str, Path(self.build_lib).rglob("*.json"))]


def _write(path: Path, table: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"table": table}, separators=(",", ":")), encoding="utf-8")


setup(cmdclass={"build_py": CarryTables})
