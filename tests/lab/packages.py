"""The real servers the lab is made of: which are missing, and how those that apt cannot install get here.

Debian lets only one MTA be installed. Postfix is; the packages of Exim, OpenSMTPD and sendmail are downloaded
and unpacked below .check/, and each is laid over /usr only for its own process (see namespace.py).

    python -m tests.lab.packages            downloads and unpacks; prints what is still missing
    python tests/lab/packages.py --apt      prints what apt-get has to install
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
UNPACKED = REPOSITORY / ".check" / "lab-packages"

# What apt installs: the package, and the program that shows that it is there.
INSTALLED = {
    "iproute2": "ip",
    "postfix": "postfix",
    "postfix-pcre": "/usr/lib/postfix/postfix-pcre.so",
    "knot": "knotd",
    "knot-dnsutils": "kdig",
    "unbound": "unbound",
    "rbldnsd": "rbldnsd",
    "postgrey": "postgrey",
    "postfix-policyd-spf-python": "policyd-spf",
    "openssl": "openssl",
    "bind9": "named",
    "knot-resolver": "kresd",
    "pdns-recursor": "pdns_recursor",
    "dnsmasq-base": "dnsmasq",
    "dnsdist": "dnsdist",
    "nftables": "nft",
    "faketime": "faketime",
    "m4": "m4",
}
SENDMAIL = UNPACKED / "sendmail" / "usr" / "sbin" / "sendmail-mta"
# What tests outside the lab are held against; they skip without it.
COMPARED = (
    *("libopendkim11", "libmail-dkim-perl", "libopendmarc2", "prometheus", "chromium", "systemd"),
    *("zsh", "fish", "mandoc"),
)
# What is only unpacked: the tree, its packages, and the program inside.
TREES = {
    "exim": (("exim4-base", "exim4-daemon-light", "libidn12"), "usr/sbin/exim4"),
    "opensmtpd": (("opensmtpd",), "usr/sbin/smtpd"),
    "sendmail": (("sendmail-base", "sendmail-bin", "sendmail-cf"), "usr/libexec/sendmail/sendmail"),
    # installed, it would become the resolver of this machine
    "resolved": (("systemd-resolved",), "lib/systemd/systemd-resolved"),
}
# The same for what tests outside the lab are held against; installed, they would bring servers.
_BOOST = ("context", "coroutine", "filesystem", "iostreams", "program-options", "regex", "thread")
COMPARED_TREES = {
    "nagios": (("nagios4-core",), "usr/sbin/nagios4"),
    "icinga": (("icinga2-bin", *(f"libboost-{it}1.74.0" for it in _BOOST)), "usr/sbin/icinga2"),
}
# What releases after Debian 12 have in the place of one of these.
LATER = {"knot-resolver": "knot-resolver6", "libopendmarc2": "libopendmarc2t64"}


def _program(name: str) -> bool:
    if name.startswith("/"):
        return Path(name).exists()
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is not None


def missing() -> list[str]:
    """What keeps the lab from running, each as a sentence; empty when it can run."""
    wants = []
    if sys.platform != "linux":
        return ["the lab needs Linux network namespaces"]
    if os.geteuid() != 0:
        wants.append("the lab needs root, for network namespaces and ports below 1024")
    packages = [package for package, name in INSTALLED.items() if not _program(name)]
    if packages:
        wants.append(f"not installed: apt-get install {' '.join(packages)}")
    trees = [tree for tree, (_, program) in TREES.items() if not (UNPACKED / tree / program).exists()]
    if trees:
        wants.append(f"not unpacked: {', '.join(trees)}; run python -m tests.lab.packages")
    return wants


def installable() -> list[str]:
    """What apt-get is to install on this release of Debian: the programs, and the libraries of what is only
    unpacked. Raises CalledProcessError when apt-cache fails."""
    available = set(_apt_cache("pkgnames").split())
    names = [name if name in available else LATER.get(name, name) for name in (*INSTALLED, *COMPARED)]
    unpacked = [name for names, _ in (*TREES.values(), *COMPARED_TREES.values()) for name in names]
    options = [
        f"--no-{it}" for it in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
    ]
    depends = _apt_cache("depends", *options, *[name for name in unpacked if name in available])
    libraries = {line.split()[1] for line in depends.splitlines() if line.startswith("  Depends: lib")}
    return [*names, *sorted(libraries - set(names) - set(unpacked))]


def _apt_cache(*words: str) -> str:
    return subprocess.run(["apt-cache", *words], stdout=subprocess.PIPE, text=True, check=True).stdout


def fetch() -> None:
    """Download and unpack what is not there yet. Raises CalledProcessError when apt-get or dpkg fails."""
    _unpack(TREES)
    if not SENDMAIL.exists():  # the scripts of the package would have made it
        SENDMAIL.symlink_to("../libexec/sendmail/sendmail")
    _unpack(COMPARED_TREES)


def _unpack(trees: Mapping[str, tuple[tuple[str, ...], str]]) -> None:
    for tree, (packages, program) in trees.items():
        target = UNPACKED / tree
        if (target / program).exists():
            continue
        with tempfile.TemporaryDirectory(prefix="lab-packages-") as scratch:
            Path(scratch).chmod(0o755)
            unsandboxed = ("-o", "APT::Sandbox::User=root")
            subprocess.run(["apt-get", "-q", *unsandboxed, "download", *packages], cwd=scratch, check=True)
            target.mkdir(parents=True, exist_ok=True)
            for archive in sorted(Path(scratch).glob("*.deb")):
                subprocess.run(["dpkg", "-x", str(archive), str(target)], check=True)
        if not (target / "lib").exists():  # since Debian 13 all of it is below /usr
            (target / "lib").symlink_to("usr/lib")


if __name__ == "__main__":
    if sys.argv[1:] == ["--apt"]:
        print(" ".join(installable()))
    else:
        fetch()
        for line in missing():
            print(line)
