"""Mail logs of any length, the same at every call: what the benchmarks and the tests of memory read.

They hold what a server's log holds: clients that come and go, arrivals, deliveries, deferrals that repeat and
are cured or are not, refusals by several operators, and lines of other programs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

_START = datetime(2026, 11, 28, tzinfo=UTC)
_OPERATORS = (
    ("gmail.com", "gmail-smtp-in.l.google.com", "142.250.27.26"),
    ("outlook.com", "outlook-com.olc.protection.outlook.com", "52.101.73.1"),
    ("corp.example", "corp-example.mail.protection.outlook.com", "52.101.68.3"),
    ("yahoo.com", "mta5.am0.yahoodns.net", "67.195.204.77"),
    ("gmx.de", "mx00.emig.gmx.net", "212.227.15.9"),
    ("qq.com", "mx3.qq.com", "203.205.219.57"),
    ("firm.example", "mx1.firm.example", "203.0.113.25"),
)
_REFUSALS = (
    (
        "5.1.1",
        "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 "
        "double-checking the recipient's email address for typos or 550-5.1.1 unnecessary spaces. 550 5.1.1 "
        "https://support.google.com/mail/?p=NoSuchUser {id} - gsmtp",
        "RCPT TO",
    ),
    (
        "5.7.606",
        "550 5.7.606 Access denied, banned sending IP [198.51.100.{n}]. To request removal from this "
        "list please visit https://sender.office.com/ and follow the directions. {id}",
        "RCPT TO",
    ),
    ("5.2.2", "552 5.2.2 <{to}>: Mailbox is full (over quota)", "RCPT TO"),
    ("5.7.1", "554 5.7.1 Message rejected as spam by content filtering, id {id}", "end of DATA"),
)
_DEFERRALS = (
    ("4.7.1", "450 4.7.1 <{to}>: Recipient address rejected: Greylisted for {n} seconds", "RCPT TO"),
    (
        "4.7.28",
        "421-4.7.28 Our system has detected an unusual rate of unsolicited mail originating from "
        "421-4.7.28 your IP address 198.51.100.{n}. To protect our users from spam, "
        "mail sent from 421 4.7.28 "
        "your IP address has been temporarily rate limited. {id} - gsmtp",
        "end of DATA",
    ),
)


class _Made:
    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.at = _START

    def tick(self) -> datetime:
        self.at += timedelta(milliseconds=self.dice.randrange(30))
        return self.at

    def words(self, rows: tuple[tuple[str, str, str], ...], to: str) -> tuple[str, str, str]:
        """What the server of this recipient's domain says; each has two ways of its own."""
        first = len(to.partition("@")[2])
        status, text, command = rows[(first + self.dice.randrange(2)) % len(rows)]
        result = text.format(to=to, n=self.dice.randrange(1, 255), id=f"{self.dice.getrandbits(64):016x}")
        return status, result, command


def postfix(lines: int, seed: int = 1) -> Iterator[bytes]:
    """So many lines of a Postfix log, each with its line feed."""
    items, count = _Made(seed), 0
    while True:
        for text in _postfix_message(items):
            yield text
            count += 1
            if count == lines:
                return


def _postfix_message(items: _Made) -> Iterator[bytes]:
    dice = items.dice
    queue_id = f"{dice.getrandbits(44):011X}"
    domain, host, ip = dice.choice(_OPERATORS)
    to = f"user{dice.randrange(200_000)}@{domain}"
    sender = f"sender{dice.randrange(500)}@example.org"

    def line(program: str, text: str) -> bytes:
        at = items.tick()
        stamp = f"{at:%b} {at.day:2d} {at:%H:%M:%S}"
        return f"{stamp} mail postfix/{program}[{1000 + dice.randrange(400)}]: {text}\n".encode()

    if dice.random() < 0.3:
        yield line(
            "smtpd", f"connect from client{dice.randrange(999)}.example.net[192.0.2.{dice.randrange(255)}]"
        )
    if dice.random() < 0.1:
        yield line(
            "smtpd",
            f"NOQUEUE: reject: RCPT from unknown[192.0.2.{dice.randrange(255)}]: 554 5.7.1 <{to}>: "
            f"Relay access denied; from=<{sender}> to=<{to}> proto=ESMTP helo=<x>",
        )
    yield line(
        "smtpd", f"{queue_id}: client=app{dice.randrange(9)}.example.org[10.0.0.{dice.randrange(255)}]"
    )
    yield line("cleanup", f"{queue_id}: message-id=<{dice.getrandbits(80):020x}@example.org>")
    yield line(
        "qmgr", f"{queue_id}: from=<{sender}>, size={dice.randrange(900, 90000)}, nrcpt=1 (queue active)"
    )
    relay = f"{host}[{ip}]:25"
    roll = dice.random()
    delay = f"delay={dice.random() * 3:.2f}, delays=0.02/0.01/0.3/0.7"
    if roll < 0.12:
        for again in range(dice.randrange(1, 4)):
            if again:
                yield line("qmgr", f"{queue_id}: from=<{sender}>, size=2000, nrcpt=1 (queue active)")
            if dice.random() < 0.2:
                yield line(
                    "smtp",
                    f"{queue_id}: to=<{to}>, relay=none, delay={again * 300}, delays=0/0/30/0, "
                    f"dsn=4.4.1, status=deferred (connect to {host}[{ip}]:25: Connection timed out)",
                )
                continue
            status, text, command = items.words(_DEFERRALS, to)
            yield line(
                "smtp",
                f"{queue_id}: to=<{to}>, relay={relay}, {delay}, dsn={status}, status=deferred "
                f"(host {host}[{ip}] said: {text} (in reply to {command} command))",
            )
    if roll > 0.94:
        status, text, command = items.words(_REFUSALS, to)
        yield line(
            "smtp",
            f"{queue_id}: to=<{to}>, relay={relay}, {delay}, dsn={status}, status=bounced "
            f"(host {host}[{ip}] said: {text} (in reply to {command} command))",
        )
        yield line("bounce", f"{queue_id}: sender non-delivery notification: {dice.getrandbits(44):011X}")
    elif roll > 0.03:
        yield line(
            "smtp",
            f"{queue_id}: to=<{to}>, relay={relay}, {delay}, dsn=2.0.0, "
            f"status=sent (250 2.0.0 OK  {dice.randrange(10**9)} {dice.getrandbits(60):015x} - gsmtp)",
        )
    if roll > 0.03:
        yield line("qmgr", f"{queue_id}: removed")
    yield line(
        "smtpd",
        f"disconnect from app.example.org[10.0.0.{dice.randrange(255)}] ehlo=1 mail=1 rcpt=1 data=1 quit=1",
    )


_TLS = "TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256"
_HEAD = "SMTP error from remote mail server after"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def exim(lines: int, seed: int = 1) -> Iterator[bytes]:
    """So many lines of an Exim main log, each with its line feed."""
    items, count = _Made(seed), 0
    while True:
        for text in _exim_message(items):
            yield text
            count += 1
            if count == lines:
                return


def _exim_message(items: _Made) -> Iterator[bytes]:
    dice = items.dice
    domain, host, ip = dice.choice(_OPERATORS)
    to = f"user{dice.randrange(200_000)}@{domain}"
    sender = f"sender{dice.randrange(500)}@example.org"
    identity = "1x" + "".join(dice.choices(_BASE62, k=4)) + "-" + "".join(dice.choices(_BASE62, k=6)) + "-0A"

    def line(text: str) -> bytes:
        return f"{items.tick():%Y-%m-%d %H:%M:%S} {identity} {text}\n".encode()

    yield line(
        f"<= {sender} H=app{dice.randrange(9)}.example.org [10.0.0.{dice.randrange(255)}] P=esmtps "
        f"X={_TLS} CV=no S={dice.randrange(900, 90000)} "
        f"id={dice.getrandbits(80):020x}@example.org"
    )
    where = f"R=dnslookup T=remote_smtp H={host} [{ip}]"
    roll = dice.random()
    if roll < 0.12:
        for _ in range(dice.randrange(1, 4)):
            if dice.random() < 0.2:
                yield line(f"H={host} [{ip}] Connection timed out")
                yield line(
                    f"== {to} R=dnslookup T=remote_smtp defer (110): Connection timed out H={host} [{ip}]"
                )
            else:
                _, text, _ = items.words(_DEFERRALS[:1], to)
                yield line(
                    f"== {to} R=dnslookup T=remote_smtp defer (-44) H={host} [{ip}] DT=0s: {_HEAD} "
                    f"RCPT TO:<{to}>: "
                    f"{text}"
                )
            if dice.random() < 0.5:
                yield line(
                    f"== {to} R=dnslookup T=remote_smtp defer (-53): retry time not reached for any host "
                    f"for '{domain}'"
                )
    if roll > 0.94:
        _, text, _ = items.words(_REFUSALS[1:3], to)
        yield line(f"** {to} {where} X={_TLS} CV=yes: {_HEAD} RCPT TO:<{to}>: {text}")
    elif roll > 0.03:
        yield line(
            f"=> {to} {where} X={_TLS} CV=yes K "
            f'C="250 2.0.0 OK  {dice.randrange(10**9)} {dice.getrandbits(60):015x} - gsmtp"'
        )
    if roll > 0.03:
        yield line("Completed")
