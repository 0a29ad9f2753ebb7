"""`never` deletes an address from a list: it is said only with its ground, and the report names it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.explanation import STAGES, Explanation, explain, to_json
from probe.knowledge import toml_import
from probe.knowledge.rule_files import VOCABULARY
from probe.knowledge.rules import all_rules
from probe.model.evidence import Band
from probe.model.reply import Stage
from probe.report.style import Style
from tests.support.rendering import to_markdown, to_text

RULES = tuple(all_rules())
EXAMPLES = tuple(dict.fromkeys(example.text for rule in RULES for example in rule.examples))
CODES = ("550", "551", "552", "553", "554", "556", "521", "571", "450", "451", "452", "421", "")
STATUSES = ("", "5.1.1", "5.1.2", "5.1.6", "5.1.10", "5.2.1", "5.0.0", "5.7.1", "4.1.1", "4.2.1", "5.4.4")
# Words of which none says that a mailbox or a domain is not there.
OPEN_WORDS = (
    "mailbox unavailable", "mailbox unavailable, try again later", "Recipient rejected",
    "recipient refused", "this server does not handle mail for that user", "Error: no valid recipients",
    "mail transport unavailable", "Invalid recipient: <a@b.example>",
    "I cannot deliver mail for <a@b.example>", "Access denied", "rejected",
    "MAILER-DAEMON: delivery failed", "delivery not possible", "Command rejected", "not accepted",
    "bad recipient", "Previous (cached) callout verification failure",
    "Could not complete recipient verify callout", "user unknown or mailbox full",
    "the account may not exist", "mailbox disabled", "over quota",
    "Sender address rejected: User unknown in local recipient table", "unable to verify recipient",
    "empfänger abgelehnt", "destinataire refusé", "收件人被拒绝", "受信拒否", "destinatario rechazado",
)  # fmt: skip

texts = st.builds(
    lambda code, status, parts: " ".join(part for part in (code, status, *parts) if part),
    st.sampled_from(CODES),
    st.sampled_from(STATUSES),
    st.lists(st.sampled_from(EXAMPLES + OPEN_WORDS), min_size=0, max_size=3),
)
stages = st.sampled_from((None, *STAGES))


def _is_grounded(explained: Explanation) -> bool:
    assert explained.reading is not None and explained.cause is not None
    return any(item.final == explained.cause.id for item in explained.reading.evidence)


def _holds(explained: Explanation) -> None:
    conduct, conclusion = explained.conduct, explained.conclusion
    if conduct is None or conclusion is None or conduct.retry != "never":
        return
    assert explained.cause is not None and explained.cause.id in ("user_unknown", "bad_domain")
    assert explained.band in (Band.STATED, Band.LIKELY)
    assert explained.reading is not None and explained.reading.permanent is not False
    assert _is_grounded(explained)
    assert conclusion.retry_reason
    assert to_json(explained)["retry_reason"] == conclusion.retry_reason
    assert conclusion.retry_reason in " ".join(to_text(explained, Style(width=400)).split())
    assert "never" not in to_markdown(explained) or conclusion.retry_reason[:20] in to_markdown(explained)


@given(texts, stages)
def test_never_has_its_ground_in_composed_replies(text: str, stage: Stage | None) -> None:
    _holds(explain(text, stage))


def test_never_has_its_ground_in_every_example_of_every_rule() -> None:
    for rule in RULES:
        for example in rule.examples:
            for stage in (None, Stage(example.stage) if example.stage else Stage.RCPT, Stage.END_OF_DATA):
                _holds(explain(example.text, stage, example.host))


@pytest.mark.parametrize("words", OPEN_WORDS)
@pytest.mark.parametrize("code", ["550", "550 5.0.0", "550 5.2.1", "553", "554 5.7.1", "450 4.2.0"])
def test_open_words_never_lead_to_never(code: str, words: str) -> None:
    for stage in (None, Stage.RCPT, Stage.MAIL, Stage.DATA, Stage.END_OF_DATA):
        conduct = explain(f"{code} {words}", stage).conduct
        assert conduct is not None and conduct.retry != "never"


@given(texts, stages, st.sampled_from(["try again later", "please retry in 10 minutes", "temporarily"]))
def test_what_passes_is_not_given_up(text: str, stage: Stage | None, passing: str) -> None:
    """A wait that the words name is `later`, or the words ask to mend something first: never `never`."""
    conduct = explain(f"{text} {passing}", stage).conduct
    assert conduct is None or conduct.retry != "never"


@pytest.mark.parametrize("host", ["mx1.tmall.com", "mx.taobao.com"])
def test_words_that_a_domain_says_to_everybody_give_no_address_up(host: str) -> None:
    conduct = explain("554 5.0.0 user unknown", Stage.RCPT, host).conduct
    assert conduct is not None and conduct.retry == "after_fix"


def test_a_ground_says_what_it_says_of_a_mailbox_or_a_domain_only() -> None:
    assert {rule.final for rule in RULES if rule.final} == {"user_unknown", "bad_domain"}
    for rule in RULES:
        if rule.final and rule.causes:
            assert max(rule.causes, key=lambda cause: rule.causes[cause]) in (rule.final, "bad_domain")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in virtual mailbox table",
            "mailbox",
        ),
        ("550 gebruiker bestaat niet", "another language"),
        ("556 5.1.10 Recipient address has null MX", "domain"),
        ("550 5.1.1 rejected", "X.1.1"),
    ],
)
def test_words_that_say_so_are_named(text: str, reason: str) -> None:
    row = to_json(explain(text, Stage.RCPT))
    assert row["retry"] == "never" and reason in row["retry_reason"]


WORDS = toml_import.parse(VOCABULARY)["words"]
# What a reply may say beside "does not exist" that is not said of the recipient, or not for good.
ASIDES = (
    "sender",
    "yours",
    "own_account",
    "ip",
    "login",
    "relay",
    "passing",
    "later",
    "failed",
    "first",
    "room",
)


@pytest.mark.parametrize("language", [language for language in WORDS if language != "any"])
def test_no_language_gives_an_address_up_beside_words_of_the_sender_or_of_a_time(language: str) -> None:
    words = WORDS[language]
    for aside in ASIDES:
        for phrase in words.get(aside, ())[:3]:
            reply = f"550 {words['account'][0]} {phrase} {words['absent'][0]}".replace(" .. ", " ")
            explained = explain(reply)
            assert explained.conduct is not None and explained.conduct.retry != "never", reply


@pytest.mark.parametrize("language", [language for language in WORDS if language != "any"])
def test_no_address_but_the_recipients_is_given_up(language: str) -> None:
    """A return address, an address of the client and an account of the sender are none of the recipient."""
    words = WORDS[language]
    for notion in ("sender", "ip", "own_account", "yours"):
        for phrase in words.get(notion, ()):
            for absent in words["absent"][:3]:
                reply = f"550 {phrase} {absent}".replace(" .. ", " ")
                explained = explain(reply)
                assert explained.conduct is not None and explained.conduct.retry != "never", reply


# Words of "not there" that are said of an address of the sender's, of a right or of a list, or to the sender.
NOT_OF_THE_RECIPIENT = (
    "550 Ihr Server ist nicht registriert",
    "550 PTR nicht eingerichtet",
    "550 Zertifikat nicht hinterlegt",
    "550 Diese Adresse ist nicht in der Liste der zugelassenen Absender",
    "550 Adresse steht nicht im Verzeichnis der erlaubten Server",
    "550 L'adresse ne figure pas dans la liste blanche",
    "550 Votre adresse ne figure pas parmi les expéditeurs autorisés",
    "451 Nous n'avons aucun accès à la boîte",
    "550 Nous n'avons aucun accès à cette boîte pour le moment",
    "550 La dirección no figura en la lista de remitentes permitidos",
    "550 O endereço não consta da lista de remetentes autorizados",
    "550 L'indirizzo non figura tra i mittenti autorizzati",
    "550 Adres nie występuje na liście dozwolonych nadawców",
    "550 Adresa není na seznamu povolených odesílatelů",
    "550 A cím nem szerepel az engedélyezett listán",
    "550 Адрес не значится в списке разрешённых",
    "550 Адреса не значиться в білому списку",
    "550 У нас нет доступа к ящику",
    "550 У нас немає доступу до скриньки",
    "550 Ваш IP-адрес не зарегистрирован",
    "550 Адрес 192.0.2.1 не зарегистрирован в DNS",
    "550 Adres 192.0.2.1 nie jest zarejestrowany",
    "550 Die Adresse 192.0.2.1 ist nicht registriert",
    "550 L'adresse 192.0.2.1 n'est pas enregistrée",
    "550 地址192.0.2.1未注册",
    "550 Η διεύθυνση 192.0.2.1 δεν είναι καταχωρημένη",
    "550 ما لدينا وصول إلى صندوق البريد",
    "550 دسترسی به صندوق پستی نداریم",
    "550 אין אצלנו גישה לתיבה",
    "550 Meil pole ligipääsu postkastile",
    "550 SPF záznam pro tuto doménu není zaveden",
    "550 Odesílatel u nás není registrován",
    "550 Avsändaren är inte registrerad",
    "550 Användaren är inte inloggad",
    "550 Brukeren er ikke logget inn",
    "550 Vedlegget er ikke registrert",
    "550 Adressen er ikke oprettet til at modtage eksternt",
    "550 您的地址未在白名单中注册",
    "535 用户未登录或密码错误",
    "535 アカウントが登録されておりません",
    "552 Kein Platz für den Benutzer eingerichtet",
    "550 Für diesen Empfänger ist keine Weiterleitung eingerichtet",
    "550 Diese Adresse ist nicht für externen Empfang eingerichtet",
    "450 Der Absender ist uns noch nicht bekannt",
    "450 Vi kender ikke afsenderen endnu",
    "550 Vi har ingen bruger der har sendt fra din server",
    "550 Ingen bruker har tilgang",
    "450 Käyttäjä ei ole sallittu lähettää näin paljon",
    "550 Sunucumuzun kullanıcısı değilsiniz",
    "550 Vous n'êtes pas un utilisateur de ce serveur",
    "550 Sie sind kein Benutzer dieses Servers",
    "550 No es usted un usuario de este servidor",
    "550 Вы не являетесь пользователем этого сервера",
    "550 Nie jesteś użytkownikiem tego serwera",
    "550 Nejste uživatelem tohoto serveru",
    "550 您不是本系统用户",
    "550 당신은 등록된 사용자가 아닙니다",
    "550 あなたは登録ユーザーではありません",
    "550 Anda bukan pengguna server ini",
    "550 Bạn không phải là người dùng của hệ thống này",
    "550 Du er ikke bruger af denne server",
    "550 Du är inte användare här",
    "550 Non è un utente autorizzato",
    "550 No ets usuari d'aquest servidor",
    "550 לא רשום כמשתמש מורשה",
    "550 You are not a user of this server",
    "550 you are not a registered user",
)


@pytest.mark.parametrize("reply", NOT_OF_THE_RECIPIENT)
def test_words_that_are_not_said_of_the_recipient_give_no_address_up(reply: str) -> None:
    conduct = explain(reply).conduct
    assert conduct is not None and conduct.retry != "never"
