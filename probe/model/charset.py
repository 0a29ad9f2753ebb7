"""Guesses the legacy charset of octets by the text that they would be in each.

RFC 5321 section 2.4 allows only ASCII in replies, RFC 6531 adds UTF-8. Servers still answer in the charset of
their authors' terminals. A wrong charset gives unlikely text: rare characters, capitals inside words,
adjacent accents. So the octets are decoded in every candidate charset, and the letters are scored by how
common they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

from probe._regex import regex

SAMPLE = 2048
"""Octets that are looked at; the choice holds for the rest, so that the work is bounded."""
_LEAST = 0.35  # the average score of a letter from which a guess is accepted
_MOST = 1.0  # no letter scores higher, so no text does
_NEARLY = 0.95  # of charsets that share most letters, the most common one is chosen
_CLEARLY = 0.4  # by how much the score of a guess must exceed that of the text as shown
_TWO_SCRIPTS = 4  # of so many letters at most one may stand beside one of ASCII
_FEWEST_OCTETS = 4  # two ideographs
_LATIN = frozenset({"cp1250", "cp1254", "iso8859_2"})
_FEWEST_LETTERS = 3  # any two octets are a Russian syllable

# Characters that are common in ordinary text and in text about mail.
_CHINESE = frozenset(
    "的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么"
    "心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知"
    "样现分将外但身些与高意进把法此实回二理点明其全工己话者向情部正名定问力机给等几很业最间新什打便位因重"
    "被走电四第门相次东政口使教西再平真听信北少关并内加化由却代军产入先山五水万市体别处总场师书比住员九"
    "邮件箱址户收发拒绝存无效错误服务器垃圾息频率限制超过连接系统域名验证失败临请稍试黑单容量满错误账号密码"
    "登录授权转投递退停禁止匹配注册找该已被未查本站管理客端语法命令参数附病毒含违规策略检测反空间磁盘"
)
_TRADITIONAL = frozenset(
    "的一是不了在人有我他這中大來上個國到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可裡後小"
    "麼心多天而能好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長"
    "郵件箱址戶收拒絕存效錯誤服務器垃圾訊息頻率限制超過連接系統網域名驗證失敗暫請稍試黑單容量滿信寄者帳號"
)
_KOREAN = frozenset(
    "이다는을의에한하지습니메일수신사용자없존재주소가를은로서고있되않입합보내발송받거부차단스팸용량초과도메인버"
    "오류시간후계정및으전해대기음제등록목록관리확인된정연결실패요청편함아닙세"
)
_RUSSIAN = frozenset("оеаинтсрвлкмдпуяы")
_ACCENTED = frozenset("äöüßéèàçêñóíáúãõâôîøåæœû¿¡’“”«»–°ÄÖÜÉÈÀ")
_TURKISH = frozenset("ışğİŞĞöüçÖÜÇâ")
_CENTRAL = frozenset("ąćęłńóśźżĄĆĘŁŃŚŹŻěščřžýáíéůúďťňôľŠČŘŽÝÁÍÉÚĎŤŇőűöüŐŰÖÜăâîşţđßä")
_GREEK = frozenset("αβγδεζηθικλμνξοπρσςτυφχψω")
_GREEK_ACCENTED = frozenset("άέήίόύώΆΈΉΊΌΎΏ")
_THAI = frozenset("กขคงจชดตถทนบปผพฟมยรลวศสหอะาำเแโใไ่้๊๋์ญณธ")
_SHORT = 3  # letters; of the longer Greek words nearly every one has an accent
_HEBREW_FINAL, _HEBREW_NOT_FINAL = frozenset("ךםןףץ"), frozenset("כמנפצ")
_MIXED = regex("[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][A-Za-z]")
_MARKS = frozenset("，。！：；（）、“”《》・「」？—…　【】")


def guess(data: bytes) -> str | None:
    """The name of the codec that gives `data` the best score, or None if none gives ordinary words."""
    sample = data[:SAMPLE]
    best, most = None, _LEAST
    for codec, score_table in _CANDIDATES.items():
        text = _attempt(sample, codec)
        if text is not None and (score := score_table(text)) > most:
            best, most = codec, score
            if most >= _MOST:
                break
    return best


# What windows-1252 shows for octets 80 to 9F; the five it does not define are shown as they are.
_WINDOWS = {
    ord(bytes([octet]).decode("cp1252", "ignore") or chr(octet)): octet for octet in range(0x80, 0xA0)
}
_UTF8 = regex(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_UTF8_OR_NOT = regex(rb"(?s)" + _UTF8.pattern + rb"|[\x00-\x7f]+|.")
_LOST_BLANK = regex(rb"\xc3 (?=[a-z\xc3])")  # the second octet of an "a" with grave is a no-break space
_BEYOND_ASCII = regex(rb"[\x80-\xff]")
_COVERED = 0.85  # of the octets beyond ASCII, where characters may have been lost
_BY_CYRILLIC_TERMINALS = ("cp1251", "koi8_r", "gb18030")
_SCRIPTS = regex(
    "[\u00a0-\u024f\u1e00-\u1eff\u2010-\u203a\u20ac\u2116\u2122]|(?P<greek>[\u0370-\u03ff])|(?P<cyrillic>[\u0400-\u052f])"
    "|(?P<hebrew>[\u0590-\u05ff])|(?P<arabic>[\u0600-\u06ff])|(?P<thai>[\u0e00-\u0e7f])|(?P<indic>[\u0900-\u0d7f])"
    "|(?P<caucasian>[\u0530-\u058f\u10a0-\u10ff])"
    "|(?P<east>[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff00-\uffef])"
)


def redecode(text: str) -> str:
    """Repair a text whose octets were decoded in the wrong charset; other text is returned unchanged.

    Latin-1 and windows-1252 show the octets of any charset, and Cyrillic and Chinese terminals those of
    UTF-8. The octets are decoded again, once, and only if that gives words and the shown text does not.
    """
    data = _octets_of(text)
    if data is None:
        return _again_as_utf8(text)
    read = _utf8(data)
    if read is not None:
        return read
    other = _score(data, "cp1252")
    if other + _CLEARLY > _MOST:  # most accented texts: no charset can be clearly better
        return text
    codec = guess(data)
    if codec is None or _score(data, codec) < other + _CLEARLY:
        return text
    fewest = _FEWEST_OCTETS if codec not in _LATIN else 1 if other < 0 else 2
    return data.decode(codec, "replace") if len(_BEYOND_ASCII.findall(data)) >= fewest else text


def _octets_of(text: str) -> bytes | None:
    """The octets of a text in Latin-1 or windows-1252; None if it has other characters."""
    try:
        return text.translate(_WINDOWS).encode("latin-1")
    except UnicodeEncodeError:
        return None


def _utf8(data: bytes) -> str | None:
    """Decode `data` as UTF-8; octets that were lost are left as shown. None for other data."""
    sequences = _UTF8.findall(data)
    if (
        sum(map(len, sequences)) < _COVERED * len(_BEYOND_ASCII.findall(_LOST_BLANK.sub(b"", data)))
        or not sequences
    ):
        return None
    if not _is_of_one_script("".join(octets.decode("utf-8", "replace") for octets in sequences)):
        return None
    data = _LOST_BLANK.sub(b"\xc3\xa0 ", data)
    return "".join(
        part.decode("utf-8", "replace") if _UTF8.fullmatch(part) else part.decode("cp1252", "replace")
        for part in _UTF8_OR_NOT.findall(data)
    )


def _again_as_utf8(text: str) -> str:
    """Decode UTF-8 that was shown in another charset; valid UTF-8 is almost never an accident."""
    for codec in _BY_CYRILLIC_TERMINALS:
        try:
            read = text.encode(codec).decode("utf-8")
        except UnicodeError:
            continue
        fewest = _FEWEST_OCTETS if codec == "gb18030" else 1
        if sum(not it.isascii() for it in read) >= fewest and _is_of_one_script(read):
            return read
    return text


def _is_of_one_script(text: str) -> bool:
    """Whether all characters beyond ASCII are Latin, or of one script beside it."""
    scripts = set()
    for character in text:
        if character.isascii():
            continue
        match = _SCRIPTS.match(character)
        if match is None:
            return False
        if match.lastgroup:
            scripts.add(match.lastgroup)
    return len(scripts) <= 1


def _score(data: bytes, codec: str) -> float:
    text = _attempt(data[:SAMPLE], codec)
    return _CANDIDATES[codec](text) if text is not None else -1.0


def _attempt(sample: bytes, codec: str) -> str | None:
    """Decode strictly, but for a character cut off at the end."""
    for cut in range(4):
        try:
            return sample[: len(sample) - cut].decode(codec)
        except UnicodeDecodeError as problem:
            if problem.end < len(sample) - cut - 3:
                return None
    return None


def _average(text: str, weigh: Callable[[str, str], float], fewest: int = 1) -> float:
    """The mean weight of the characters beyond ASCII, each weighed with the one before it."""
    weights = [weigh(it, before) for before, it in pairwise(f" {text}") if not it.isascii()]
    return sum(weights) / len(weights) if len(weights) >= fewest else 0.0


def _chinese(text: str) -> float:
    return _average(text, lambda character, _: _ideograph(character, _CHINESE, "gb2312"))


def _traditional(text: str) -> float:
    return _average(text, lambda character, _: _ideograph(character, _TRADITIONAL, "big5"))


def _ideograph(character: str, common: frozenset[str], codec: str) -> float:
    if character in common:
        return 1.0
    if character in _MARKS:
        return 0.3
    if "\u3040" <= character <= "\u30ff":
        return -0.3  # kana: Japanese, which has the same code range as in Chinese charsets
    try:
        lead = character.encode(codec)[0]
    except UnicodeEncodeError:
        return -1.0
    everyday = 0xB0 <= lead <= 0xD7 if codec == "gb2312" else 0xA4 <= lead <= 0xC6
    return 0.3 if everyday else -0.5


def _korean(text: str) -> float:
    def weigh(character: str, _before: str) -> float:
        if "\uac00" <= character <= "\ud7a3":
            return 1.0 if character in _KOREAN else 0.3
        return 0.3 if character in _MARKS else -0.6

    return _average(text, weigh)


def _japanese(text: str) -> float:
    def weigh(character: str, _before: str) -> float:
        if "\u3041" <= character <= "\u30fc":
            return 1.0
        if character in _MARKS:
            return 0.5
        if "\uff61" <= character <= "\uff9f":
            return -0.8  # halfwidth kana: what other charsets look like in Shift_JIS
        return 0.3 if "\u4e00" <= character <= "\u9fff" else -0.6

    return _average(text, weigh) if any("\u3041" <= character <= "\u30fc" for character in text) else -1.0


def _cyrillic(text: str) -> float:
    return _average(text, _cyrillic_letter, _FEWEST_LETTERS)


def _cyrillic_letter(character: str, before: str) -> float:
    if not "\u0400" <= character <= "\u04ff":
        return -0.3 if character in "«»№—–" else -1.0
    if before.isascii() and before.isalpha():
        return -1.0  # two scripts in one word
    if character.islower():
        return 1.0 if character in _RUSSIAN else 0.4
    if before.islower():
        return -0.7
    return 0.9 if character.lower() in _RUSSIAN else 0.3


def _is_mixed(text: str) -> bool:
    """Whether words are of two scripts: what accented Latin letters look like in the charset of another."""
    return _TWO_SCRIPTS * len(_MIXED.findall(text)) > sum(not it.isascii() for it in text)


def _greek(text: str) -> float:
    def weigh(character: str, before: str) -> float:
        if character in _GREEK or character in _GREEK_ACCENTED:
            return -1.0 if before == "ς" else 0.95
        return 0.5 if "Α" <= character <= "Ω" and not before.islower() else -1.0

    words = [word for word in text.split() if len(word) > _SHORT and not word.isascii()]
    accent_count = sum(not _GREEK_ACCENTED.isdisjoint(word) for word in words)
    return (
        _average(text, weigh, _FEWEST_LETTERS)
        if 2 * accent_count > len(words) and not _is_mixed(text)
        else -1.0
    )


def _hebrew(text: str) -> float:
    def weigh(character: str, before: str) -> float:
        if not "א" <= character <= "ת" or before in _HEBREW_FINAL:
            return -1.0
        return 0.95

    last = sum(character in _HEBREW_NOT_FINAL for character, after in pairwise(f"{text} ") if after == " ")
    return _average(text, weigh, _FEWEST_LETTERS) if last <= len(text) // 20 and not _is_mixed(text) else -1.0


def _arabic(text: str) -> float:
    if _is_mixed(text):
        return -1.0
    return _average(text, lambda it, _: 0.95 if "\u060c" <= it <= "\u0652" else -1.0, _FEWEST_LETTERS)


def _thai(text: str) -> float:
    if _is_mixed(text):
        return -1.0

    def weigh(character: str, before: str) -> float:
        if before.isascii() and before.isalpha():
            return -1.0
        if "\u0e34" <= character <= "\u0e3a" or character in "\u0e31\u0e47":
            return 0.95 if "\u0e01" <= before <= "\u0e2e" else -1.0  # these vowels stand on a consonant
        return 0.95 if character in _THAI else -0.5

    return _average(text, weigh, _FEWEST_LETTERS)


def _western(text: str) -> float:
    return _latin(text, _ACCENTED, 1.0)


def _turkish(text: str) -> float:
    return _latin(text, _TURKISH, _NEARLY)


def _central(text: str) -> float:
    return _latin(text, _CENTRAL, _NEARLY)


def _latin(text: str, ordinary: frozenset[str], most: float) -> float:
    def weigh(character: str, before: str) -> float:
        if not before.isascii() and before not in "’“”«»–":
            # adjacent accents, which only central European languages use
            return 0.5 if ordinary is _CENTRAL and before in _CENTRAL and character in _CENTRAL else -0.5
        if character in "¿¡" and before.isalpha():
            return -0.6
        if character in ordinary:
            return most
        return 0.1 if character.isalpha() else -0.6

    return _average(text, weigh)


_CANDIDATES: Mapping[str, Callable[[str], float]] = {
    "cp1252": _western,
    "cp1254": _turkish,
    "cp1250": _central,
    "iso8859_2": _central,
    "gb18030": _chinese,
    "big5": _traditional,
    "cp949": _korean,
    "cp932": _japanese,
    "euc_jp": _japanese,
    "koi8_r": _cyrillic,
    "cp1251": _cyrillic,
    "cp1253": _greek,
    "cp1255": _hebrew,
    "cp1256": _arabic,
    "cp874": _thai,
}
