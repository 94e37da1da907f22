"""Units as people read them. What is stored and exported stays UCUM (https://ucum.org/ucum)."""

from __future__ import annotations

import re

# Whole units whose usual spelling no rule below would find.
WORDS = {
    "Cel": "°C",
    "[degF]": "°F",
    "[in_i]": "in",
    "[lb_av]": "lb",
    "[oz_av]": "oz",
    "mm[Hg]": "mmHg",
    "cm[H2O]": "cmH₂O",
    "kg/m2": "kg/m²",
    "{score}": "",
    "{#}": "",
    "1": "",
}
SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
# UCUM writes micro as "u", which reads as "units": the sign is µ, before a unit that takes a prefix only.
MICRO = re.compile(r"(?<![A-Za-z])u(?=(?:g|mol|[lL]|m|kat|Eq|s)(?![A-Za-z]))")
INTERNATIONAL = re.compile(r"\[[iI]U\]")
POWER = re.compile(r"10\*(-?\d+)")
AREA = re.compile(r"\{?1\.73[_ ]?m2\}?")
ANNOTATION = re.compile(r"\{([^}]*)\}")


def text(unit: str) -> str:
    """`umol/L` → µmol/L, `10*9/L` → 10⁹/L, `m[IU]/L` → mIU/L. What is not UCUM comes back unchanged."""
    if unit in WORDS:
        return WORDS[unit]
    unit = MICRO.sub("µ", unit)
    unit = INTERNATIONAL.sub("IU", unit)
    unit = POWER.sub(lambda found: "10" + found.group(1).translate(SUPERSCRIPT), unit)
    unit = AREA.sub("1.73 m²", unit)
    return ANNOTATION.sub(lambda found: found.group(1).replace("_", " "), unit)
