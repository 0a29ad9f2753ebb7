"""What a release is held to: python -m tests.release [--dist DIR]

The wheel and the source distribution are the same octets from two folders; their metadata is valid (core
metadata, and as the package index shows it); an SBOM (CycloneDX 1.6, JSON) of what a user installs is made
beside them, and is valid by its schema; the lowest and the newest versions of the dependencies run every
command. Needs the extra `release`. Ends with 1 where something does not hold; DIR (default .check/dist) then
holds what was made.

`python3 tests/check.py release` does the same in the environment of the checks.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from packaging.metadata import ExceptionGroup, Metadata
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import check

SPEC_VERSION = "1.6"
NAME = "smtp-probe"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.release", description=__doc__)
    parser.add_argument("--dist", type=Path, default=check.HOME / "dist", help="where the files go")
    parser.add_argument(
        "--only-new", action="store_true", help="without what other steps of tests/check.py do"
    )
    options = parser.parse_args(arguments)
    folder: Path = options.dist
    for variable in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        os.environ.pop(variable, None)
    python = Path(sys.executable)
    built_before = next((check.HOME / "dist").glob("*.whl"), None) if options.only_new else None
    wheel = built_before or check.built(python)
    if wheel is None:
        return 1
    if folder.resolve() != wheel.parent:
        shutil.copytree(wheel.parent, folder, dirs_exist_ok=True)
    files = sorted(it for it in folder.iterdir() if it.name.endswith((".whl", ".tar.gz")))
    parts: Mapping[str, Callable[[], Iterable[str]]] = {
        "reproducible": lambda: _unless(check.built_again(python, wheel.parent), "a second build differs"),
        "metadata": lambda: [fault for file in files for fault in metadata_faults(file)],
        "index page": lambda: _unless(
            _twine(python, files), "twine check --strict does not accept the files"
        ),
        "sbom": lambda: sbom_faults(python, wheel, folder / f"{wheel.name.removesuffix('.whl')}.cdx.json"),
        "lowest versions": lambda: _unless(check.floors_step(python).ok, "a command fails with them"),
        "newest versions": lambda: _unless(newest_run(wheel), "a command fails with them"),
    }
    elsewhere = ("reproducible", "lowest versions") if options.only_new else ()
    return 1 if sum([_report(name, part()) for name, part in parts.items() if name not in elsewhere]) else 0


def _report(name: str, faults: Iterable[str]) -> bool:
    lines = list(faults)
    print(f"{name}: {'; '.join(lines) if lines else 'ok'}", flush=True)
    return bool(lines)


def _unless(holds: bool, fault: str) -> list[str]:
    return [] if holds else [fault]


# -- metadata ---------------------------------------------------------------------------------------------


def metadata_faults(file: Path) -> list[str]:
    """What is wrong with the core metadata of a wheel or source distribution."""
    text = _metadata_of(file)
    if text is None:
        return [f"{file.name} holds no metadata"]
    return [f"{file.name}: {fault}" for fault in faults_of_text(text)]


def faults_of_text(text: bytes) -> list[str]:
    """The same for the text of METADATA or PKG-INFO: by the standard, and what a release of ours has."""
    try:
        metadata = Metadata.from_email(text, validate=True)
    except ExceptionGroup as group:
        return [str(error) for error in group.exceptions]
    faults = []
    if metadata.name != NAME:
        faults.append(f"the name is {metadata.name}")
    if not metadata.license_expression:
        faults.append("there is no License-Expression")
    if metadata.description_content_type != "text/markdown":
        faults.append("the description is no Markdown")
    if not metadata.requires_python:
        faults.append("there is no Requires-Python")
    return faults


def _metadata_of(file: Path) -> bytes | None:
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as wheel:
            names = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
            return wheel.read(names[0]) if names else None
    with tarfile.open(file) as archive:
        members = [it for it in archive if it.name.count("/") == 1 and it.name.endswith("/PKG-INFO")]
        content = archive.extractfile(members[0]) if members else None
        return content.read() if content is not None else None


def _twine(python: Path, files: list[Path]) -> bool:
    return check.quietly(python, "-m", "twine", "check", "--strict", *files)


# -- the software bill of materials -----------------------------------------------------------------------


def sbom_faults(python: Path, wheel: Path, target: Path) -> list[str]:
    """Make the SBOM of an environment that holds the wheel and what it needs, and nothing else; what is wrong
    with it."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare"
        inside = bare / check.SCRIPTS / "python"
        pip = (python, "-m", "pip", "-q", "--disable-pip-version-check", "--python", inside)
        if not (check.run(python, "-m", "venv", "--without-pip", bare) and check.run(*pip, "install", wheel)):
            return ["the wheel cannot be installed"]
        for note in bare.rglob("direct_url.json"):
            note.unlink()  # where the wheel lay on this machine
        command = (python, "-m", "cyclonedx_py", "environment", "--sv", SPEC_VERSION, "--of", "JSON")
        about = ("--output-reproducible", "--pyproject", check.ROOT / "pyproject.toml")
        if not check.quietly(*command, *about, "-o", target, inside):
            return ["cyclonedx-py does not make it"]
    return faults_of_sbom(target.read_text("utf-8"), requirements_of(wheel))


def faults_of_sbom(text: str, requirements: Iterable[Requirement]) -> list[str]:
    """By the schema of CycloneDX, and by what a reader needs: every dependency with version and licence, and
    no path of the machine that made it."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    version = SchemaVersion.from_version(SPEC_VERSION)
    problem = JsonStrictValidator(version).validate_str(text)
    if problem is not None:
        return [f"it is not valid: {problem}"]
    document: dict[str, Any] = json.loads(text)
    components = {canonicalize_name(it["name"]): it for it in document.get("components", ())}
    faults = [
        f"{it.name} is missing"
        for it in requirements
        if (it.marker is None or it.marker.evaluate({"extra": ""}))
        and canonicalize_name(it.name) not in components
    ]
    faults += [f"{name} has no version" for name, it in components.items() if not it.get("version")]
    faults += [f"{name} has no package URL" for name, it in components.items() if not it.get("purl")]
    if "file://" in text:
        faults.append("it names a path of this machine")
    root = document.get("metadata", {}).get("component", {})
    if root.get("name") != NAME:
        faults.append(f"it is about {root.get('name')}")
    return faults


def requirements_of(wheel: Path) -> list[Requirement]:
    """What the wheel needs."""
    text = _metadata_of(wheel)
    return list(Metadata.from_email(text, validate=True).requires_dist or ()) if text else []


# -- the newest versions ----------------------------------------------------------------------------------


def newest_run(wheel: Path) -> bool:
    """Every command with the newest versions that the index has and pyproject.toml allows."""
    folder = check.HOME / "newest-venv"
    return check.installed(folder, wheel) and check.every_command_runs(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
