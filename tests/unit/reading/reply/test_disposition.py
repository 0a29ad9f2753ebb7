"""A 250 that says that the message is in no mailbox."""

from __future__ import annotations

import pytest

from probe.reading.reply.disposition import Disposition, disposition, may_tell, telling

DISCARDED, QUARANTINED = Disposition.DISCARDED, Disposition.QUARANTINED


@pytest.mark.parametrize(
    ("reply_text", "expected"),
    [
        ("2.7.0 Ok, discarded, id=01234-05 - spam", DISCARDED),
        ("Virus Detected; Discarded Email", DISCARDED),
        ("2.7.1 Message quarantined as spam", QUARANTINED),
        ("2.0.0 Ok, message held in quarantine", QUARANTINED),
        ("2.0.0 Ok: queued as 4ABC1", None),
        ("2.0.0 message not discarded", None),
        ("2.1.5 Ok, uphold the law", None),
        ("2.0.0 Message delivered to the spam quarantine", QUARANTINED),
        ("2.0.0 Message discarded for all recipients", DISCARDED),
        ("", None),
        # names of hosts and addresses
        ("2.0.0 Ok: queued on mx.quarantine.example as 4ABC1", None),
        ("2.6.0 <discarded@host.example> [InternalId=12] Queued mail for delivery", None),
        ("2.0.0 Ok: queued as discarded-12", None),
        # what only might happen, does not, or happens to something else
        ("2.6.0 Message received and will be quarantined if it fails DMARC", None),
        ("2.0.0 Ok, spam may be discarded later", None),
        ("2.0.0 delivered to inbox; DMARC policy set to quarantine", None),
        ("2.0.0 Ok (discarded=0 quarantined=0)", None),
        ("2.0.0 Message accepted, duplicate discarded", None),
        ("2.0.0 Message accepted, extra headers discarded", None),
        ("2.0.0 Message queued, 0 recipients discarded", None),
        ("2.0.0 message cannot be quarantined", None),
    ],
)
def test_the_words_of_filters_that_take_a_message_and_keep_it(
    reply_text: str, expected: Disposition | None
) -> None:
    assert disposition(reply_text) is expected


@pytest.mark.parametrize(
    ("reply_text", "expected"),
    [
        ("2.0.0 Nachricht wurde in die Quarantäne verschoben", QUARANTINED),
        ("2.0.0 Die Nachricht wurde als Spam verworfen", DISCARDED),
        ("2.7.0 Message mis en quarantaine", QUARANTINED),
        ("2.0.0 Mensaje puesto en cuarentena", QUARANTINED),
        ("2.0.0 Mensagem descartada por conter vírus", DISCARDED),
        ("2.0.0 Messaggio messo in quarantena", QUARANTINED),
        ("2.0.0 Bericht in quarantaine geplaatst", QUARANTINED),
        ("2.0.0 Wiadomość umieszczona w kwarantannie", QUARANTINED),
        ("2.0.0 Zpráva byla přesunuta do karantény", QUARANTINED),
        ("2.0.0 Az üzenet karanténba került", QUARANTINED),
        ("2.0.0 İleti karantinaya alındı", QUARANTINED),
        ("2.0.0 Meddelandet har satts i karantän", QUARANTINED),
        ("2.0.0 Beskeden er sat i karantæne", QUARANTINED),
        ("2.0.0 Viesti siirrettiin karanteeniin", QUARANTINED),
        ("2.0.0 Mesajul a fost pus în carantină", QUARANTINED),
        ("2.0.0 Письмо помещено в карантин", QUARANTINED),
        ("2.0.0 Письмо уничтожено", DISCARDED),
        ("2.0.0 Лист переміщено до карантину", QUARANTINED),
        ("2.0.0 Το μήνυμα τέθηκε σε καραντίνα", QUARANTINED),
        ("2.0.0 邮件已放入隔离区", QUARANTINED),
        ("2.0.0 郵件已被隔離", QUARANTINED),
        ("2.0.0 邮件已被丢弃", DISCARDED),
        ("2.0.0 メールは隔離されました", QUARANTINED),
        ("2.0.0 メールは破棄されました", DISCARDED),
        ("2.0.0 메일이 격리되었습니다", QUARANTINED),
        ("2.0.0 Thư đã bị cách ly", QUARANTINED),
        ("2.0.0 Pesan telah dikarantina", QUARANTINED),
        ("2.0.0 تم وضع الرسالة في الحجر", QUARANTINED),
        # not done, only possible, or done to something else
        ("2.0.0 Nachricht wurde nicht verworfen", None),
        ("2.0.0 Nachricht angenommen, Anhang in Quarantäne", None),
        ("2.0.0 Nachricht kommt in die Quarantäne wenn sie als Spam erkannt wird", None),
        ("2.0.0 Le message n'a pas été mis en quarantaine", None),
        ("2.0.0 Mensaje aceptado, copia descartada", None),
        ("2.0.0 Письмо не помещено в карантин", None),
        ("2.0.0 邮件未被隔离", None),
        ("2.0.0 附件已被丢弃", None),
        ("2.0.0 メールは破棄されませんでした", None),
        ("2.0.0 메일이 격리되지 않았습니다", None),
        ("2.0.0 Политика: письмо принято", None),
        ("2.0.0 Сообщение принято к доставке", None),
        ("2.0.0 消息已接收", None),
        ("2.0.0 Ok: in Warteschlange als verworfen-12", None),
    ],
)
def test_the_words_in_other_languages(reply_text: str, expected: Disposition | None) -> None:
    assert disposition(reply_text) is expected


def test_of_many_texts_those_are_found_that_each_by_itself_would_be() -> None:
    texts = [
        "2.0.0 Ok: queued",
        "2.0.0 Ok, Discarded",
        "2.0.0 \u062d\u062c\u0631",
        "2.0.0 sc",
        "arcely read",
        "",
    ]
    assert telling(texts) == frozenset(filter(may_tell, texts)) == {texts[1], texts[2]}
    assert telling(texts[3:]) == telling([]) == frozenset()
