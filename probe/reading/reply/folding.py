"""Removes accents and variants of letters, which writers leave out or write in different ways.

One letter becomes one letter, so that positions are the same in both texts.
"""

from __future__ import annotations

import unicodedata
from functools import cache

# Letters without a Unicode decomposition: Latin, Cyrillic yo, Arabic and Persian forms of one letter,
# full-width letters, and traditional characters that are common in replies.
_FROM = "øłđıёأإآىیکۀ" + "".join(chr(it) for it in range(0xFF01, 0xFF5F))
_TO = "oldi" + "еاااييكه" + "".join(chr(it) for it in range(0x21, 0x7F))
_TRADITIONAL = (
    "郵邮帳账號号戶户無无這这該该滿满過过頻频發发請请後后試试認认證证驗验絕绝遞递傳传輸输連连線线錯错誤误統统網网檔档還还應应"
    "關关閉闭鎖锁凍冻結结權权許许對对內内資资訊讯達达極极數数單单傷伤檢检測测覺觉標标題题體体轉转換换當当與与為为從从來来時时間间"
    "處处務务問问題题將将會会開开啟启註注冊册銷销刪删除除查查臨临暫暂壓压縮缩長长短短議议協协態态響响應应復复現现獲获記记錄录"
    "評评價价譽誉規规則则違违禁禁禦御擋挡攔拦設设備备碼码驟骤級级種种類类儲储空空間间超超額额載载負负繁繁忙忙異异寫写讀读"
    "沒没僅仅個个們们優优動动實实經经確确於于總总條条選选釋释離离終终虛虚圍围顯显導导訂订閱阅佔占儘尽佈布嘗尝敗败"
)  # fmt: skip
_BLOCKS = ((0xC0, 0x250), (0x370, 0x400), (0x1E00, 0x2000))


def plain(text: str) -> str:
    """`text` (lower case) with plain letters, of the same length."""
    return text if text.isascii() else text.translate(_table())


@cache
def _table() -> dict[int, str]:
    table = dict(zip(map(ord, _FROM), _TO, strict=True))
    table.update(zip(map(ord, _TRADITIONAL[::2]), _TRADITIONAL[1::2], strict=True))
    for first, end in _BLOCKS:
        for point in range(first, end):
            letter = unicodedata.normalize("NFD", chr(point))[0]
            if ord(letter) != point and letter.isalpha():
                table.setdefault(point, letter)
    return table
