"""Ways of writing a dose that have killed people, refused before they reach paper.

Joint Commission, Official "Do Not Use" List (2004, IM.02.02.01); ISMP, List of Error-Prone
Abbreviations (2024), for µg, which is read as mg.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hms.core.refusals import Refused


def _word(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-zµμ]){pattern}(?![A-Za-z])", re.IGNORECASE)


MISREAD = [
    (_word(r"iu"), gettext_lazy("international units")),
    (_word(r"u"), gettext_lazy("units")),
    (_word(r"[uµμ]g"), gettext_lazy("micrograms")),
    (_word(r"q\.?o\.?d\.?"), gettext_lazy("every other day")),
    (_word(r"q\.?d\.?"), gettext_lazy("once a day")),
    (_word(r"(?:mso4|mgso4)"), gettext_lazy("morphine sulfate or magnesium sulfate, in full")),
]
TRAILING = re.compile(r"(?<![\d.])(\d+)\.0+(?!\d)")
NAKED = re.compile(r"(?<!\d)\.(\d+)")


def refuse_misread(text: str, *, field: str) -> None:
    """Refuses `text` (a strength or a dosage) that is often misread, saying what to write. `field`: where it stands."""
    for pattern, instead in MISREAD:
        if found := pattern.search(text):
            raise Refused(
                _("“%(wrong)s” is often misread. Write: %(right)s.") % {"wrong": found[0], "right": instead},
                field=field,
            )
    if found := TRAILING.search(text):
        raise Refused(
            _("“%(wrong)s” is read as ten times as much. Write: %(right)s.") % {"wrong": found[0], "right": found[1]},
            field=field,
        )
    if found := NAKED.search(text):
        raise Refused(
            _("“%(wrong)s” is read as a whole number. Write: 0.%(right)s.") % {"wrong": found[0], "right": found[1]},
            field=field,
        )
