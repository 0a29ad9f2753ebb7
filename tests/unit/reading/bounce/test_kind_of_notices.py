"""What mail systems write to a user of theirs is no bounce, whoever its sender is."""

from __future__ import annotations

import pytest

from probe.bounces import read_bounces
from probe.reading.bounce.results import NoticeKind

HEAD = "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mail.example.com>\nTo: bob@example.com\n"
TYPE = "Content-Type: text/plain; charset=utf-8\n\n"


def _kind(subject: str, text: str) -> NoticeKind:
    (result,) = read_bounces(f"{HEAD}Subject: {subject}\n{TYPE}{text}\n".encode())
    return result.notice.kind


@pytest.mark.parametrize(
    "text",
    [
        "Your mailbox on the server is now more than 90% full. New mail will be rejected when it is full.",
        "Your mailbox is now 95% full.\n\nWhen it exceeds its quota, mail is not accepted.",
        "Your mailbox bob@example.com has reached 95% of its quota. New messages will be rejected.",
        "Your mailbox is almost full. Mail for you could soon be rejected.",
        "Your mailbox can no longer send or receive messages. It is over quota.",
        "Ihr Postfach bob@example.com ist zu 95 % belegt. Mail wird dann nicht zugestellt.",
        "Votre boîte est pleine à 95 %. Les messages seront non remis.",
        "Su buzón está casi lleno. No se podrá entregar más correo: no se puede entregar.",
        "The following messages were held as spam and rejected:\n\n  1. mallory@example.org  You won",
        "To release these messages open the page below; they were not delivered to you.",
        "Your message was successfully delivered to the destination(s) listed below.\n\n<a@x.test>: 250 OK",
        "The message that you sent was delivered to the following:\n\n  alice@example.net",
    ],
)
def test_a_notice_to_a_user_is_no_bounce(text: str) -> None:
    for subject in ("Mail quota warning", "Message status", "Delivery report"):
        assert _kind(subject, text) is NoticeKind.OTHER


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<a@example.net>: 552 5.2.2 your mailbox is full", NoticeKind.BOUNCE),
        ("Your message was delivered to the following:\n\n<c@example.net>: 550 5.1.1 User unknown",
         NoticeKind.BOUNCE),
        ("Could not deliver to a@example.net. We will retry for 46 more hours.", NoticeKind.DELAY),
        ("Could not deliver to a@example.net. We will retry for 46 more hours. You'll be notified if\n"
         "the delivery fails permanently.", NoticeKind.DELAY),
        ("Could not deliver to a@example.net: it failed permanently. We will retry for no reason.",
         NoticeKind.BOUNCE),
        ("Could not deliver to a@example.net. The server said that it will retry for 2 days; it has failed\n"
         "permanently.", NoticeKind.BOUNCE),
    ],
)  # fmt: skip
def test_a_notice_on_ones_own_message_is_what_it_says(text: str, kind: NoticeKind) -> None:
    assert _kind("Delivery Status Notification", text) is kind


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Ihre Sendung konnte nicht zugestellt werden", "Sendung 4711: niemand wurde angetroffen."),
        ("Your parcel could not be delivered", "Nobody was at home; the recipient is unknown there."),
        ("Zustellung", "Anbei eine Zustellung, deren Annahme nicht abgelehnt werden kann."),
    ],
)
def test_what_applications_send_from_the_null_path_names_no_mailbox(subject: str, text: str) -> None:
    head = f"Return-Path: <>\nFrom: Parcels <info@parcel.example>\nTo: bob@example.com\nSubject: {subject}\n"
    (result,) = read_bounces(f"{head}{TYPE}{text}\n".encode())
    assert (result.notice.kind, result.notice.layout) == (NoticeKind.OTHER, "")
    (result,) = read_bounces(f"{head}{TYPE}{text}\n\n<alice@example.net>: 550 5.1.1 unknown\n".encode())
    assert result.notice.kind is NoticeKind.BOUNCE


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("noreply@parcel.example", "Your parcel could not be delivered", "Write to help@parcel.example."),
        (
            "info@parcel.example",
            "Zustellung fehlgeschlagen",
            "Ihre Sendung kam nicht an: hilfe@parcel.example",
        ),
        ("orders@shop.example", "Delivery failed", "Hello bob@example.com, nobody was there."),
    ],
)
def test_an_application_names_its_own_address_and_the_readers(sender: str, subject: str, text: str) -> None:
    head = f"Return-Path: <>\nFrom: {sender}\nTo: bob@example.com\nSubject: {subject}\n{TYPE}"
    (result,) = read_bounces(f"{head}{text}\n".encode())
    assert result.notice.kind is NoticeKind.OTHER
    (result,) = read_bounces(f"{head}{text} alice@example.net could not be reached.\n".encode())
    assert result.notice.kind is NoticeKind.BOUNCE


@pytest.mark.parametrize(
    "text",
    [
        "Your post\n\n    undeliverable mail\n\nis being held until a moderator approves it.",
        "Your post was held for approval by the moderators; it was not delivered yet.",
        "Your message awaits moderation. It was not delivered.",
    ],
)
def test_a_message_that_a_list_holds_is_no_bounce(text: str) -> None:
    head = "Return-Path: <>\nFrom: list-bounces@lists.example\nTo: bob@example.com\nSubject: Your post\n"
    (result,) = read_bounces(f"{head}{TYPE}{text}\n".encode())
    assert result.notice.kind is NoticeKind.OTHER


@pytest.mark.parametrize(
    "text",
    [
        "Il Suo messaggio non è stato consegnato a:",
        "Vaše zpráva nebyla doručena tomuto příjemci:",
        "Съобщението Ви не беше доставено до:",
        "Vaša poruka nije isporučena primaocu:",
        "Vaše sporočilo ni bilo dostavljeno prejemniku:",
        "İletiniz şu alıcıya teslim edilmedi:",
        "Ditt meddelande levererades inte till:",
        "Din besked blev ikke leveret til:",
        "Viestiäsi ei toimitettu vastaanottajalle:",
        "Jūsu vēstule netika piegādāta:",
        "Jūsų laiškas nebuvo pristatytas gavėjui:",
        "El vostre missatge no s'ha pogut lliurar a:",
        "Το μήνυμά σας δεν παραδόθηκε στον:",
        "ההודעה שלך לא נמסרה אל:",
        "لم يتم تسليم رسالتك إلى:",
        "پیام شما به این نشانی تحویل داده نشد:",
        "ไม่สามารถส่งอีเมลของคุณถึง",
        "Pesan Anda tidak dapat dikirim ke:",
    ],
)
def test_what_was_not_delivered_is_a_bounce_in_many_languages(text: str) -> None:
    assert _kind("1", f"{text}\n\nalice@example.net") is NoticeKind.BOUNCE
