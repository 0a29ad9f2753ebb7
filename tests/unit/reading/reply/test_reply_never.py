"""No words about the sender's own address or account give up a recipient, in any language."""

from __future__ import annotations

import pytest

from probe.explanation import explain
from probe.knowledge import toml_import
from probe.knowledge.rule_files import VOCABULARY

WORDS = {code: row for code, row in toml_import.load(VOCABULARY)["words"].items() if code != "any"}
_PARTS = " .. "  # an entry in two parts, which needs other words between them


def _retry(text: str) -> str:
    conduct = explain(text).conduct
    return conduct.retry.value if conduct is not None else ""


@pytest.mark.parametrize("code", sorted(WORDS))
@pytest.mark.parametrize("notion", ["sender", "own_account"])
def test_what_does_not_exist_is_the_senders(code: str, notion: str) -> None:
    row = WORDS[code]
    absent = next(word for word in row["absent"] if _PARTS not in word)
    for word in row.get(notion, ()):
        if _PARTS in word:
            continue
        for what in ("", row["address"][0], row["account"][0]):
            text = f"550 {word} {what} {absent}"
            assert _retry(text) != "never", text


@pytest.mark.parametrize(
    "text",
    [
        "550 Das Konto, mit dem Sie senden, gibt es nicht: Ihr Postfach ist unbekannt",
        "550 Le compte utilisé pour l'envoi est inconnu",
        "550 La dirección desde la que envía es desconocida",
        "550 A caixa a partir da qual você envia não existe",
        "550 L'account usato per inviare è sconosciuto",
        "550 De mailbox waarmee u verzendt bestaat niet",
        "550 Twoja skrzynka jest nieznana",
        "550 Ящик для отправки не найден",
        "550 Вашата пощенска кутия не съществува",
        "550 Vaš poštanski sandučić ne postoji",
        "550 Contul dumneavoastră nu există",
        "550 Hesabınız bulunamadı",
        "550 Er brevlåda finns inte",
        "550 Den adresse du sender fra findes ikke",
        "550 Tiliäsi ei ole olemassa",
        "550 Jūsų paskyra neegzistuoja",
        "550 Ο λογαριασμός σας δεν υπάρχει",
        "550 החשבון שלך אינו קיים",
        "550 حسابك غير موجود",
        "550 حساب شما وجود ندارد",
        "550 Hộp thư bạn dùng để gửi không tồn tại",
        "550 ไม่พบบัญชีที่ใช้ส่ง",
        "550 Akun yang digunakan untuk mengirim tidak ditemukan",
        "550 발신 주소가 존재하지 않습니다",
        "550 送信用アカウントが見つかりません",
        "550 来源地址不存在",
        "550 the submitter's mailbox does not exist",
        "550 proxy user unknown",
        "550 abuse mailbox does not exist in your domain",
        "550 user not found in our whitelist",
        "550 the mailbox does not exist at the moment",
        "550 mail is held if the user does not exist",
    ],
)
def test_words_about_the_sender_or_a_program_give_nobody_up(text: str) -> None:
    assert _retry(text) != "never"


@pytest.mark.parametrize(
    "text",
    [
        "550 Η διεύθυνση του παραλήπτη δεν υπάρχει",
        "550 Das Postfach des Empfängers existiert nicht",
        "550 La boîte du destinataire n'existe pas",
        "550 Ящик получателя не существует",
        "550 该邮箱不存在",
        "550 the mailbox does not exist",
    ],
)
def test_words_about_the_recipient_still_do(text: str) -> None:
    assert _retry(text) == "never"
