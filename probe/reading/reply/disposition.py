"""What a positive reply to a message says of it beyond that it was taken: that no mailbox gets it.

RFC 5321 section 6.1 forbids to lose a message that was taken; filters do it with a 250 all the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from probe._enum import StrEnum
from probe.reading.reply.mask import mask
from probe.reading.reply.patterns import pattern_of


class Disposition(StrEnum):
    """What becomes of the message."""

    DISCARDED = "discarded"
    QUARANTINED = "quarantined"


# Words without accents, in simplified characters. amavisd-new ("Ok, discarded, id=..."), clamsmtp ("Virus
# Detected; Discarded Email"), ASSP ("blackholed")
_DISCARDED = (
    r"(?<![\w=-])(?:discarded|discarding (?:the |this )?(?:e?mail|message)|black ?holed|silently dropped"
    r"|verworfen|kommentarlos geloscht|mise?s? au rebut|descartad[oa]s?|scartat[oaie]|cestinat[oaie]"
    r"|weggegooid|zahozen\w?|zahoden\w?|eldob(?:va|tak|tuk)|imha edildi|kastades|kastats|kasseret|forkastet"
    r"|dibuang|отброшен\w{0,2}|уничтожен\w{0,2}|знищен\w{0,2}|изхвърлен\w{0,2}|унищожен\w{0,2})(?![\w-])"
    r"|丢弃|已销毁|破弃|破棄|廃棄|폐기(?:되|하|했|됨)|ถูกทิ้ง|تم تجاهل|دور انداخته|הושלכה"
)
_QUARANTINED = (
    r"(?<![\w=-])(?:quarantined|(?:in|to|into)(?: the)?(?: \w{1,20})? quarantine|held for review"
    r"|in (?:die |der )?(?:\w{1,20}-?)?quarantane|(?:en|in) quarantaine|en cuarentena|(?:em|na) quarentena"
    r"|(?:in|en) quarantena|(?:w|do|na) kwarantann\w{1,2}|(?:v|do|u) karanten\w{0,2}|karantenba\w?"
    r"|karantinaya|i karantan|i karant(?:æ|ae|e)ne|karanteenii?[ns]\w{0,2}|karantiini\w?|in carantina"
    r"|dikarantina|(?:в|у|до|под) карантин\w{0,2}|σε καραντινα|bi cach ly|קרנטינה)(?![\w-])"
    r"|隔离(?:区|箱|され|しま|了|$)|(?:被|已|放入|移入|予以|进行)隔离"
    r"|격리(?:되|하|했|됨|함|보)|בהסגר|להסגר|الحجر|في العزل|قرنطینه|กักกัน"
)
_FORMS = ((_DISCARDED, Disposition.DISCARDED), (_QUARANTINED, Disposition.QUARANTINED))
# One of them stands in what is all ASCII, but for rare words.
_MARKS = ("scar", "hole", "drop", "arant", "arent", "held", "worfen", "gooid", "buang", "kast", "zaho")
_CLAUSE = r"[,;:()\n，。；、،؛]|\.(?:\s|$)"
# Before the form within its clause: it does not happen, only might, or happens to something else.
_RESERVE = (
    r"\b(?:not|never|cannot|no|none|if|unless|may|might|could|would|should|without|policy"
    r"|headers?|attachments?|parts?|duplicates?|copy|copies|recipients?|spam (?:is|will)"
    r"|nicht|kein\w{0,2}|wenn|falls|konnte|richtlinie|anhang\w{0,2}|kopie|duplikat|niet|geen|indien|bijlagen?"
    r"|pas|si|peut|pourra\w{0,3}|politique|pieces? jointes?|copie|doublon|nao|non|puede|podria|pode|puo"
    r"|adjuntos?|anexos?|allegat[oi]|copia|duplicad[oa]|nie|jesli|moze|zalacznik\w{0,2}|kopia|ne|nebyl[ao]?|neni"
    r"|nem|melleklet\w{0,3}|masolat|degil|eger|ekler|eki|kopya|inte|ikke|om|hvis|kan|bilag\w{0,3}"
    r"|vedlegg\w{0,3}|kopi|ei|jos|voidaan|liite|nu|daca|poate|atasament\w{0,3}|tidak|jika|dapat|lampiran"
    r"|salinan|не|если|может|вложени\w{1,2}|копи\w{1,2}|якщо|може|вкладенн\w|ако|δεν|αν|μπορει|συνημμεν\w{1,2}"
    r"|khong|neu|co the|لم|لا|اذا|اگر|مرفق|נסח|לא|אם)\b"
    r"|未|没有|不|若|如果|可能|附件|副本|添付|もし|첨부|사본|만약|ไม่|หาก|ถ้า"
    r"|(?<![\d.])0 |n't\b"
)
_CONDITION = (  # behind it
    r"^ ?=|\b(?:if|unless|when|later|wenn|falls|si|jesli|pokud|ako|hvis|om|jos|daca|jika|если|якщо|neu)\b"
    r"|ません|なかった|ない|場合|可能|지 않|않았|수 있|경우|نشد"
)


def may_tell(text: str) -> bool:
    """Whether `disposition` has to be asked: a fast look for its marks."""
    if not text.isascii():
        return True
    words = text.lower()
    for mark in _MARKS:  # noqa: SIM110  a generator takes twice as long
        if mark in words:
            return True
    return False


def telling(texts: Sequence[str]) -> frozenset[str]:
    """Those of many texts that `may_tell`; it takes a third of the time to look at all of them at once, and
    nearly always there are none."""
    return frozenset(filter(may_tell, texts)) if may_tell("\n".join(texts)) else frozenset()


def disposition(reply_text: str) -> Disposition | None:
    """What the words of a 2yz reply say; None if they say nothing of it, or the reply is another. Names of
    hosts and addresses say nothing: a server may be called quarantine."""
    if not may_tell(reply_text):
        return None  # nearly all
    masked_text = mask(reply_text)
    for clause in pattern_of(_CLAUSE).split(masked_text.plain or masked_text.text):
        for form, what in _FORMS:
            match = pattern_of(form).search(clause)
            if match is None or pattern_of(_RESERVE).search(clause[: match.start()]) is not None:
                continue
            if pattern_of(_CONDITION).search(clause[match.end() :]) is None:
                return what
    return None
