"""The build step beside pyproject.toml: carry the knowledge tables parsed, so that light commands stay light,
and make the same octets whoever builds, and whenever.

A wheel gets a JSON copy beside each TOML table and one compiled table of the reply rules. An editable
install gets the same as a cache in `__pycache__`, which is checked against the sources and never shipped.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import tarfile
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent

# The time of every file in what is built (https://reproducible-builds.org/docs/source-date-epoch/), where the
# builder names none: 2020-02-02. An archive cannot hold one before 1980.
EPOCH = int(os.environ.setdefault("SOURCE_DATE_EPOCH", "1580601600"))
os.umask(0o022)


class CarryTables(build_py):
    def run(self) -> None:
        super().run()
        sys.path.insert(0, str(ROOT))
        from probe.knowledge import toml_import
        from probe.knowledge.rule_files import HERE
        from probe.knowledge.rules import DIGEST, compute_digest, rules_digest
        from probe.reading.bounce import layouts
        from probe.reading.reply import table
        from probe.reading.reply.build import build

        if self.editable_mode:
            table.stored_table(keep=True)
            rules_digest()
            layouts.stored_layouts(keep=True)
            return
        target = Path(self.build_lib)
        _write(target / table.COMPILED.relative_to(ROOT), build())
        _write(target / DIGEST.relative_to(ROOT), compute_digest())
        _write(target / layouts.COMPILED.relative_to(ROOT), layouts.build_layouts())
        for path in HERE.rglob("*.toml"):
            _write(target / path.with_name(path.name + ".json").relative_to(ROOT), toml_import.parse(path))
        _same_modes(target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *map(str, Path(self.build_lib).rglob("*.json"))]


class SameWheel(bdist_wheel):
    def egg2dist(self, egginfo_path: str, distinfo_path: str) -> None:
        super().egg2dist(egginfo_path, distinfo_path)
        _same_modes(Path(distinfo_path))


class SameArchive(sdist):
    def make_archive(
        self,
        base_name: str,
        format: str,
        root_dir: str | None = None,
        base_dir: str | None = None,
        owner: str | None = None,
        group: str | None = None,
    ) -> str:
        if format != "gztar" or base_dir is None or root_dir is not None:
            return super().make_archive(base_name, format, root_dir, base_dir, owner, group)
        path = Path(f"{base_name}.tar.gz")
        with (
            path.open("wb") as raw,
            gzip.GzipFile("", "wb", 9, raw, mtime=EPOCH) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for file in sorted(it for it in Path(base_dir).rglob("*") if it.is_file()):
                entry = tarfile.TarInfo(file.as_posix())
                entry.size, entry.mtime, entry.mode = file.stat().st_size, EPOCH, 0o644
                with file.open("rb") as content:
                    archive.addfile(entry, content)
        return str(path)


def _same_modes(folder: Path) -> None:
    """Not those of the builder's checkout."""
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _write(path: Path, table: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"table": table}, separators=(",", ":")), encoding="utf-8")


setup(cmdclass={"build_py": CarryTables, "bdist_wheel": SameWheel, "sdist": SameArchive})
