"""The codes of the audit (`pharmacy.dispense.handed_out`) in words that people read.

Each app says its own in its `actions.py`, from `ready()`. What is kept as master data needs no word of its own:
`<app>.<model>.added` and `.changed` are read off the model. A code that nobody knows any more (rows are kept
for many years) is still readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_words: dict[str, str] = {}
_called: dict[str, tuple[type[models.Model], Any]] = {}

# What `people.keep` does to a row of any model.
_KEPT = {"added": gettext_lazy("%(what)s added"), "changed": gettext_lazy("%(what)s changed")}


def register(words: Mapping[str, str]) -> None:
    """Say what codes mean. Twice the same is once; called from an app's `ready()`."""
    _words.update(words)


def registered() -> dict[str, str]:
    """Every code that has words, and these, in the order of the words: for choosing among them."""
    return dict(sorted(((code, str(words)) for code, words in _words.items()), key=lambda pair: pair[1].casefold()))


def words(code: str) -> str:
    """What was done, as people say it: “Medicine handed out”."""
    if code in _words:
        return str(_words[code])
    app, _dot, rest = code.partition(".")
    what, _dot, verb = rest.rpartition(".")
    if verb in _KEPT:
        try:
            return str(_KEPT[verb]) % {"what": capfirst(apps.get_model(app, what)._meta.verbose_name)}
        except (LookupError, ValueError):
            pass
    said = " ".join(part for part in (what or app, verb) if part).replace("_", " ").replace(".", " ")
    return capfirst(said) or _("Unknown act")


def call(model: type[models.Model], *parts: str) -> None:
    """Say from which columns the name of a row is made, for the lists of the audit: `call(User, "first_name",
    "last_name")`. Called from an app's `ready()`."""
    joined = [each for part in parts for each in (F(part), Value(" "))][:-1]
    _called[model._meta.label_lower] = (model, Concat(*joined, output_field=TextField()) if joined[1:] else joined[0])


def called(objects: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The names of rows, by (label, key), as far as somebody said how they are called. One query."""
    keys: dict[str, set[str]] = {}
    for label, key in objects:
        if label in _called and _is_key(_called[label][0], key):
            keys.setdefault(label, set()).add(key)
    asked = [
        model._base_manager.order_by()
        .filter(pk__in=keys[label])
        .values_list(Value(label), Cast("pk", TextField()), Cast(name, TextField()))
        for label, (model, name) in _called.items()
        if label in keys
    ]
    if not asked:
        return {}
    return {(label, key): name for label, key, name in asked[0].union(*asked[1:], all=True)}


def _is_key(model: type[models.Model], text: str) -> bool:
    try:
        return model._meta.pk.to_python(text) is not None
    except ValidationError:
        return False


def register_own() -> None:
    """What the core itself records."""
    from hms.core.models import Department, Facility, Membership, User

    call(User, "first_name", "last_name")
    call(Membership, "user__first_name", "user__last_name")
    call(Facility, "name")
    call(Department, "name")
    register(
        {
            "access.out_of_scope": gettext_lazy("Refused: not theirs to see"),
            "access.outside_care": gettext_lazy("Refused: does not treat this patient"),
            "access.refused": gettext_lazy("Refused: not allowed in this role"),
            "core.approval.approved": gettext_lazy("Request approved"),
            "core.approval.asked": gettext_lazy("Approval asked for"),
            "core.approval.expired": gettext_lazy("Request ended undecided"),
            "core.approval.rejected": gettext_lazy("Request refused"),
            "core.approval.viewed": gettext_lazy("Request looked at"),
            "core.erasure.asked": gettext_lazy("Erasure of a record asked for"),
            "core.erasure.done": gettext_lazy("Record erased"),
            "core.erasure.rejected": gettext_lazy("Erasure of a record refused"),
            "core.erasure.viewed": gettext_lazy("Request for an erasure looked at"),
            "core.erasure.withdrawn": gettext_lazy("Erasure of a record no longer asked for"),
            "core.legal_hold.lifted": gettext_lazy("Legal hold lifted"),
            "core.legal_hold.placed": gettext_lazy("Legal hold placed"),
            "core.approval.void": gettext_lazy("Request approved, and no longer possible"),
            "core.approval.withdrawn": gettext_lazy("Request withdrawn"),
            "core.approvallimit.set": gettext_lazy("Limit of a role set"),
            "core.audit.anchor_checked": gettext_lazy("Anchor of the audit checked"),
            "core.audit.anchor_mailed": gettext_lazy("Anchor of the audit mailed"),
            "core.audit.anchor_printed": gettext_lazy("Anchor of the audit printed"),
            "core.audit.retired": gettext_lazy("Audit rows let go after the years set"),
            "core.demonstration.built": gettext_lazy("Demonstration filled"),
            "core.document.issued": gettext_lazy("Document issued"),
            "core.document.printed": gettext_lazy("Document opened or printed"),
            "core.document.withdrawn": gettext_lazy("Document withdrawn"),
            "core.history.viewed": gettext_lazy("History of a record looked at"),
            "core.membership.granted": gettext_lazy("Role given"),
            "core.membership.withdrawn": gettext_lazy("Role taken away"),
            "core.search": gettext_lazy("Searched everywhere"),
            "core.session.switched_facility": gettext_lazy("Went to work in another facility"),
            "core.user.created": gettext_lazy("Administrator created"),
            "core.user.factor_added": gettext_lazy("Second step set up"),
            "core.user.factor_removed": gettext_lazy("Second step removed"),
            "core.user.factors_taken_off": gettext_lazy("Second step taken off by an administrator"),
            "core.user.locked": gettext_lazy("Computer locked"),
            "core.user.password_changed": gettext_lazy("Own password changed"),
            "core.user.password_set": gettext_lazy("Password set by an administrator"),
            "core.user.pin_removed": gettext_lazy("PIN removed"),
            "core.user.pin_set": gettext_lazy("PIN set"),
            "core.user.reauthenticated": gettext_lazy("Signed in again to go on"),
            "core.user.recovery_codes_made": gettext_lazy("Recovery codes made"),
            "core.user.sign_in_failed": gettext_lazy("Sign-in refused"),
            "core.user.sign_in_slowed": gettext_lazy("Slowed after failed attempts"),
            "core.user.signed_in": gettext_lazy("Signed in"),
            "core.user.system_made": gettext_lazy("Account of the program itself made"),
            "core.user.signed_out": gettext_lazy("Signed out"),
            "core.user.sessions_ended": gettext_lazy("Signed out everywhere by an administrator"),
            "core.user.signed_out_everywhere": gettext_lazy("Signed out everywhere"),
            "core.user.single_sign_on_linked": gettext_lazy("Single sign-on tied to the account"),
            "core.user.single_sign_on_unlinked": gettext_lazy("Single sign-on taken off the account"),
            "core.user.switched": gettext_lazy("Took over a shared computer"),
            "core.user.unlock_failed": gettext_lazy("Unlocking refused"),
            "core.user.unlocked": gettext_lazy("Computer unlocked"),
            "export": gettext_lazy("List exported"),
        }
    )
