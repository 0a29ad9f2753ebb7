"""Import a TOML file as if it were a Python module, compiled and cached like one.

Parsing TOML costs more than a light command may; Python's own bytecode cache (validated by the
source's time and size, placed in `__pycache__`, silently skipped where it cannot be written)
already solves that, for a wheel and for a checkout alike.
"""

from __future__ import annotations

import importlib.util
import types
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any


class _TomlLoader(SourceFileLoader):
    """A source loader whose language is TOML: the module has one constant, `TABLE`."""

    def source_to_code(  # type: ignore[override]
        self, data: Any, path: Any, *, _optimize: int = -1
    ) -> types.CodeType:
        import tomllib

        table = tomllib.loads(bytes(data).decode("utf-8"))
        code: types.CodeType = compile(f"TABLE = {table!r}", str(path), "exec")
        return code


def load(file: Traversable | Path) -> Mapping[str, Any]:
    """Return the parsed table. Raises tomllib.TOMLDecodeError or OSError."""
    path = Path(str(file))
    name = f"probe.knowledge._toml.{path.stem}"
    loader = _TomlLoader(name, str(path))
    spec = importlib.util.spec_from_loader(name, loader, origin=str(path))
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    table: Mapping[str, Any] = module.TABLE
    return table
