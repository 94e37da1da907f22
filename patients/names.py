"""Names as they are searched: any script, accents folded where a keyboard may lack them."""

from __future__ import annotations

import re
import unicodedata

# Latin, Greek and Cyrillic diacritics. The vowel signs of other scripts are letters, not decoration.
_MARKS = range(0x0300, 0x0370)
_FOLD = str.maketrans({"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"})
# Arabic tatweel and short vowels are written or left out at will.
_ARABIC = dict.fromkeys([0x0640, *range(0x064B, 0x0653)])
_APART = re.compile(r"[\s,.;:/\\()\[\]|\-‐-―]+")


def folded(text: str) -> str:
    """Lower case without Latin accents: "Çelik" → "celik", "अनिता" stays."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in decomposed if ord(char) not in _MARKS)
    return unicodedata.normalize("NFC", plain.translate(_FOLD).translate(_ARABIC)).replace("'", "").replace("’", "")


def tokens(text: str) -> list[str]:
    """The distinct words of a name, folded, in order."""
    return list(dict.fromkeys(word[:120] for word in _APART.split(folded(text)) if word))


def digits(phone: str) -> str:
    """The digits of a phone number, without the international 00."""
    only = "".join(str(unicodedata.digit(char)) for char in phone if char.isdigit())
    return only.removeprefix("00")[:20]
