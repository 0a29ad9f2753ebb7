"""What a server says: replies, the pairing of a dialogue, statuses, extensions, explanations."""
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Iterable

from probe.explanation import explain
from probe.explanation import to_json as explanation_json
from probe.knowledge.enhanced_status import look_up
from probe.model.reply import EnhancedStatus, Stage
from probe.model.text import decode, printable
from probe.reading.reply.unwrap import unwrap
from probe.report.style import Style
from probe.settings import REPLY_LINES_LIMIT, REPLY_SIZE_LIMIT
from probe.standards.smtp.ehlo import parse_extensions
from probe.standards.smtp.reader import ReplyReader, WireReply
from probe.standards.smtp.transcript import Transcript
from tests.fuzz.target import Target, fixtures, quiet, valid_json
from tests.support.explained import explain_lines
from tests.support.rendering import to_markdown, to_text

REPLIES = (
    b"220 mx.example.net ESMTP\r\n",
    b"250-mx.example.net hello\r\n250-SIZE 35882577\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n",
    b"550-5.1.1 no such user\r\n550 5.1.1 here\r\n",
    b"550 #5.1.0 Address rejected.\r\n",
    b"451 4.7.1 Greylisted, try again in 300 seconds\r\n",
    b"250-a\r\n550 b\r\n",
    b"25\r\n2_0 x\r\nHTTP/1.1 400 Bad Request\r\n\r\n",
    b"250 a\r250 b\n250 c\0\x1b[31m\x07\r\n",
    "550 5.7.1 收件人不存在\r\n".encode("gb18030"),
    "550 5.1.1 ящик не найден \u202eevil\r\n".encode(),
    b"354 go on\r\n421 4.3.2 closing\r\n",
    b"250-SIZE 99999999999999999999999\r\n250 AUTH=LOGIN PLAIN\r\n",
)
REPLY_WORDS = (
    b"\r\n", b"\n", b"\r", b"250-", b"250 ", b"550 5.1.1 ", b"421 ", b"\0", b"\xff", b"#5.", b"220 ", b"SIZE ",
)  # fmt: skip
WRAPPED = (
    b"host mx.example.net[192.0.2.1] said: 550 5.1.1 <a@example.net>: user unknown (in reply to RCPT TO command)",
    b"SMTP error from remote mail server after RCPT TO:<a@example.net>: host mx.example.net [192.0.2.1]: 550 no",
    b"Remote host said: 554 5.7.1 blocked using zen.example, see https://bl.example/?ip=192.0.2.1",
    b">>> RCPT To:<a@example.net>\\n<<< 550-5.1.1 no such\\n<<< 550 5.1.1 user\\n>>> DATA\\n<<< 503 need RCPT",
    b"Remote Server returned '<mx.example.net #5.7.1 smtp;550 5.7.1 SPF fail>'",
    b"smtp; 452 4.2.2 The email account is over quota, retry after 2 hours",
    b"status=deferred (connect to mx.example.net[192.0.2.1]:25: Connection timed out)",
    b'{"id": 1, "text": "550 5.1.1 user unknown", "stage": "rcpt", "host": "mx.example.net"}',
    b'{"id": {"a": [1e400]}, "text": "421 busy"}',
    b"Giving up on 192.0.2.1.\nConnected to 192.0.2.1 but sender was rejected.",
    "550 5.7.1 发件人域名 SPF 检查失败 https://例子.测试/?a=1".encode(),
    b"550-5.7.26 unauthenticated\\r\\n550-5.7.26 SPF [example.com] with ip: [192.0.2.1] = did not pass",
)
WRAP_WORDS = (
    b"said: ", b"<<< ", b">>> ", b"(in reply to ", b"550 5.7.1 ", b"host ", b"smtp; ", b"\\n", b"'", b"<", b"[",
    b"user unknown", b"blocked", b"greylist", b"quota", b"SPF", b"DKIM", b"DMARC", b"http://", b"retry in 5 minutes",
    b"spamhaus", b"policy", b"try again later", b"relay", b"too large", b"rate limit", b"listed", b"virus", b"spam",
    b'{"text": "', b"\xe2\x80\xae", b"\x1b[", b"&lt;", b"\xff",
    b"\\303\\274", b"#015#012", b"#303#274", b"=?utf-8?q?", b"=C3=BC", b"\\u00fc", b"^[$B", b"Remote_host_said:_",
    b"\xc3\x83\xc2\xbc", b"Postfach", b"existiert nicht", "用户不存在".encode(), "ящик".encode(),
)  # fmt: skip
_COMMANDS = (
    b"EHLO probe.example\r\n", b"STARTTLS\r\n", b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<c@d.example>\r\n",
    b"RSET\r\n", b"QUIT\r\n", b"HELO probe.example\r\n",
)  # fmt: skip


def read_whole(octets: bytes) -> list[WireReply]:
    """Every reply, the unfinished one at the end included."""
    reader = ReplyReader()
    replies = reader.feed(octets)
    rest = reader.finish()
    return [*replies, rest] if rest else replies


def reply_reader(data: bytes) -> None:
    """How it was cut makes no difference, caps hold, and a faultless reply reads back as itself."""
    octets = data[1:]
    step = max(data[0] % 97 + 1 if data else 1, len(octets) // 50)
    whole = read_whole(octets)
    reader = ReplyReader()
    cut = [reply for at in range(0, len(octets), step) for reply in reader.feed(octets[at : at + step])]
    rest = reader.finish()
    assert whole == ([*cut, rest] if rest else cut)
    assert reader.is_empty
    assert sum(len(reply.raw) for reply in whole) <= len(octets)
    clean = not any(reply.deviations for reply in whole)
    assert not clean or b"".join(reply.raw for reply in whole) == octets
    for read in whole:
        assert len(read.raw) <= REPLY_SIZE_LIMIT and len(read.reply.lines) <= REPLY_LINES_LIMIT
        assert 0 <= read.reply.code <= 999
        assert not read.usable or 200 <= read.reply.code <= 599
        quiet(printable(str(read.reply)))
        if not read.deviations:
            assert read_whole(read.raw) == [read]
        extensions = parse_extensions(read.reply)
        assert extensions.size_limit is None or 0 <= extensions.size_limit < 10**20


def transcript(data: bytes) -> None:
    """Any order of events; 0xFF ends one. A dialogue out of step proves nothing any more."""
    script = Transcript()
    expected = 0
    for at_ms, piece in enumerate(data.split(b"\xff")):
        operation = piece[0] % 12 if piece else 11
        if operation == 0:
            script.connected(at_ms)
            expected += 1
        elif operation <= len(_COMMANDS):
            script.sent(_COMMANDS[operation - 1], at_ms)
            expected += 1
        elif operation == 8:
            script.secured()
        elif operation == 9:
            script.ended()
        else:
            script.received(piece[1:], at_ms)
        assert not (script.out_of_step and script.entries[-1].usable and script.is_waiting)
    assert len(script.entries) == expected
    for entry in script.entries:
        quiet(printable(entry.fragment + entry.sent))
        assert entry.read is None or (entry.answered_ms or 0) >= entry.at_ms
        assert not entry.usable or (entry.reply is not None and 200 <= entry.reply.code <= 599)
        assert len(set(entry.deviations)) == len(entry.deviations)
    for secure in (False, True):
        script.extensions(secure=secure)
    for stage in Stage:
        script.last(stage)


def _dialogues() -> Iterable[bytes]:
    chunks = [b"\x0b" + reply for reply in REPLIES]
    yield b"\xff".join(
        [b"\0", chunks[0], b"\1", chunks[1], b"\3", chunks[4], b"\4", chunks[2], b"\x06", b"\x09"]
    )
    yield b"\xff".join(
        [b"\0", chunks[0], b"\2", b"\x0b220 go\r\n250 x\r\n", b"\x08", b"\1", chunks[1], b"\x09"]
    )
    yield b"\xff".join([b"\0", b"\x0b220-a\r\n22", b"\x0b0 b\r\n250 c\r\n", b"\1", b"\5", chunks[5], b"\x09"])
    yield from (b"\xff".join([b"\0", chunk, b"\1", chunk, b"\4", chunk, b"\x09"]) for chunk in chunks)


def enhanced_status(data: bytes) -> None:
    """What is read is what is written, wherever the status stands."""
    text = decode(data)
    status = EnhancedStatus.parse(text)
    if status is not None:
        assert EnhancedStatus.parse(str(status)) == status
        assert [int(part) for part in text.split(".")] == [status.klass, status.subject, status.detail]
        look_up(status)
    (read,) = read_whole(b"550 " + data.replace(b"\n", b"") + b"\r\n")
    result = read.reply.enhanced_status
    if result is not None:
        assert 2 <= result.klass <= 5 and result.subject <= 999 and result.detail <= 999
        look_up(result)
    if status is not None and text.isascii() and read.usable:
        assert result == status
    for other in unwrap(text).enhanced:
        assert other.klass in {2, 4, 5}
        look_up(other)


def explained(data: bytes) -> None:
    """One reply, in any wrapping: a cause with a probability, quiet in every form, the same each time."""
    stages = (None, Stage.GREETING, Stage.EHLO, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.END_OF_DATA)
    stage = stages[data[0] % len(stages)] if data else None
    text = decode(data[1:])
    explanation = explain(text, stage, "mx.example.net")
    assert explanation == explain(text, stage, "mx.example.net")
    assert explanation.exit_code in {0, 1, 3, 4}
    total = sum(item.probability for item in explanation.ranking)
    assert not explanation.ranking or abs(total - 1) < 1e-6
    valid_json(explanation_json(explanation))
    quiet(to_text(explanation, Style(width=80)))
    quiet(to_markdown(explanation))


def reply_lines(data: bytes) -> None:
    """Lines of a log or of JSON: one result for every line that is not empty, in order."""
    lines = [decode(line) for line in data.split(b"\n")]
    results = explain_lines(lines)
    assert len(results) == sum(1 for line in lines if line.strip())
    for explanation in results:
        row = valid_json(explanation_json(explanation))
        assert row.keys() >= {"id", "reply", "cause", "causes", "action"}
        assert (explanation.reading is None) == bool(explanation.error) == (explanation.exit_code == 2)
        quiet(to_text(explanation, Style(width=80)))


def _wrapped() -> Iterable[bytes]:
    prose = [text[:1500] for text in fixtures("bounces/*.eml")[::4]]
    return [bytes([index % 7]) + text for index, text in enumerate([*WRAPPED, *REPLIES, *prose])]


SMTP_TARGETS = (
    Target("reply-reader", reply_reader, lambda: [b"\2" + reply for reply in REPLIES], REPLY_WORDS, 4096),
    Target("transcript", transcript, _dialogues, (*REPLY_WORDS, b"\xff\0\xff", b"\xff\x0b"), 8192),
    Target(
        "enhanced-status",
        enhanced_status,
        lambda: [b"5.1.1", b"#4.7.0 x", b"2.999.0001", b"5.1.1.1"],
        longest=256,
    ),
    Target("explain", explained, _wrapped, WRAP_WORDS, 10000),
    Target(
        "reply-lines",
        reply_lines,
        lambda: [*WRAPPED, b"\n".join(WRAPPED)],
        (*WRAP_WORDS, b'"stage": "rcpt"', b'"id":'),
    ),
)
