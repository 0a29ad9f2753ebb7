"""The lab's mail server, spoken to by hand."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from probe.lab import certificates
from probe.lab.scenario import Rule, Smtp, Tls
from probe.lab.smtp_server import LINE_LIMIT, Log, serve_smtp


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def reply(self) -> list[str]:
        lines = []
        while True:
            lines.append((await self.reader.readline()).decode().rstrip("\r\n"))
            if lines[-1][3:4] != "-":
                return lines

    async def say(self, line: str) -> list[str]:
        self.writer.write(f"{line}\r\n".encode())
        return await self.reply()

    async def code(self, line: str) -> str:
        return (await self.say(line))[-1][:3]


def policy(*rules: Rule, extensions: tuple[str, ...] = ("8BITMIME",)) -> Smtp:
    return Smtp("mx.test", ("220 mx.test ESMTP",), extensions, Tls.NONE, rules)


@asynccontextmanager
async def client(
    smtp: Smtp, context: ssl.SSLContext | None = None, log: Log | None = None
) -> AsyncIterator[Client]:
    async with serve_smtp(smtp, context, log or Log()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        yield Client(reader, writer)
        writer.close()


async def test_a_whole_session_is_accepted_where_no_rule_applies() -> None:
    log = Log()
    async with client(policy(), log=log) as it:
        assert await it.reply() == ["220 mx.test ESMTP"]
        assert await it.say("EHLO probe.test") == ["250-mx.test", "250 8BITMIME"]
        assert await it.code("MAIL FROM:<bob@a.test>") == "250"
        assert await it.code("RCPT TO:<alice@b.test>") == "250"
        assert await it.code("RSET") == "250"
        assert await it.code("QUIT") == "221"
        assert await it.reader.read() == b""
    assert log.sessions == 1
    assert log.commands["RCPT"] == 1


@pytest.mark.parametrize("verb", ["DATA", "BDAT 3 LAST"])
async def test_no_message_is_ever_taken_and_the_attempt_is_counted(verb: str) -> None:
    log = Log()
    async with client(policy(), log=log) as it:
        await it.reply()
        for line in ("EHLO probe.test", "MAIL FROM:<>", "RCPT TO:<alice@b.test>"):
            await it.say(line)
        assert await it.code(verb) == "502"
    assert log.data_commands == 1


async def test_the_first_fitting_rule_answers_with_its_blanks_filled_in() -> None:
    rules = (
        Rule("rcpt", ("550 5.1.1 <{recipient}> from <{sender}> at {client} ({helo})",), recipient="alice@*"),
        Rule("rcpt", ("450 4.2.0 later",), sender="*@a.test"),
    )
    async with client(policy(*rules)) as it:
        await it.reply()
        await it.say("EHLO probe.test")
        await it.say("MAIL FROM:<Bob@A.test>")
        expected = "550 5.1.1 <Alice@b.test> from <Bob@A.test> at 127.0.0.1 (probe.test)"
        assert await it.say("RCPT TO:<Alice@b.test>") == [expected]
        assert await it.code("RCPT TO:<carol@b.test>") == "450"
        await it.say("RSET")
        await it.say("MAIL FROM:<>")
        assert await it.code("RCPT TO:<carol@b.test>") == "250"


async def test_a_reply_of_several_lines_and_a_hang_up() -> None:
    rule = Rule("mail", ("421-4.7.0 too much", "421 4.7.0 good bye"), closes=True)
    async with client(policy(rule)) as it:
        await it.reply()
        await it.say("EHLO probe.test")
        assert await it.say("MAIL FROM:<>") == ["421-4.7.0 too much", "421 4.7.0 good bye"]
        assert await it.reader.read() == b""


async def test_a_rule_can_refuse_at_the_greeting() -> None:
    async with client(policy(Rule("greeting", ("554 5.7.1 not you, {client}",)))) as it:
        assert await it.reply() == ["554 5.7.1 not you, 127.0.0.1"]


async def test_commands_out_of_order_or_shape_are_refused_as_such() -> None:
    async with client(policy()) as it:
        await it.reply()
        assert await it.code("MAIL FROM:<>") == "503"
        await it.say("HELO probe.test")
        assert await it.code("RCPT TO:<alice@b.test>") == "503"
        assert await it.code("MAIL FROM:bob") == "501"
        assert await it.code("MAIL") == "501"
        assert await it.code("STARTTLS") == "502"
        assert await it.code("VRFY alice") == "500"


async def test_an_announced_size_above_the_limit_is_refused_at_mail() -> None:
    async with client(policy(extensions=("SIZE 1000",))) as it:
        await it.reply()
        await it.say("EHLO probe.test")
        assert await it.code("MAIL FROM:<> SIZE=1001") == "552"
        assert await it.code("MAIL FROM:<> SIZE=1000") == "250"


async def test_a_line_without_an_end_ends_the_session_and_nothing_else() -> None:
    log = Log()
    async with serve_smtp(policy(), None, log) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        writer.write(b"x" * (4 * LINE_LIMIT))
        assert await reader.read() == b""
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.readline()).startswith(b"220")
        writer.close()
    assert log.sessions == 2


async def test_starttls_hides_the_past_and_rules_can_ask_for_it(tmp_path: Path) -> None:
    root = certificates.authority()
    context = certificates.server_context(certificates.issue(Tls.VALID, ("mx.test",), root), tmp_path)
    rule = Rule("mail", ("530 5.7.0 Must issue a STARTTLS command first",), encrypted=False)
    async with client(policy(rule), context) as it:
        await it.reply()
        assert "250 STARTTLS" in await it.say("EHLO probe.test")
        assert await it.code("MAIL FROM:<>") == "530"
        assert await it.code("STARTTLS") == "220"
        await it.writer.start_tls(certificates.trusting_context(root), server_hostname="mx.test")
        assert await it.code("MAIL FROM:<>") == "503"
        assert await it.say("EHLO probe.test") == ["250-mx.test", "250 8BITMIME"]
        assert await it.code("MAIL FROM:<>") == "250"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [Tls.EXPIRED, Tls.SELF_SIGNED, Tls.OTHER_NAME, Tls.OUTDATED])
async def test_a_faulty_certificate_is_refused_by_who_verifies(kind: Tls, tmp_path: Path) -> None:
    root = certificates.authority()
    leaf = certificates.issue(kind, ("mx.test",), root)
    context = certificates.server_context(leaf, tmp_path, outdated=kind is Tls.OUTDATED)
    async with client(policy(), context) as it:
        await it.reply()
        await it.say("EHLO probe.test")
        await it.say("STARTTLS")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await it.writer.start_tls(certificates.trusting_context(root), server_hostname="mx.test")
