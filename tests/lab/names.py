"""The lab's DNS: knot for the root and all zones, rbldnsd for blocklists, unbound as resolver."""

from __future__ import annotations

from pathlib import Path

from tests.lab import config
from tests.lab.keys import Keys
from tests.lab.namespace import Namespace

SIGNED = (".", "test.")
BLOCKLISTS = (
    # zone, how rbldnsd reads the file, file in config/dns
    ("zen.bl.example", "ip4set", "zen.bl.example"),
    ("plain.bl.example", "ip4set", "plain.bl.example"),
    ("closed.bl.example", "ip4set", "closed.bl.example"),
    ("all.bl.example", "ip4set", "all.bl.example"),
    ("names.example", "dnset", "names.example"),
    ("shallow.example", "dnset", "shallow.example"),
    ("zen.spamhaus.org", "ip4set", "zen.spamhaus.org"),
    ("zen.spamhaus.org", "ip6trie", "zen.spamhaus.org.six"),
    ("dbl.spamhaus.org", "dnset", "dbl.spamhaus.org"),
)


def start_names(space: Namespace, keys: Keys) -> None:
    """Sign the signed zones, then start the three servers. Raises RuntimeError when a step fails."""
    directory = space.directory / "dns"
    values = {
        "DIR": str(directory),
        "DKIM": keys.dkim,
        "TLSA_GOOD": keys.tlsa,
        "TLSA_ROOT": keys.tlsa_root,
        "DS": "",
    }
    config.write("dns/*", directory, values)
    config.write("zones/*", directory, values)
    (directory / "db").mkdir()
    for zone in SIGNED:
        _keymgr(space, zone, "generate", "algorithm=ECDSAP256SHA256", "ksk=yes", "zsk=yes")
    delegation = [line for line in _keymgr(space, "test.", "ds").splitlines() if " 2 " in line]
    config.write("zones/root.zone", directory, {**values, "DS": "\n".join(delegation)})
    (directory / "root.key").write_text(_keymgr(space, ".", "dnskey"))
    (directory / "root.hints").write_text(". 3600 NS ns.root.\nns.root. 3600 A 192.0.2.1\n")
    space.start(["knotd", "-c", directory / "knot.conf"], output=directory / "knot.out")
    space.start(_rbldnsd(directory), output=directory / "rbldnsd.out")
    space.start(["unbound", "-d", "-c", directory / "unbound.conf"], output=directory / "unbound.out")


def _rbldnsd(directory: Path) -> list[str | Path]:
    zones = [f"{zone}:{kind}:{name}" for zone, kind, name in BLOCKLISTS]
    return ["rbldnsd", "-n", "-u", "rbldns", "-w", directory, "-b", "192.0.2.54/53", "-q", *zones]


def _keymgr(space: Namespace, zone: str, *arguments: str) -> str:
    run = space.run(["keymgr", "-c", space.directory / "dns" / "knot.conf", zone, *arguments])
    if run.returncode:
        raise RuntimeError(f"keymgr {zone} {' '.join(arguments)}: {run.stderr}")
    return run.stdout


def root_keys(space: Namespace) -> tuple[str, str]:
    """The root's DNSKEY record, and its DS record: what a validating resolver is given to begin with."""
    delegations = _keymgr(space, ".", "ds").splitlines()
    return (space.directory / "dns" / "root.key").read_text(), next(it for it in delegations if " 2 " in it)
