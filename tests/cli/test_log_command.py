"""`smtp-probe log`: files and streams, filters, formats, exit codes."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from probe.cli.log_inputs import CHUNK
from probe.cli.main import run
from probe.report.schema import log_schema
from tests.cli.command import smtp_probe
from tests.unit.maillog.made import bounced, deferred, sent

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / "fixtures" / "logs"
POSTFIX = str(LOGS / "postfix-bsd.log")
GREY = "450 4.7.1 Greylisted"
GONE = "550 5.1.1 user unknown"


def reported(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    """The JSON report, which is valid against its schema."""
    assert run(("log", *arguments, "--format", "json")) == code
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    Draft202012Validator(log_schema()).validate(result)
    return result


def written(folder: Path, *lines: str, name: str = "mail.log") -> str:
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", sorted(path.stem for path in LOGS.glob("*.log")))
def test_every_kind_of_log_is_reported(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    result = reported(capsys, str(LOGS / f"{name}.log"))
    totals = result["totals"]
    assert totals["messages"] + totals["held"] + totals["queued"] + totals["local"] > 0
    parts = ("sent", "deferred", "bounced", "expired", "removed")
    assert totals["messages"] == sum(totals[part] for part in parts)
    failing = [group for group in result["groups"] if group["messages"]]
    assert sum(group["messages"] for group in failing) == totals["messages"] - totals["sent"]
    for group in failing:
        assert (
            sum(it["messages"] for it in group["domains"]) + group["other_domains"]
            == group["messages"] + (group["cured"])
        )


@pytest.mark.parametrize("form", ["text", "markdown", "csv", "json", "jsonl"])
def test_every_format_hides_local_parts_unless_they_are_asked_for(form: str) -> None:
    hidden = smtp_probe("log", POSTFIX, "--format", form, "-v")
    result = smtp_probe("log", POSTFIX, "--format", form, "-v", "--addresses")
    assert hidden.code == result.code == 0 and not hidden.stderr
    for local in ("alice", "bob"):
        assert local not in hidden.stdout
        assert local in result.stdout


def test_a_queue_listing_on_stdin_says_what_waits_now() -> None:
    data = (LOGS / "queue-postqueue.log").read_bytes()
    result = smtp_probe("log", "-", stdin=data)
    assert result.code == 0 and "wait in the queue now" in result.stdout
    assert "Connection refused" in result.stdout and "log - --queue-id" in result.stdout


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_are_read_by_what_they_hold(pack: Any, tmp_path: Path) -> None:
    data = Path(POSTFIX).read_bytes()
    packed = tmp_path / "mail.log.1"
    packed.write_bytes(pack(data))
    plain = tmp_path / "plain"
    plain.write_bytes(data)
    by_stdin = smtp_probe("log", "-", "--format", "csv", stdin=packed.read_bytes())
    first, second = (smtp_probe("log", str(path), "--format", "csv") for path in (packed, plain))
    assert first.code == by_stdin.code == 0
    assert [row.rpartition(",")[0] for row in first.stdout.splitlines()] == [
        row.rpartition(",")[0] for row in second.stdout.splitlines()
    ]
    assert len(by_stdin.stdout.splitlines()) == len(second.stdout.splitlines())


def test_zstd_without_its_extra_names_it(tmp_path: Path) -> None:
    path = tmp_path / "mail.log.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(20))
    result = smtp_probe("log", str(path))
    assert result.code == 2
    try:
        import zstandard  # noqa: F401
    except ImportError:
        assert "smtp-probe[zstd]" in result.stderr and result.stderr.count("\n") == 1


def test_a_damaged_archive_gives_what_stands_before_the_damage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mail.log.gz"
    path.write_bytes(gzip.compress(Path(POSTFIX).read_bytes())[:-2000])
    assert run(("log", str(path), "--format", "json")) == 2
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert result["files"][0]["problem"] and result["totals"]["messages"] > 10
    assert "it was cut" in err and err.count("\n") == 1


def test_rotated_files_are_read_in_the_order_of_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = written(tmp_path, deferred(GREY, at="02:00:00"), name="mail.log.1")
    new = written(tmp_path, sent(at="02:10:00"), name="mail.log")
    result = reported(capsys, new, old)
    assert result["totals"]["cured"] == 1 and result["totals"]["deferred"] == 0
    assert [it["name"] for it in result["files"]] == [old, new]


def test_a_file_that_is_given_twice_is_read_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, sent())
    (tmp_path / "again.log").hardlink_to(path)
    assert reported(capsys, path, path, str(tmp_path / "again.log"))["totals"]["messages"] == 1


def test_filters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arrived = "Nov 29 02:59:00 mail postfix/qmgr[1]: {}: from=<{}>, size=1, nrcpt=1 (queue active)"
    path = written(
        tmp_path,
        arrived.format("ABCDEF1234", "al@a.example"),
        bounced(GONE, "ABCDEF1234", "bob@b.example", at="03:00:00"),
        arrived.format("BCDEFA1234", ""),
        bounced(GONE, "BCDEFA1234", "carol@C.example", at="04:00:00"),
        sent("CDEFAB1234", "dan@d.example", at="05:00:00"),
    )

    def bounces(*arguments: str) -> int:
        count: int = reported(capsys, path, *arguments)["totals"]["bounced"]
        return count

    assert bounces() == 2
    assert bounces("--sender", "AL@a.example") == bounces("--sender", "a.example") == 1
    assert bounces("--sender", "<>") == 1
    assert bounces("--recipient", "carol@c.example") == bounces("--domain", "c.example") == 1
    assert bounces("--queue-id", "ABCDEF1234") == 1 and bounces("--queue-id", "CDEFAB1234") == 0
    year = reported(capsys, path)["first_at"][:4]
    assert bounces("--since", f"{year}-11-29 03:30") == 1
    assert bounces("--until", f"{year}-11-29 03:30") == 1
    assert bounces("--status", "sent") == 0 and bounces("--status", "bounced") == 2
    assert reported(capsys, path, "--status", "sent")["totals"]["messages"] == 1


def test_one_message_has_its_history(tmp_path: Path) -> None:
    path = written(tmp_path, deferred(GREY, at="03:00:00"), deferred(GREY, "FFFFFF1234"), sent(at="03:09:00"))
    text = smtp_probe("log", path, "--queue-id", "ABCDEF1234").stdout
    assert "What happened to the message" in text and "03:00:00  deferred" in text
    assert "03:09:00  sent" in text and "FFFFFF1234" not in text


def test_a_message_that_was_taken_and_discarded_is_not_told_as_delivered(tmp_path: Path) -> None:
    thrown_away = sent().replace("250 2.0.0 Ok", "250 2.7.0 Ok, discarded, id=05 - spam")
    of_one = written(tmp_path, thrown_away)
    text = smtp_probe("log", of_one, "--queue-id", "ABCDEF1234").stdout
    assert "\nTAKEN  by these words it was discarded and is in no mailbox: ask who runs that server\n" in text
    assert "DELIVERED" not in text
    path = written(tmp_path, thrown_away, sent(to="carol@b.example"))
    text = smtp_probe("log", path, "--queue-id", "ABCDEF1234").stdout
    assert "TAKEN  1 of 2 messages was taken and reaches nobody; 50 % delivered" in text
    assert "by these words it was discarded" in text


def test_with_addresses_the_next_line_is_the_live_check(tmp_path: Path) -> None:
    arrived = (
        "Nov 29 02:59:00 mail postfix/qmgr[1]: ABCDEF1234: from=<al@a.example>, size=1, "
        "nrcpt=1 (queue active)"
    )
    path = written(tmp_path, arrived, bounced("554 5.7.1 no", "ABCDEF1234", "bob@b.example"))
    assert f"smtp-probe log {path} --queue-id ABCDEF1234" in " ".join(
        smtp_probe("log", path).stdout.replace("\\\n", " ").split()
    )
    assert "smtp-probe check -- al@a.example bob@b.example" in smtp_probe("log", path, "--addresses").stdout


def test_lines_that_were_not_understood_are_kept(tmp_path: Path) -> None:
    odd = "Nov 29 03:00:00 mail postfix/smtp[1]: ABCDEF1234: to=<x@b.example>, status=sent"
    path = written(tmp_path, sent(), odd)
    rest = tmp_path / "kept.log"
    result = smtp_probe("log", path, "--unparsed", str(rest))
    assert result.code == 0 and rest.read_text() == f"{odd}\n" and "--unparsed FILE" in result.stdout


def test_the_state_file_tells_what_is_new_gone_and_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = str(tmp_path / "state")
    path = written(tmp_path, bounced(GONE, "ABCDEF1234", at="01:00:00"))
    alert = ("--state", state, "--alert-on", "new")
    assert reported(capsys, path, *alert)["news"]["previous_at"] is None
    assert reported(capsys, path, *alert)["news"]["new"] == 0
    written(
        tmp_path,
        bounced(GONE, "ABCDEF1234", at="01:00:00"),
        bounced("552 5.2.2 Mailbox full", "ABCDEF1235", at="02:00:00"),
    )
    result = reported(capsys, path, *alert, code=1)
    assert result["news"]["new"] == 1 and [it["title"] for it in result["news"]["gone"]] == [
        "this mailbox does not exist"
    ]
    assert {it["cause"]: it["since_last"] for it in result["groups"]}["mailbox_full"] == "new"
    assert Path(state).stat().st_mode & 0o777 == 0o600


def test_alert_on_any(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad, grey = written(tmp_path, bounced(GONE)), written(tmp_path, deferred(GREY), name="grey.log")
    reported(capsys, bad, "--alert-on", "any", code=1)
    reported(capsys, grey, "--alert-on", "any", code=0)
    reported(capsys, bad, code=0)


def test_several_files_at_once_give_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.bench.logs_made import postfix

    rows = list(postfix(3000))
    for number in range(3):
        (tmp_path / f"mail.log.{3 - number}").write_bytes(
            b"".join(rows[number * 1000 : number * 1000 + 1000])
        )
    names = [str(tmp_path / f"mail.log.{number}") for number in (1, 2, 3)]
    one = reported(capsys, *names)
    assert reported(capsys, *names, "--jobs", "2") == one and one["totals"]["cured"] > 5


def test_a_login_refused_in_the_block_before_is_known_to_each_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begins = [f"2026-11-29 03:00:00 1xXv{number:02d}-{number:06d}-1W" for number in range(60)]
    host = "H=smtp.b.example [192.0.2.25]"
    logins = [f"{begin} plain authenticator failed {host} 535 5.7.8 Password has expired" for begin in begins]
    failures = [
        f"{begin} ** bob@b.example R=smart T=out {host}: SMTP error from remote mail server after "
        "RCPT TO:<bob@b.example>: 550 5.7.1 Relaying denied"
        for begin in begins
    ]
    path = tmp_path / "mainlog"
    path.write_text("\n".join([*logins, "." * (CHUNK - 2_000), *failures, ""]), encoding="ascii")
    one = reported(capsys, str(path), "--log-format", "exim")
    assert [group["cause"] for group in one["groups"]] == ["smtp_auth_required"]
    assert reported(capsys, str(path), "--log-format", "exim", "--jobs", "2") == one


def test_the_table_is_a_sheet_without_formulas(tmp_path: Path) -> None:
    path = written(tmp_path, bounced("=1+1 550 x", "ABCDEF1234", "bob@b.example"))
    rows = list(csv.reader(io.StringIO(smtp_probe("log", path, "--format", "csv").stdout)))
    assert len(rows) == 2 and not any(cell.startswith(("=", "+", "-", "@")) for cell in rows[1])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("/nonexistent",), "cannot read /nonexistent"),
        ((str(LOGS),), "is a directory"),
        ((POSTFIX, "--log-format", "pigeon"), "--log-format: 'pigeon' is not one of postfix"),
        ((POSTFIX, "--since", "soon"), "--since"),
        ((POSTFIX, "--status", "lost"), "--status"),
        ((POSTFIX, "--alert-on", "new"), "--state"),
        ((POSTFIX, "--jobs", "0.5"), "--jobs"),
        ((POSTFIX, "--follow", "-"), "--follow"),
        ((POSTFIX, "--format", "html5"), "--format"),
        ((POSTFIX, "--state", "/nonexistent/state"), "--state"),
        ((str(ROOT / "LICENSE"),), "no line of a known mail log"),
    ],
)
def test_bad_input_is_one_clear_line(arguments: tuple[str, ...], says: str) -> None:
    result = smtp_probe("log", *arguments)
    assert result.code == 2 and says in result.stderr and result.stderr.count("\n") == 1


def test_a_log_in_utf_16_is_named_as_one(tmp_path: Path) -> None:
    """As PowerShell redirects the output of Get-MessageTrackingLog."""
    log = tmp_path / "tracking.log"
    log.write_bytes((LOGS / "exchange.log").read_text("utf-8").encode("utf-16"))
    result = smtp_probe("log", str(log))
    assert result.code == 2 and "is UTF-16; convert it first: iconv" in result.stderr
    assert result.stderr.count("\n") == 1 and result.stdout == ""


@pytest.mark.parametrize(
    "text",
    [
        "__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1775117472123456\nMESSAGE=4Xk1: removed\n\n",
        "Thu 2026-04-02 10:11:12.123456 CEST [s=1;i=2]\n    _PID=2211\n    MESSAGE=4Xk1: removed\n",
        '{\n\t"_PID" : "2211",\n\t"MESSAGE" : "4Xk1: removed"\n}\n',
    ],
)
def test_what_journalctl_writes_in_several_lines_is_named_as_that(text: str, tmp_path: Path) -> None:
    log = tmp_path / "journal.txt"
    log.write_text(text)
    result = smtp_probe("log", str(log))
    assert result.code == 2 and result.stderr.endswith("use: journalctl -o json\n")
    assert result.stderr.count("\n") == 1 and result.stdout == ""


def test_a_pipe_with_a_name_is_read_once_and_whole(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["sh", "-c", f"cat {POSTFIX} > {pipe}"]):
        result = smtp_probe("log", str(pipe), "--format", "csv")
    plain = smtp_probe("log", POSTFIX, "--format", "csv")
    assert result.code == 0 and len(result.stdout.splitlines()) == len(plain.stdout.splitlines())


def test_the_log_itself_is_never_written_over(tmp_path: Path) -> None:
    path = written(tmp_path, sent())
    result = smtp_probe("log", path, "--unparsed", path)
    assert result.code == 2 and "--unparsed" in result.stderr and Path(path).read_text() == f"{sent()}\n"


def test_a_state_file_that_is_none_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("keep me " * 200)
    result = smtp_probe("log", POSTFIX, "--state", str(other))
    assert result.code == 2 and "--state" in result.stderr and other.read_text().startswith("keep me")


def test_nothing_observed_is_4(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(b"")
    result = smtp_probe("log", str(tmp_path / "mail.log"))
    assert result.code == 4 and "NOTHING SEEN" in result.stdout


@pytest.mark.parametrize(
    "option", [("--queue-id", "NONE"), ("--domain", "elsewhere.example"), ("--status", "bounced")]
)
def test_what_matches_nothing_is_not_told_as_a_log_without_deliveries(
    option: tuple[str, str], tmp_path: Path
) -> None:
    text = smtp_probe("log", written(tmp_path, sent()), *option).stdout
    assert "NOTHING SEEN  nothing in the log matches what was asked for" in text


def test_a_file_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    result = smtp_probe("log", POSTFIX, "/nonexistent")
    assert result.code == 2 and "did not get through" in result.stdout and result.stderr.count("\n") == 1


def test_a_stamp_without_a_zone_is_of_the_summer_time_that_it_was_written_in(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(deferred("450 4.7.1 Greylisted").replace("Nov 29 03:00:00", "Jul 10 12:00:00") + "\n")
    os.utime(log, (1783764000, 1783764000))  # 11 July 2026
    zone = {"TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}
    result = json.loads(smtp_probe("log", str(log), "--format", "json", env=zone).stdout)
    assert (result["first_at"], result["utc_offset_s"]) == ("2026-07-10T10:00:00Z", 7200)
    assert "10 Jul 12:00" in smtp_probe("log", str(log), env=zone).stdout
    by_facts = ("--since", "2026-07-10 11:30", "--until", "2026-07-10 12:30")
    assert json.loads(smtp_probe("log", str(log), *by_facts, "--format", "json", env=zone).stdout)["groups"]


def test_an_archive_that_is_damaged_from_its_beginning_is_said_to_be(tmp_path: Path) -> None:
    archive = tmp_path / "mail.log.gz"
    archive.write_bytes(b"\x1f\x8b\x08\x00" + bytes(range(200)))
    outcome = smtp_probe("log", str(archive))
    assert outcome.code == 2 and "archive is damaged" in outcome.stderr


def test_mail_that_stands_behind_many_lines_of_other_programs_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    others = [
        f"Nov 29 02:{n // 60 % 60:02}:{n % 60:02} mail kernel: usb {n}: new device" for n in range(2500)
    ]
    name = written(tmp_path, *others, sent(), bounced(GONE, "ABCDEF1235"))
    assert reported(capsys, name)["totals"]["messages"] == 2


OF_SEVERAL = (
    "Nov 29 02:31:04 host=mx.b.example tls=off auth=off from=a@a.example "
    "recipients=erika@b.example,jonas@b.example smtpstatus=550 smtpmsg='550 5.1.1 No such user: jonas' "
    "errormsg='recipient address jonas@b.example not accepted by the server' exitcode=EX_DATAERR",
    "Nov 29 02:31:04 mail sendmail[9]: 6AT2RDph000102: to=<erika@b.example>,<jonas@b.example>, "
    "delay=00:00:01, xdelay=00:00:00, mailer=esmtp, pri=1, relay=mx.b.example. [203.0.113.9], dsn=5.1.1, "
    "reply=550 5.1.1 jonas is not here, stat=User unknown",
)


@pytest.mark.parametrize("line", OF_SEVERAL, ids=["msmtp", "sendmail"])
@pytest.mark.parametrize("form", ["text", "json", "jsonl", "markdown", "csv"])
def test_words_about_one_of_several_recipients_name_nobody(
    line: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = written(tmp_path, line)
    assert run(("log", name, "--format", form)) == 0
    out = capsys.readouterr().out
    assert "b.example" in out and "jonas" not in out and "erika" not in out
    assert run(("log", name, "--format", form, "--addresses")) == 0
    assert form == "csv" or "jonas" in capsys.readouterr().out


def test_zstd_is_read_in_frames_and_a_cut_or_damage_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zstandard = pytest.importorskip("zstandard")
    data = Path(POSTFIX).read_bytes()
    half = data.rfind(b"\n", 0, len(data) // 2) + 1
    packed = zstandard.ZstdCompressor().compress
    two = packed(data[:half]) + packed(data[half:])
    plain = reported(capsys, POSTFIX)["totals"]
    for name, octets, lines in (
        ("whole", packed(data), data.count(b"\n")),
        ("frames", two, data.count(b"\n")),
        ("cut", two[:-100], None),
        ("damaged", packed(data[:half]) + b"\xff" * 40, data[:half].count(b"\n")),
    ):
        path = tmp_path / f"{name}.log.zst"
        path.write_bytes(octets)
        result = reported(capsys, str(path))
        (file,) = result["files"]
        assert lines is None or file["lines"] == lines
        assert (result["totals"] == plain) == (name in ("whole", "frames"))
        problem = {"cut": "ends before its end", "damaged": "damaged"}.get(name, "")
        assert problem in file["problem"] and bool(file["problem"]) == bool(problem)


def test_a_zstd_archive_of_which_nothing_is_left_is_named(tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    path = tmp_path / "mail.log.zst"
    path.write_bytes(zstandard.ZstdCompressor().compress(Path(POSTFIX).read_bytes())[:200])
    result = smtp_probe("log", str(path))
    assert (result.code, result.stdout) == (2, "") and "ends before its end" in result.stderr


def test_a_message_is_no_mail_log_and_the_command_for_it_is_named() -> None:
    notice = str(ROOT / "fixtures" / "bounces" / "haraka.eml")
    outcome = smtp_probe("log", notice)
    assert outcome.code == 2
    assert f"a message is read with: smtp-probe bounce {notice}" in outcome.stderr


@pytest.mark.parametrize("queue_id", ["", " ", ":"])
def test_an_empty_queue_id_is_refused(queue_id: str) -> None:
    outcome = smtp_probe("log", POSTFIX, "--queue-id", queue_id)
    assert (outcome.code, outcome.stdout) == (2, "") and "--queue-id: is empty" in outcome.stderr
