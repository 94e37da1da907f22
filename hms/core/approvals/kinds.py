"""The kinds of act that have limits, as their departments register them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import models

from hms.core import limits
from hms.core.models import Approval, User

Users = Iterable[UUID]


@dataclass(frozen=True)
class Subject:
    """What somebody decides about, as this person may see it: where it is, and what stands there."""

    url: str
    lines: Sequence[tuple[str, Any]] = ()


@dataclass(frozen=True)
class Kind:
    key: str
    label: str
    permission: str
    act: Callable[..., models.Model | Approval | None]
    subject: Callable[[User, Approval], Subject | None]
    window: timedelta | None
    barred: Callable[[Approval], Users]


_kinds: dict[str, Kind] = {}


def _no_other(user_id: UUID) -> Users:
    return ()


_other_accounts: Callable[[UUID], Users] = _no_other


def _nobody(approval: Approval) -> Users:
    return ()


def register(
    key: str,
    *,
    label: str,
    permission: str,
    act: Callable[..., models.Model | Approval | None],
    subject: Callable[[User, Approval], Subject | None],
    window: timedelta | None = None,
    barred: Callable[[Approval], Users] = _nobody,
) -> None:
    """A kind of act that has limits (`limits.RULES` names them).

    `permission`: what its maker needs, still when it is approved. `act(maker, reason=…, **arguments)`: the service
    itself. `subject(user, approval)`: what it is about, None for whoever may not see that. `window`: for how long
    what one did alone is counted together; for ever without. `barred(approval)`: who besides the maker may not
    approve it, because of what they did before.
    """
    if key not in limits.RULES:
        raise LookupError(f"{key} has no line in hms/core/limits.py")
    _kinds[key] = Kind(key, label, permission, act, subject, window, barred)


def registered() -> list[Kind]:
    """In the order of the table."""
    return [_kinds[key] for key in limits.RULES if key in _kinds]


def of(key: str) -> Kind:
    return _kinds[key]


def label_of(key: str) -> str:
    return str(_kinds[key].label) if key in _kinds else key


def other_accounts(ask: Callable[[UUID], Users]) -> None:
    """`ask(user_id)` answers with the other accounts of whoever that one belongs to."""
    global _other_accounts
    _other_accounts = ask


def others_of(user_id: UUID) -> Users:
    """The other accounts of whoever this one belongs to."""
    return _other_accounts(user_id)
