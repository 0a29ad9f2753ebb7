#!/usr/bin/env python3
"""Everything that must hold, in one command: python3 tests/check.py [STEP ...]

Steps: format, lint, types, tests, lab, docs, wheel, floors, release, audit, fuzz, mutation. Without a step:
all but fuzz, which takes a minute for each of its targets, and mutation, which takes some minutes; `all`:
every one; `fast`: format, lint, types, tests, docs. Needs Python 3.11 or later with venv, and a package
index; everything else it installs into .check/, which may be removed at any time. PROBE_LAB=required makes a
lab that cannot run a failure. Exits 1 when a step failed.
"""

from __future__ import annotations

import contextlib
import filecmp
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".check"
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
OLDEST = (3, 11)
FAILED_LINES = 40
"""How many lines on failed tests the end of a step keeps."""
COUNTED = ("passed", "failed", "error", "errors", "skipped", "xfailed", "xpassed", "rerun")


@dataclass(frozen=True)
class Result:
    """`counts`: pytest's own numbers, where pytest ran; `failed`: its lines on the tests that failed."""

    ok: bool
    counts: dict[str, int]
    note: str = ""
    failed: tuple[str, ...] = ()


def run(*command: str | Path, cwd: Path = ROOT) -> bool:
    """Run a command, its output to ours; whether it succeeded."""
    result = subprocess.run([str(part) for part in command], cwd=cwd, stdin=subprocess.DEVNULL, check=False)
    return result.returncode == 0


def quietly(*command: str | Path, cwd: Path = ROOT) -> bool:
    """The same, its output shown only where it fails: a build names every file three times."""
    line = [str(part) for part in command]
    result = subprocess.run(
        line,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        print(result.stdout, flush=True)
    return result.returncode == 0


# -- the environment ------------------------------------------------------------------------------


def unfit() -> str:
    """Why this Python cannot make the environment, and what to do; empty when it can."""
    if sys.version_info < OLDEST:
        text = ".".join(map(str, sys.version_info[:3]))
        return f"Python {text} is too old; run this with Python 3.11 or later: python3.11 tests/check.py"
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        return f"this Python has no venv; install it: apt-get install {package} (or your system's equivalent)"
    return ""


def environment() -> Path:
    """The Python of .check/venv with the project and its test tools, made anew when pyproject.toml or
    this Python changed. Raises SystemExit when it cannot be made."""
    python = HOME / "venv" / SCRIPTS / "python"
    sources = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "setup.py")]
    text = b"".join([f"{sys.executable} {sys.version} ".encode(), *sources])
    wanted = hashlib.sha256(text).hexdigest()
    stamp = HOME / "venv" / "made-from"
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    say("environment", "making .check/venv")
    HOME.mkdir(exist_ok=True)
    result = run(sys.executable, "-m", "venv", "--clear", HOME / "venv")
    if not result or not run(
        python, "-m", "pip", "-q", "--disable-pip-version-check", "install", "-e", ".[test]"
    ):
        sys.exit("the environment could not be made; pip's message is above")
    stamp.write_text(wanted)
    return python


# -- the steps ------------------------------------------------------------------------------------


def format_step(python: Path) -> Result:
    return Result(run(python, "-m", "ruff", "format", "--check", "."), {})


def lint_step(python: Path) -> Result:
    return Result(run(python, "-m", "ruff", "check", "--no-cache", "."), {})


def types_step(python: Path) -> Result:
    return Result(run(python, "-m", "mypy", "--strict", "--cache-dir", HOME / "mypy"), {})


PARALLEL = ("-n", "auto", "--dist", "worksteal")
"""One worker a core; who is done early takes over tests of another."""


def tests_step(python: Path) -> Result:
    return pytest(python, *PARALLEL, "tests", "--ignore=tests/lab", "--ignore=tests/repo")


def lab_step(python: Path) -> Result:
    """The packages that apt cannot install beside Postfix are fetched first, where that is possible.

    Some thirty real servers share the machine with what else runs there: up to three tests that fail are
    tried once more, and their first failure is told, whether they pass then or not."""
    if sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get"):
        run(python, "-m", "tests.lab.packages")
    again = ("--reruns", "1", "--max-suite-reruns", "3", "--rerun-show-tracebacks")
    return pytest(python, "tests/lab", "-rfEs", *again)  # in series: its servers have fixed addresses


def docs_step(python: Path) -> Result:
    return pytest(python, "tests/repo")


def wheel_step(python: Path) -> Result:
    """Build twice to the same octets, install into an empty environment, run the demo from elsewhere."""
    wheel = built(python)
    if wheel is None:
        return Result(False, {})
    if not built_again(python, wheel.parent):
        return Result(False, {}, "a second build has other octets")
    bare = HOME / "wheel-venv"
    command = bare / SCRIPTS / "smtp-probe"
    with tempfile.TemporaryDirectory() as elsewhere:
        away = Path(elsewhere)
        ok = (
            installed(bare, wheel)
            and run(command, "--version", cwd=away)
            and run(command, "demo", "--list", cwd=away)
            and demo_refuses(command, away)
        )
    return Result(ok, {}, wheel.name)


def floors_step(python: Path) -> Result:
    """The lowest versions that pyproject.toml allows, and every command with them."""
    wheel = built(python)
    if wheel is None:
        return Result(False, {})
    lowest = HOME / "floors-venv"
    pins = floors((ROOT / "pyproject.toml").read_text("utf-8"))
    ok = installed(lowest, wheel, *pins) and every_command_runs(lowest)
    return Result(ok, {}, ", ".join(pins))


def every_command_runs(folder: Path) -> bool:
    """Whether every command does, as an environment has it installed."""
    scripts = folder / SCRIPTS
    return run(scripts / "python", ROOT / "tests" / "every_command.py", scripts / "smtp-probe")


def floors(pyproject: str) -> list[str]:
    """`name==version` of the lowest version of each dependency that is declared."""
    import tomllib  # a Python that lacks it is told to be too old before

    rows = [row.partition(">=") for row in tomllib.loads(pyproject)["project"]["dependencies"]]
    return [f"{name}=={floor.partition(',')[0]}" for name, _, floor in rows]


def built(python: Path) -> Path | None:
    """The wheel of .check/dist, made from a source distribution that lies beside it."""
    dist = HOME / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    if not quietly(python, "-m", "build", "--outdir", dist, "."):
        return None
    return next(dist.glob("*.whl"))


def built_again(python: Path, dist: Path) -> bool:
    """Whether another build, from a copy with other times and modes under another umask and another order of
    hashes, has the same octets."""
    with tempfile.TemporaryDirectory() as folder:
        copy, again = Path(folder) / "copy", Path(folder) / "again"
        shutil.copytree(
            ROOT, copy, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns(*_NOT_COPIED)
        )
        seed, mask = os.environ.get("PYTHONHASHSEED"), os.umask(0o077)
        os.environ["PYTHONHASHSEED"] = "1" if seed != "1" else "2"
        try:
            if not quietly(python, "-m", "build", "--outdir", again, ".", cwd=copy):
                return False
        finally:
            os.umask(mask)
            os.environ.pop("PYTHONHASHSEED")
            os.environ.update({} if seed is None else {"PYTHONHASHSEED": seed})
        names = {path.name for path in dist.iterdir()} | {path.name for path in again.iterdir()}
        same = [
            name
            for name in names
            if (again / name).exists() and filecmp.cmp(dist / name, again / name, False)
        ]
        print(
            "\n".join(f"{name}: {'the same' if name in same else 'other'} octets" for name in sorted(names))
        )
        return len(same) == len(names) == 2


_NOT_COPIED = (".git", ".check", ".venv", "*.egg-info", "build", "dist", "__pycache__")


def installed(folder: Path, wheel: Path, *pins: str) -> bool:
    """Install a wheel into an environment of its own, with these versions of what it needs."""
    python = folder / SCRIPTS / "python"
    pip = (python, "-m", "pip", "-q", "--disable-pip-version-check")
    return (
        run(sys.executable, "-m", "venv", "--clear", folder)
        and run(*pip, "install", wheel, *pins)
        and run(*pip, "check", cwd=folder)
    )


def release_step(python: Path) -> Result:
    """What a release is held to beside that: metadata, and an SBOM that is valid (tests/release.py)."""
    if not optional(python, "release"):
        return Result(True, {}, "not done: its tools cannot be installed from this index")
    wheel = next((HOME / "dist").glob("*.whl"), None) or built(python)
    return Result(wheel is not None and run(python, "-m", "tests.release", "--only-new"), {})


def audit_step(python: Path) -> Result:
    """Known vulnerabilities in what a user installs, where the package index can be asked about them."""
    if not optional(python, "audit"):
        return Result(True, {}, "not done: pip-audit cannot be installed from this index")
    installed = sorted((HOME / "wheel-venv").glob("lib/python*/site-packages"))
    where = [part for path in installed for part in ("--path", str(path))] or ["--skip-editable"]
    command = [str(python), "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", *where]
    result = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    try:
        judged = [item for item in json.loads(result.stdout)["dependencies"] if "vulns" in item]
    except (ValueError, KeyError):
        judged = []
    if not judged:
        return Result(True, {}, "not done: this index does not tell vulnerabilities")
    for item in judged:
        for entry in item["vulns"]:
            print(f"{item['name']} {item['version']}: {entry['id']}, fixed in {entry['fix_versions']}")
    return Result(not any(item["vulns"] for item in judged), {}, f"{len(judged)} packages judged")


def fuzz_step(python: Path) -> Result:
    """Every fuzz target for a minute, and the properties with ten times the examples."""
    wheel = optional(python, "fuzz")
    fuzzed = run(python, "-m", "tests.fuzz.all", "--found", HOME / "fuzz")
    os.environ["PROBE_PROPERTIES"] = "thorough"
    held = pytest(python, *PARALLEL, "tests/properties")
    return replace(held, ok=fuzzed and held.ok, note="" if wheel else "atheris has no wheel for this Python")


def mutation_step(python: Path) -> Result:
    """Small faults in the modules that judge: at most a tenth of a module's may go unnoticed by its tests."""
    return Result(run(python, "-m", "tests.mutation"), {})


def optional(python: Path, extra: str) -> bool:
    """Install what an extra of the project names; whether that was possible."""
    command = [str(python), "-m", "pip", "-q", "--disable-pip-version-check", "install", "-e", f".[{extra}]"]
    result = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return result.returncode == 0


def demo_refuses(command: Path, cwd: Path) -> bool:
    """The default demo is a refusal: exit code 1 and the nine steps, from the installed package."""
    result = subprocess.run(
        [str(command), "demo"], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    print(result.stdout + result.stderr)
    return result.returncode == 1 and "Nine steps" in result.stdout


def pytest(python: Path, *arguments: str) -> Result:
    """Run pytest and read its closing line. No test at all is a failure."""
    command = [str(python), "-m", "pytest", "--color=no", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as run_:
        last = ""
        failed: list[str] = []
        assert run_.stdout is not None
        for line in run_.stdout:
            print(line, end="", flush=True)
            if line.startswith(("E  ", "FAILED ", "ERROR ", "RERUN ")):
                failed.append(line.rstrip())
            last = line if re.search(r"\d+ (?:passed|failed|skipped|errors?)\b", line) else last
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", last) if word in COUNTED}
    note = ", ".join(f"{counts[word]} {word}" for word in ("skipped", "rerun") if counts.get(word))
    return Result(run_.returncode == 0, counts, note, tuple(failed[-FAILED_LINES:]))


STEPS: dict[str, Callable[[Path], Result]] = {
    "format": format_step,
    "lint": lint_step,
    "types": types_step,
    "tests": tests_step,
    "lab": lab_step,
    "docs": docs_step,
    "wheel": wheel_step,
    "floors": floors_step,
    "release": release_step,
    "audit": audit_step,
    "fuzz": fuzz_step,
    "mutation": mutation_step,
}
GROUPS = {
    "all": tuple(STEPS),
    "usual": tuple(step for step in STEPS if step not in ("fuzz", "mutation")),
    "fast": ("format", "lint", "types", "tests", "docs"),
}


def chosen(arguments: list[str]) -> list[str]:
    """The steps in their order. Raises SystemExit for a name that is none."""
    names = [name for argument in arguments or ["usual"] for name in GROUPS.get(argument, (argument,))]
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        sys.exit(f"no such step: {unknown[0]}; there are {', '.join([*GROUPS, *STEPS])}")
    return [name for name in STEPS if name in names]


def say(step: str, text: str) -> None:
    print(f"\n== {step}: {text}", flush=True)


def closing(results: dict[str, Result], seconds: float) -> str:
    """One line in pytest's style over everything that pytest ran."""
    totals: dict[str, int] = {}
    for result in results.values():
        for word, number in result.counts.items():
            totals[word] = totals.get(word, 0) + number
    text = [f"{totals[word]} {word}" for word in COUNTED if totals.get(word)] or ["no tests ran"]
    return f"{', '.join(text)} in {seconds:.2f}s".center(78, "=")


def main(arguments: list[str]) -> int:
    if {"-h", "--help"} & set(arguments):
        print(__doc__)
        return 0
    names = chosen(arguments)
    if reason := unfit():
        sys.exit(reason)
    # The run may have been started from another project's environment.
    for variable in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        os.environ.pop(variable, None)
    os.environ.update(PYTHONDONTWRITEBYTECODE="1")
    started = time.monotonic()
    python = environment()
    results: dict[str, Result] = {}
    for name in names:
        say(name, (STEPS[name].__doc__ or "").strip().partition("\n")[0])
        begun = time.monotonic()
        results[name] = STEPS[name](python)
        mark = "ok" if results[name].ok else "FAILED"
        say(name, f"{mark} after {time.monotonic() - begun:.1f} s {results[name].note}".rstrip())
    print()
    for name, result in results.items():
        print(f"{name:8}{'ok' if result.ok else 'FAILED':8}{result.note}")
    for line in [line for result in results.values() for line in result.failed]:
        print(line)  # the end of a long output is what a reader, and CI, keeps
    print(closing(results, time.monotonic() - started))
    return 0 if all(result.ok for result in results.values()) else 1


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1:]))
    sys.exit(130)
