"""docs/examples, each held to its own tool: what is copied from there works as it stands."""

from __future__ import annotations

import asyncio
import grp
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from dockerfile_parse import DockerfileParser

from probe.report.doctor_metrics import build as doctor_metrics
from probe.report.prometheus_writer import PREFIX
from probe.report.run_metrics import build as run_metrics
from tests.lab.packages import COMPARED_TREES, UNPACKED
from tests.repo.test_docs import options, shell_commands
from tests.support import reports
from tests.support.doctor_reports import sample as doctor_sample
from tests.support.machine_dns import MachineDns
from tests.support.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
PROGRAM = "/usr/local/bin/smtp-probe"
REQUIRED = os.environ.get("PROBE_LAB") == "required"


def tool(name: str, package: str) -> str:
    path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if path is None:
        (pytest.fail if REQUIRED else pytest.skip)(f"there is no {name}; Debian's package {package} has it")
    assert path is not None
    return path


def unpacked(name: str) -> Path:
    """The program in a tree of the lab's packages."""
    path = UNPACKED / name / COMPARED_TREES[name][1]
    if not path.exists():
        (pytest.fail if REQUIRED else pytest.skip)(
            f"no {path.name}; `python -m tests.lab.packages` unpacks it"
        )
    return path


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder with a `smtp-probe` that is this checkout's."""
    folder = tmp_path / "bin"
    folder.mkdir()
    shim(folder / "smtp-probe", f'exec {sys.executable} -m probe "$@"')
    return folder


def shim(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def run(
    *argv: str | Path, more: dict[str, str] | None = None, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SMTP_PROBE_HISTORY": "0", **(more or {})}
    return subprocess.run(
        argv, capture_output=True, text=True, check=False, env=environment, cwd=cwd, timeout=120
    )


# -- commands ---------------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, list[str]]]:
    """Each command line of smtp-probe in an example that names it by its words, with the file."""
    for path in sorted(EXAMPLES.rglob("*")):
        if path.is_file() and path.suffix in (".service", ".cfg", ".yml", "") and path.name != "Dockerfile":
            text = path.read_text("utf-8").replace(PROGRAM, "smtp-probe")
            text = re.sub(r"^.*?(?=smtp-probe (?!\d))", "", text, flags=re.MULTILINE)
            for line in text.splitlines():
                words = re.split(r"[;|)]", line)[0].split()
                if words[:1] == ["smtp-probe"] and len(words) > 1 and words[1] in options():
                    yield path.name, words[1:]


def test_every_command_in_an_example_exists_with_its_options() -> None:
    wrong, count = [], 0
    for name, (command, *words) in commands():
        count += 1
        spellings = {word for word in words if re.match(r"-{1,2}[A-Za-z]", word)}
        wrong += [f"{name}: {command} {it}" for it in spellings - options()[command]]
    assert wrong == []
    assert count >= 10


def test_every_example_stands_in_the_table() -> None:
    page = (EXAMPLES / "README.md").read_text("utf-8")
    files = {path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.rglob("*") if path.is_file()}
    assert {it for it in files if f"({it})" not in page} == {"README.md"}
    assert list(shell_commands("smtp-probe doctor")) == [["doctor"]]  # what reads the documents reads this


# -- systemd and cron -------------------------------------------------------------------------------------


def test_systemd_takes_the_units(program: Path, tmp_path: Path) -> None:
    analyze = tool("systemd-analyze", "systemd")
    units = []
    for path in sorted((EXAMPLES / "systemd").iterdir()):
        units.append(tmp_path / path.name)
        units[-1].write_text(path.read_text("utf-8").replace(PROGRAM, str(program / "smtp-probe")))
    assert len(units) == 4
    result = run(analyze, "verify", *units)
    mentions = [line for line in result.stderr.splitlines() if "smtp-probe" in line]
    assert (result.returncode, mentions) == (0, [])


def test_systemd_does_not_take_a_broken_unit(tmp_path: Path) -> None:
    unit = tmp_path / "broken.service"
    unit.write_text("[Service]\nType=oneshot\nExecStart=relative/path\n")
    assert run(tool("systemd-analyze", "systemd"), "verify", unit).returncode != 0


def test_the_line_of_cron_prints_only_what_is_new(program: Path, tmp_path: Path) -> None:
    lines = (EXAMPLES / "cron" / "smtp-probe").read_text("utf-8").splitlines()
    (entry,) = [line for line in lines if re.match(r"[\d*]", line)]
    fields = entry.split(None, 6)
    assert fields[5] == "root"
    lines = (ROOT / "fixtures" / "logs" / "postfix-311.log").read_text("utf-8").splitlines(keepends=True)
    log = tmp_path / "mail.log"
    command = fields[6].replace(r"\%", "%").replace("--since 24h ", "")
    command = command.replace("/var/log/mail.log", str(log)).replace("/var/lib/", f"{tmp_path}/")
    outputs = []
    for part in (lines[:40], lines, lines):
        log.write_text("".join(part))
        result = run("/bin/sh", "-c", command, more={"PATH": f"{program}:/usr/bin:/bin"})
        assert result.stderr == ""
        outputs.append(bool(result.stdout.strip()))
    assert outputs == [False, True, False]


# -- monitoring -------------------------------------------------------------------------------------------

_NAGIOS = """
log_file={folder}/nagios.log
nagios_user=root
nagios_group=root
cfg_file={folder}/objects.cfg
cfg_file={examples}/nagios/smtp-probe.cfg
object_cache_file={folder}/objects.cache
precached_object_file={folder}/objects.precache
status_file={folder}/status.dat
temp_file={folder}/nagios.tmp
temp_path={folder}
check_result_path={folder}
command_file={folder}/nagios.cmd
lock_file={folder}/nagios.lock
illegal_macro_output_chars=`~$&|'<>"
"""
_OBJECTS = """
define timeperiod {
 timeperiod_name always
 alias always
 monday 00:00-24:00
}
define command {
 command_name nothing
 command_line /bin/true
}
define contact {
 contact_name somebody
 host_notification_period always
 service_notification_period always
 host_notification_commands nothing
 service_notification_commands nothing
}
define service {
 name generic-service
 register 0
 check_period always
 notification_period always
 max_check_attempts 3
 contacts somebody
}
define host {
 host_name mail.example.com
 address 192.0.2.10
 check_period always
 notification_period always
 max_check_attempts 3
 contacts somebody
}
"""


def test_nagios_takes_commands_and_services(tmp_path: Path) -> None:
    nagios = unpacked("nagios")
    (tmp_path / "objects.cfg").write_text(_OBJECTS)
    configuration = tmp_path / "nagios.cfg"
    configuration.write_text(_NAGIOS.format(folder=tmp_path, examples=EXAMPLES))
    result = run(nagios, "-v", configuration)
    assert result.returncode == 0, result.stdout
    assert re.search(r"Checked 4 services", result.stdout)
    assert "Total Errors:   0" in result.stdout


_ICINGA = """
include "{examples}/icinga2/smtp-probe.conf"
object CheckCommand "up" {{ command = [ "/bin/true" ] }}
object Host "mail.example.com" {{ check_command = "up" }}
"""
_ICINGA_SERVICE = """
object Service "{command}" {{
  host_name = "mail.example.com"
  check_command = "{command}"
}}
"""


def test_icinga_takes_the_commands(tmp_path: Path) -> None:
    tree = unpacked("icinga").parents[2]
    (program,) = (tree / "usr" / "lib").glob("*/icinga2/sbin/icinga2")  # usr/sbin has a script alone
    text = _ICINGA.format(examples=EXAMPLES)
    for command in ("domain", "pair", "machine"):
        text += _ICINGA_SERVICE.format(command=f"smtp_probe_{command}")
    configuration = tmp_path / "icinga2.conf"
    configuration.write_text(text)
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    values = {"RunAsUser": user, "RunAsGroup": group}
    values |= dict.fromkeys(("DataDir", "CacheDir", "InitRunDir", "SpoolDir", "LogDir"), str(tmp_path))
    defined = [word for name, value in values.items() for word in ("-D", f"Configuration.{name}={value}")]
    libraries = {"LD_LIBRARY_PATH": str(program.parents[2])}
    result = run(program, "daemon", "-C", "-c", configuration, *defined, more=libraries)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Instantiated 3 Services" in result.stdout
    assert "warning" not in result.stdout


def test_icinga_commands_are_whole_and_their_options_exist() -> None:
    text = re.sub(r"(?m)//.*$", "", (EXAMPLES / "icinga2" / "smtp-probe.conf").read_text("utf-8"))
    assert text.count("{") == text.count("}") and text.count('"') % 2 == 0
    objects = re.findall(r'object CheckCommand "(\w+)" \{(.*?)\n\}', text, flags=re.DOTALL)
    assert len(objects) == text.count("object CheckCommand") == 3
    for name, body in objects:
        command = re.search(r'command = \[ "([^"]+)", "(\w+)" \]', body)
        assert command is not None and command[1] == PROGRAM, name
        spellings = set(re.findall(r'"(-[^"]*)" =', body))
        assert "--format" in spellings and spellings <= options()[command[2]], name


def metric_names() -> set[str]:
    """Every metric that the program can write."""
    run_names = {it.name for name in reports.SAMPLES for it in run_metrics(reports.SAMPLES[name]())}
    return {f"{PREFIX}{name}" for name in run_names | {it.name for it in doctor_metrics(doctor_sample())}}


def metrics_in(text: str) -> set[str]:
    return set(re.findall(rf"\b{PREFIX}\w+", text))


def test_promtool_takes_the_alerts_and_their_test() -> None:
    promtool = tool("promtool", "prometheus")
    folder = EXAMPLES / "prometheus"
    rules = run(promtool, "check", "rules", "smtp-probe.rules.yml", cwd=folder)
    assert rules.returncode == 0, rules.stdout + rules.stderr
    tests = run(promtool, "test", "rules", "smtp-probe.rules.test.yml", cwd=folder)
    assert tests.returncode == 0, tests.stdout + tests.stderr


@pytest.mark.parametrize("name", ["prometheus/smtp-probe.rules.yml", "grafana/smtp-probe.json"])
def test_every_metric_that_is_asked_for_is_written(name: str) -> None:
    named = metrics_in((EXAMPLES / name).read_text("utf-8"))
    assert len(named) >= 5
    assert named - metric_names() == set()


def test_the_dashboard_is_whole() -> None:
    dashboard: dict[str, Any] = json.loads((EXAMPLES / "grafana" / "smtp-probe.json").read_text("utf-8"))
    assert dashboard["title"] and dashboard["schemaVersion"] >= 36
    variables = {it["name"] for it in dashboard["templating"]["list"]}
    panels = dashboard["panels"]
    assert len({it["id"] for it in panels}) == len(panels) >= 6
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken and place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells
        assert all(target["expr"] and target["refId"] for target in panel["targets"])
    used = set(re.findall(r"\$\{?(\w+)\}?", json.dumps(panels)))
    assert used == variables


# -- CI and containers ------------------------------------------------------------------------------------


@pytest.fixture
def resolver() -> Iterator[str]:
    """A resolver on loopback, served in a thread; gives ADDRESS:PORT."""
    ready, stop = threading.Event(), threading.Event()
    place: list[str] = []
    zone = {"MX example.net": ["10 mx.example.net."], "A mx.example.net": ["203.0.113.10"]}

    async def serve() -> None:
        async with MachineDns(zone={**zone, "TXT example.net": ['"v=spf1 -all"']}) as server:
            place.append(str(server.endpoint))
            ready.set()
            while not stop.is_set():
                await asyncio.sleep(0.05)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(PATIENCE)
    yield place[0]
    stop.set()
    thread.join()


def test_the_steps_of_the_workflow_run(program: Path, resolver: str, tmp_path: Path) -> None:
    workflow = yaml.safe_load((EXAMPLES / "github" / "mail.yml").read_text("utf-8"))
    assert {"name", "jobs", "permissions"} <= workflow.keys()
    (job,) = workflow["jobs"].values()
    assert all("uses" in step or "run" in step for step in job["steps"])
    shim(
        program / "smtp-probe", f'exec {sys.executable} -m probe "$@" --nameserver {resolver} --allow-private'
    )
    shim(program / "python", 'test "$*" = "-m pip install smtp-probe"')
    summary = tmp_path / "summary.md"
    more = {"PATH": f"{program}:/usr/bin:/bin", "GITHUB_STEP_SUMMARY": str(summary), **workflow["env"]}
    results = [
        run("bash", "-e", "-o", "pipefail", "-c", step["run"], more=more, cwd=tmp_path)
        for step in job["steps"]
        if "run" in step
    ]
    assert [it.returncode for it in results] == [0, 0, 0], [it.stderr for it in results]
    assert "example.net" in summary.read_text("utf-8")
    assert "<testsuite" in (tmp_path / "mail.xml").read_text("utf-8")
    uploads = [step["with"]["path"] for step in job["steps"] if "upload" in step.get("uses", "")]
    assert uploads == ["mail.xml"]


def test_the_dockerfile_is_one() -> None:
    text = (EXAMPLES / "docker" / "Dockerfile").read_bytes()
    parser = DockerfileParser(fileobj=BytesIO(text))
    instructions = [it["instruction"] for it in parser.structure if it["instruction"] != "COMMENT"]
    permitted = {"FROM", "COPY", "RUN", "USER", "ENV", "ENTRYPOINT", "CMD"}
    assert set(instructions) == permitted
    assert parser.is_multistage
    last_user = [it["value"] for it in parser.structure if it["instruction"] == "USER"][-1]
    assert last_user != "root"
    stages = re.findall(r"(?m)^FROM \S+ AS (\w+)", text.decode())
    assert set(re.findall(r"--from=(\w+)", text.decode())) <= set(stages)
    assert "no image was built" in (EXAMPLES / "README.md").read_text("utf-8")
