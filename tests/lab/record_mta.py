"""Runs the real tools for the configurations of fixtures/mta, and writes down what they print.

    python -m tests.lab.record_mta [NAME ...]

Needs root, Postfix installed, and the others unpacked (tests/lab/packages.py). Changes nothing elsewhere.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from probe.model.local_tool import Call, FileCall, ToolCall, ToolOutput, ToolReason, ToolWhy, run_inquiry
from probe.net.local_tools import program_path, read_file
from probe.reading.mta.opensmtpd import NAME_FILES
from tests.lab.packages import UNPACKED
from tests.support.mta import DIRECTORY, FOLDER, NAMES, fixture, inquiry_of, key_of

# sendmail waits for a name server, and for one to know a host name without a dot; Postfix wants an interface
_ALONE = ("unshare", "--net", "--uts", "sh", "-c")
_ENTER = 'hostname mail.example.org; case "$1" in */post*) ip link set lo up;; esac; exec "$@"'
MARK = "\n# recorded\n"
EXIM = UNPACKED / "exim" / "usr"
MASTER = Path("/usr/share/postfix/master.cf.dist")


def record(name: str) -> None:
    """Write the recorded part of one fixture again."""
    path = FOLDER / f"{name}.toml"
    whole = fixture(name)
    with tempfile.TemporaryDirectory(prefix="mta-") as directory:
        home = Path(directory) / "etc"
        _configure(home, whole)
        calls: list[tuple[Call, ToolOutput]] = []
        run_inquiry(inquiry_of(whole, str(home)), _recorder(calls))
        text = "".join(_row(call, output) for call, output in calls).replace(str(home), DIRECTORY)
    head = path.read_text(encoding="utf-8").partition(MARK)[0].rstrip("\n")
    path.write_text(head + "\n" + MARK + text, encoding="utf-8")


def _configure(home: Path, whole: dict[str, Any]) -> None:
    home.mkdir()
    for name, text in whole["files"].items():
        (home / name).write_text(text.lstrip("\n").replace(DIRECTORY, str(home)), encoding="utf-8")
        (home / name).chmod(0o600)
    if whole["software"] == "postfix":
        more = home / "master.add"
        shutil.copy(MASTER, home / "master.cf")
        if more.exists():
            added = more.read_text()
            with (home / "master.cf").open("a") as master:
                master.write(added)
            more.unlink()


def _recorder(calls: list[tuple[Call, ToolOutput]]) -> Callable[[Call], ToolOutput]:
    def answer(call: Call) -> ToolOutput:
        output = _read(call) if isinstance(call, FileCall) else _run(call)
        calls.append((call, output))
        return output

    return answer


def _read(call: FileCall) -> ToolOutput:
    """But for the names of the machine that this runs on."""
    if call.path in NAME_FILES:
        failure = ToolWhy(ToolReason.FILE_UNREADABLE, path=call.path, text="No such file or directory")
        return ToolOutput(exit_code=None, failure=failure)
    return read_file(call.path)


def _run(call: ToolCall) -> ToolOutput:
    if call.program == "hostname":
        return ToolOutput("mail.example.org\n")
    places = [str(UNPACKED / tree / "usr" / "sbin") for tree in ("exim", "sendmail", "opensmtpd")]
    # Postfix has a sendmail, too, which is not meant
    path = program_path(call.program, places if call.program == "sendmail" else [*places, "/usr/sbin"])
    if path is None:
        return ToolOutput(
            exit_code=None, failure=ToolWhy(ToolReason.NO_PROGRAM, call.program), is_missing=True
        )
    libraries = str(EXIM / "lib" / "x86_64-linux-gnu")
    run = subprocess.run(
        [*_ALONE, _ENTER, "alone", path, *call.arguments],
        input=call.stdin,
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin", "LD_LIBRARY_PATH": libraries},
    )
    return ToolOutput(run.stdout, run.stderr, run.returncode)


def _row(call: Call, output: ToolOutput) -> str:
    program, arguments, stdin = key_of(call)
    stdout = "" if isinstance(call, FileCall) else output.text  # `files` has it
    rows = {
        "program": program,
        "arguments": list(arguments),
        "stdin": stdin,
        "exit": -1 if output.exit_code is None else output.exit_code,
        "stdout": stdout,
        "stderr": output.errors,
    }
    if output.failure is not None:
        rows |= {"failure": asdict(output.failure), "missing": output.is_missing}
    return "\n[[call]]\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in rows.items())


def _toml(value: object) -> str:
    if isinstance(value, str) and "\n" in value.strip("\n"):
        text = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"""\n{text}"""'
    if isinstance(value, list) and len(value) > 8:
        return "[\n" + "".join(f"    {json.dumps(item)},\n" for item in value) + "]"
    if isinstance(value, dict):
        return (
            "{ "
            + ", ".join(f"{key} = {_toml(it)}" for key, it in value.items() if it not in (None, ""))
            + " }"
        )
    return json.dumps(value)


if __name__ == "__main__":
    for wanted in sys.argv[1:] or NAMES:
        record(wanted)
