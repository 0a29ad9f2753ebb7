"""The sentences of recordings of format 1, each with its tag in format 2. They never change, whatever the
current words of the program are."""

from __future__ import annotations

import re
from collections.abc import Mapping

from probe._regex import regex

Sentences = tuple[tuple[str, re.Pattern[str]], ...]


def _sentences(**texts: str) -> Sentences:
    """The sentences by tag; fields in braces are those of `_FIELDS`, the rest is literal."""
    return tuple((tag.rstrip("_"), _pattern(text)) for tag, text in texts.items())


def _pattern(text: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", text)
    return regex(
        "".join(_FIELDS[piece] if index % 2 else re.escape(piece) for index, piece in enumerate(pieces)),
        re.DOTALL,
    )


NOT_JUDGED = "not judged: "
SHORTAGES = {
    "this machine allows this process no more open files (raise ulimit -n)": "open_files",
    "this machine has no file descriptor left": "descriptors",
    "this machine has no memory left": "memory",
    "this machine's network has no buffer space left": "network_buffers",
    "this machine has no room left on a disk": "disk",
    "this machine allows this user no more room on a disk": "disk_quota",
    "a disk of this machine fails": "disk_fault",
    "this machine allows this process no more threads (raise ulimit -u, or its container's limit)": "threads",
}
STOPS = {
    "everything planned was asked": "done",
    "the greeting was not 220": "greeting_refused",
    "EHLO was refused": "ehlo_refused",
    "STARTTLS was required, but not offered": "tls_not_offered",
    "STARTTLS was offered, but refused": "tls_refused",
    "the TLS handshake failed": "tls_failed",
    "TLS was required, and the certificate does not verify": "tls_not_verified",
    "the address needs SMTPUTF8, which the server does not offer": "smtputf8_not_offered",
    "the reverse-path was refused": "mail_refused",
    "the server closes the connection (421)": "closing",
    "the server asked for data (3xx), which a probe never sends": "intermediate",
    "a reply could not be understood": "unusable_reply",
    "replies can no longer be paired with commands": "out_of_step",
}
QUESTIONS = {
    "postmaster": (
        "do postmaster, which must work (RFC 5321 4.5.1), and a made-up mailbox get the same answer?"
    ),
    "random": "does a made-up mailbox get the same answer?",
    "null_sender": "is the same recipient refused to the null reverse-path, which no sender's policy covers?",
    "other_mx": "does another mail exchanger of the domain answer the same?",
    "other_family": (
        "does the same server answer the same over the other address family, which has an SPF result, a PTR "
        "and blocklists of its own?"
    ),
    "without_tls": "is the same recipient refused without TLS too?",
}
ADDRESSES = {
    "the unspecified address": "unspecified",
    'an address of "this network" (RFC 791)': "this_network",
    "a private address (RFC 1918)": "private",
    "an address of carrier-grade NAT (RFC 6598)": "carrier_nat",
    "a loopback address": "loopback",
    "a link-local address": "link_local",
    "an address reserved for IETF protocols": "ietf_protocols",
    "a documentation address (RFC 5737)": "documentation",
    "an address of the retired 6to4 relays (RFC 7526)": "relay_6to4",
    "an address for benchmarks (RFC 2544)": "benchmark",
    "a multicast address": "multicast",
    "the broadcast address": "broadcast",
    "a reserved address": "reserved",
    "an address of local NAT64 (RFC 8215)": "local_nat64",
    "a discard address (RFC 6666)": "discard",
    "a Teredo address (RFC 4380)": "teredo",
    "a documentation address (RFC 3849)": "documentation_v6",
    "an address of the 6bone, which was given back (RFC 3701)": "six_bone",
    "a documentation address (RFC 9637)": "documentation_v6_large",
    "a private address (RFC 4193)": "unique_local",
    "a site-local address (RFC 3879)": "site_local",
    "an address where clouds serve machine credentials": "credentials",
    "outside the global unicast range of IPv6": "outside_unicast",
    "an IPv4-mapped address (RFC 4291)": "mapped",
    "not a global address": "not_global",
}
WRAPPINGS = {
    "an IPv4-mapped address": "mapped",
    "a NAT64 address": "nat64",
    "a 6to4 address": "six_to_four",
    "an ISATAP address": "isatap",
}


def _one_of(name: str, texts: Mapping[str, str]) -> str:
    return f"(?P<{name}>{'|'.join(map(re.escape, texts))})"


WRAPPED = regex(rf"{_one_of('outer', WRAPPINGS)} around (?P<inside>[0-9.]+), (?P<kind>.+)")
_END = (
    "(?P<end>quit|closed_by_peer|reset|refused|unreachable|timeout|deadline|too_much_data|not_dialled|"
    "local_error|interrupted)"
)
_FIELDS = {
    "host": r"(?P<host>[^ ]*)",
    "ip": r"(?P<ip>[0-9a-fA-F:.]+)",
    "end": _END,
    "stop": _one_of("stop", STOPS),
    "seconds": r"(?P<seconds>[0-9.]+(?:e[+-]?[0-9]+)?)",
    "most": "(?P<most>[0-9]+)",
    "more": "(?P<more>[0-9]+)",
    "line": "(?P<line>[0-9]+)",
    "shortage": _one_of("shortage", SHORTAGES),
    "address": (
        rf"(?P<address>{'|'.join(map(re.escape, ADDRESSES))}|"
        rf"(?:{'|'.join(map(re.escape, WRAPPINGS))}) around [0-9.]+, .+)"
    ),
    "rtype": "(?P<rtype>[A-Z]+)",
    "experiment": "(?P<experiment>postmaster|random|null_sender|other_mx|other_family|without_tls)",
    "where": r"(?P<where>probe/[\w/]+\.py:[0-9]+)",
    "file": "(?P<where>/etc/resolv\\.conf)",
    "interface": "(?P<error>[^ ]+)",
    "text": "(?P<text>.+)",
    "shown": "(?P<text>'.*')",
}

HELO = _sentences(
    given="given with --helo",
    ptr="forward-confirmed PTR of the address the probe connects from",
    hostname="this host's fully qualified name; its address has no confirmed PTR",
    literal=(
        "address literal; this host has neither a confirmed PTR that names a host nor a fully qualified name"
    ),
    none="this host has no name and no route",
)
OPENED = _sentences(
    planned="the planned question",
    tls_failed="TLS failed; once without",
    not_connected="{host} [{ip}] could not be reached ({end})",
    no_answer="{host} [{ip}] did not come to an answer ({end})",
    no_answer_="{host} [{ip}] did not come to an answer ({stop})",
)
CLOSED = _sentences(
    stop="{stop}",
    no_connection="no connection within {seconds} s",
    no_reply="no reply within {seconds} s",
    deadline="the run's deadline",
    octets="more than {most} octets",
    replies="more than {most} replies that nobody had asked for",
    other_family="cannot be reached from {ip}, an address of the other family",
    not_public="{address}",
    shortage="{shortage}",
)
HANDSHAKE = _sentences(
    deadline="the run's deadline",
    late="no handshake within {seconds} s",
    closed="the server closed the connection during the handshake",
    plaintext="the server went on in the clear",
)
TRUST = _sentences(
    no_certificate="the server showed no certificate",
    unreadable="unreadable certificate: {text}",
    no_alt_name="no subjectAltName",
    no_dns_name="no DNS name in subjectAltName",
    self_signed="self-signed",
    not_issued="no trusted authority issued it",
)
TRUST_NOT_JUDGED = _sentences(
    no_store="this machine has no trust store",
    leaf_only="this Python shows only the server's own certificate, not its chain",
    shortage="{shortage}",
    store_unreadable="this machine's trust store cannot be read: {text}",
)
FETCH = _sentences(
    no_address="the policy host has no address",
    not_public="not fetched: {ip} is {address}",
    nowhere="no address to connect to",
    no_connection="no connection to {ip} within {seconds} s",
    refused="connection refused",
    closed="connection closed by the server",
    late="timed out after {seconds} s",
    tls="TLS failed: {text}",
    not_http="the answer is not HTTP",
    cut_short="the answer ends too early",
    endless="the answer has no end",
    too_large="larger than {most} octets",
    shortage="{shortage}",
)
OPINION = _sentences(
    late="the time ran out",
    no_opinion="no opinion within {seconds} s",
    abandoned="the run went on without it",
    stopped="stopped",
    other_type="it asks for {rtype} records, which this program does not ask for",
    too_many="it asks more than {most} questions",
    shortage="{shortage}",
    not_loaded="checkdmarc cannot be loaded: {shortage}",
    not_loaded_="checkdmarc cannot be loaded: {text}",
    resolver_file="checkdmarc reads /etc/resolv.conf by itself, and cannot: {text}",
    failed="checkdmarc failed: {text}",
)
PARTS = _sentences(
    opinions="opinions",
    sender_policy="sender policy",
    transport_security="transport security",
    sender_address="sender address",
    blocklists="blocklists",
    sessions="sessions",
    session="SMTP session with {host} [{ip}]",
    control="control {experiment}",
    message="message",
    bounce="bounce",
    resolver="{file}",
    resolver_="{file}, line {line}",
)
GAPS = _sentences(
    deadline="the deadline of the run",
    deadline_="the run's deadline",
    interrupted="the run was interrupted",
    failed="it failed inside this program ({text}, at {where}), which is a bug",
    failed_="it failed inside this program ({text}), which is a bug",
    most_sessions="courtesy: at most {most} sessions a run",
    no_turn="courtesy: other checks had {most} sessions with this address until the run's deadline",
    most_controls="courtesy: at most {most} control sessions",
    most_controls_there="courtesy: at most {most} control sessions with one address",
    barred="courtesy: the server bars the probe's address",
    unchanged="not made: whatever it answered, the first cause and the advice would stay the same",
    not_chosen="not made: this program failed to choose an experiment",
    redacted="removed when the recording was redacted",
    shortage="{shortage}",
    no_file="there is no such file",
    file_unreadable="it cannot be read: {text}",
    file_too_large="what follows is not read: the file is larger than {most} octets",
    no_keyword=(
        "{shown} is not read: `nameserver` stands at the beginning of a line, with a space and an address "
        "behind it"
    ),
    no_server="it names no address",
    no_ip="{shown} is no IP address; a name or a port has no place there",
    no_interface="{shown}: this machine has no interface {interface}",
    beyond_first="this server is not asked: the system's own resolver asks the first {most}",
    beyond_first_=(
        "this server and {more} further ones are not asked: the system's own resolver asks the first {most}"
    ),
    more_lines="this line and {more} more name none",
)
