"""A report of `doctor` with one fault, one limit and one gap, for the writers."""

from __future__ import annotations

from ipaddress import ip_address

from probe.doctor.assemble import report_of
from probe.doctor.report import DoctorReport
from probe.model.fitness import MachineGap, Trial
from probe.model.reply import Reply
from probe.model.session import EndReason
from probe.recording.machine import (
    ConnectionAttempt,
    MachineJournal,
    MachineRequest,
    ResolverLook,
    TrustStore,
)
from probe.standards.dns.health import CONTROL
from probe.standards.dns.message import Answer, Status
from probe.standards.dns.provenance import Provenance

SERVER = "192.0.2.53"
HOSTILE = 'mx"\n|<b>\x1b[31m'


def sample(greeting: str = "mx.example.net ESMTP") -> DoctorReport:
    """Port 25 is open at one host, whose greeting is given; the resolver answers over UDP and not over TCP,
    and does not validate; the rest was not come to."""
    journal = MachineJournal(MachineRequest(), "2026-11-29T12:00:00.000Z")
    journal.hostname = journal.helo = "mail.sender.example"
    journal.addresses = (ip_address("192.0.2.10"),)
    journal.sources = {4: ip_address("192.0.2.10")}
    journal.nameservers = (SERVER,)
    journal.server = SERVER
    journal.store = TrustStore("/etc/ssl/certs/ca-certificates.crt", 140, is_library=False)
    journal.versions = {"dnspython": "2.9.2"}
    journal.missing = {"resolver": MachineGap.DEADLINE, "names": MachineGap.DEADLINE}
    answer = Answer(CONTROL, Status.ANSWER, ("a.root-servers.net",), provenance=Provenance(SERVER))
    journal.looks += [
        ResolverLook(Trial.ROOT, SERVER, answer, 10, 300, 1232),
        ResolverLook(Trial.PLAIN, SERVER, answer, 10, 300),
        ResolverLook(Trial.TCP, SERVER, Answer(CONTROL, Status.TIMEOUT), 900),
    ]
    reply = Reply(220, None, (greeting,))
    ip = ip_address("203.0.113.10")
    journal.attempts.append(
        ConnectionAttempt("example.net", "mx.example.net", ip, 50, True, reply, EndReason.QUIT, None, 40)
    )
    journal.elapsed_ms = 1234
    return report_of(journal)
