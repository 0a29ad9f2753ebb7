"""Which legacy charset a stranger's bytes are written in, told by what they would say in each.

RFC 5321 section 2.4 allows only ASCII in replies, RFC 6531 adds UTF-8. Servers still answer in what their
authors' terminals used. A wrong guess shows words that nobody writes: rare characters, capitals inside words,
accents side by side. So every candidate is decoded, and its letters are scored by how ordinary they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

SAMPLE = 2048
"""Octets that are looked at; the choice holds for the rest, so that the work is bounded."""
_LEAST = 0.35  # what an average letter must score before a guess is believed
_FEWEST_LETTERS = 3  # any two octets are a Russian syllable

# Characters that ordinary text, and text about mail, is full of.
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
_ACCENTED = frozenset("äöüßéèàçêñóíáúãõâôîøåæœû’“”«»–°ÄÖÜÉÈÀ")
_MARKS = frozenset("，。！：；（）、“”《》・「」？—…　【】")


def guess(data: bytes) -> str | None:
    """The name of the codec in which `data` reads best, or None where none makes ordinary words of it."""
    sample = data[:SAMPLE]
    best, most = None, _LEAST
    for codec, scored in _CANDIDATES.items():
        text = _attempt(sample, codec)
        if text is not None and (score := scored(text)) > most:
            best, most = codec, score
    return best


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
        return -0.3  # kana: Japanese, which shares its rows with Chinese charsets
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


def _western(text: str) -> float:
    return _average(text, _accented_letter)


def _accented_letter(character: str, before: str) -> float:
    if not before.isascii() and before not in "’“”«»–":
        return -0.5  # accents side by side
    if character in _ACCENTED:
        return 1.0
    return 0.1 if character.isalpha() else -0.6


_CANDIDATES: Mapping[str, Callable[[str], float]] = {
    "cp1252": _western,
    "gb18030": _chinese,
    "big5": _traditional,
    "cp949": _korean,
    "cp932": _japanese,
    "euc_jp": _japanese,
    "koi8_r": _cyrillic,
    "cp1251": _cyrillic,
}
