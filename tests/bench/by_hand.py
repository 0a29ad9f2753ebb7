"""Wall time of one check, beside the tools that an operator runs one after the other to learn the same.

python -m tests.bench.by_hand [ROUNDS]

The servers of tests.bench.one_check, with its delays. By hand: checkdmarc for the sender's and for the
recipient's domain, swaks to RCPT, rblcheck with the blocklists of addresses that `check` asks. swaks and
rblcheck are Debian's packages; a tool that is not there is left out, and said. The medians count. `check`
goes with its own defaults.
"""

from __future__ import annotations

import shutil
import statistics
import sys
from pathlib import Path

from probe.knowledge.dnsbl import built_in_lists
from probe.standards.dnsbl.blocklist import SubjectKind
from tests.bench.commands import cost_of
from tests.bench.one_check import CLIENT, CLIENT_NAME, DOMAIN, MX_HOST, SENDER, servers

ROUNDS = 5


def _by_hand() -> dict[str, list[str]]:
    """The command lines, without the way into the network; a missing tool has none."""
    checkdmarc = str(Path(sys.executable).with_name("checkdmarc"))
    swaks, rblcheck = shutil.which("swaks"), shutil.which("rblcheck")
    zones = [it.zone for it in built_in_lists() if SubjectKind.IPV4 in it.subjects]
    envelope = ["--from", f"bob@{SENDER}", "--to", f"a@{DOMAIN}", "--helo", CLIENT_NAME, "--server", MX_HOST]
    return {
        "checkdmarc, the sender": [checkdmarc, SENDER],
        "checkdmarc, the recipient": [checkdmarc, DOMAIN],
        "swaks to RCPT": [swaks, *envelope, "--quit-after", "RCPT"] if swaks else [],
        f"rblcheck, {len(zones)} lists": (
            [rblcheck, "-c", *(word for zone in zones for word in ("-s", zone)), CLIENT] if rblcheck else []
        ),
    }


def main(rounds: int) -> None:
    with servers() as (enter, home):
        check = [*enter, sys.executable, "-m", "probe", "check", f"bob@{SENDER}", f"a@{DOMAIN}"]
        commands = {"check": [*check, "--allow-private", "--mta", "none"]}
        for name, command in _by_hand().items():
            if command:
                commands[name] = [*enter, *command]
            else:
                print(f"{name}: left out, it is not installed")
        walls: dict[str, list[float]] = {name: [] for name in commands}
        for command in commands.values():
            cost_of(command, home)  # its modules are compiled
        for _ in range(rounds):
            for name, command in commands.items():
                walls[name].append(cost_of(command, home).wall)
    seconds = {name: statistics.median(runs) for name, runs in walls.items()}
    for name, wall in seconds.items():
        print(f"{name:28} {wall * 1000:6.0f} ms")
    by_hand = sum(wall for name, wall in seconds.items() if name != "check")
    print(f"by hand, one after the other : check = {by_hand / seconds['check']:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else ROUNDS)
