"""Which passwords are refused: the short, those everybody tries first, and those made of what surrounds the person.

After NIST SP 800-63B (2025), 3.1.1.2: length instead of composition rules, no change from time to time, every
character there is, a list of what is guessed first.
"""

from __future__ import annotations

import re
import unicodedata

from django.conf import settings
from django.contrib.auth import password_validation as django
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hms.core import roles
from hms.core.models import Facility, User

LEAST, MOST = 10, 1000
# What must be left of a password when the words of its surroundings are taken out.
LEFT_OVER = 6
WORDS = {
    "hospital",
    "clinic",
    "medical",
    "health",
    "care",
    "welcome",
    "password",
    "passwort",
    "login",
    "admin",
    "change",
}

_LEET = str.maketrans("013457@$!", "oieastasi")
_HINT = gettext_lazy("Four or five words that do not belong together make a good one.")


class Length:
    """At least ten characters and room for a whole sentence, spaces and every script."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) < LEAST:
            raise ValidationError(
                _("Too short: it has %(has)s characters and needs %(least)s. %(hint)s")
                % {"has": len(password), "least": LEAST, "hint": _HINT},
                code="password_too_short",
            )
        if len(password) > MOST:
            raise ValidationError(
                _("Too long: at most %(most)s characters.") % {"most": MOST}, code="password_too_long"
            )

    def get_help_text(self) -> str:
        return _("At least %(least)s characters; spaces count, and any script will do. %(hint)s") % {
            "least": LEAST,
            "hint": _HINT,
        }


class Common(django.CommonPasswordValidator):
    """The 20,000 that are tried first, with digits or signs at their ends as well."""

    def validate(self, password: str, user: User | None = None) -> None:
        plain = unicodedata.normalize("NFKC", password).lower().strip()
        bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
        repeated = len(set(plain)) <= 3 or plain in _walks()
        if repeated or {plain, bare, plain.translate(_LEET)} & self.passwords:
            raise ValidationError(
                _("This one is on the list of those that are tried first. Choose another. %(hint)s") % {"hint": _HINT},
                code="password_too_common",
            )

    def get_help_text(self) -> str:
        return ""


def _walks() -> set[str]:
    """Walks over the keys and the alphabet."""
    rows = ["abcdefghijklmnopqrstuvwxyz", "12345678901234567890", "qwertyuiopasdfghjklzxcvbnm", "1q2w3e4r5t6y7u8i9o0p"]
    return {row[start : start + n] for line in rows for row in (line, line[::-1]) for n in range(10, 21) for start in range(len(row) - n + 1)}  # fmt: skip


class Surroundings:
    """Not made of the person's own name, the hospital's, or the name of a role."""

    def validate(self, password: str, user: User | None = None) -> None:
        left = _folded(password)
        for word in sorted(_surroundings(user), key=len, reverse=True):
            left = left.replace(word, "")
        left = re.sub(r"[\W_]|\d", "", left)
        if len(left) < LEFT_OVER and _touches(password, user):
            raise ValidationError(
                _(
                    "This is made of your name, the hospital's or your work's, which is tried first."
                    " Choose words that have nothing to do with them."
                ),
                code="password_too_similar",
            )

    def get_help_text(self) -> str:
        return _("Nothing made of your own name, the hospital's or your role's.")


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).translate(_LEET)


def _touches(password: str, user: User | None) -> bool:
    folded = _folded(password)
    return any(word in folded for word in _surroundings(user))


def _surroundings(user: User | None) -> set[str]:
    told = [settings.NETWORK_NAME, *Facility.objects.values_list("name", flat=True)]
    for role in roles.ROLES.values():
        told += [role.code, role.label]
    if user is not None:
        told += [user.username, user.first_name, user.last_name, user.email.partition("@")[0]]
    found = set(WORDS)
    for phrase in told:
        folded = _folded(str(phrase))
        found |= {word for word in re.split(r"[\W_]+", folded) if len(word) >= 4}
        if len(whole := re.sub(r"[\W_]+", "", folded)) >= 4:
            found.add(whole)
    return found
