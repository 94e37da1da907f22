"""Who uses a price: departments say so, accounting sees it and cannot take away what is in use.

A department registers from `ready()` a function that answers, for services of one facility, with what uses
each (by service id), in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from billing.models import Service

Ask = Callable[[Sequence[Service]], dict[UUID, list[str]]]

_ask: list[Ask] = []


def register(ask: Ask) -> None:
    if ask not in _ask:
        _ask.append(ask)


def of(services: Sequence[Service]) -> dict[UUID, list[str]]:
    """What uses each of the services; one query or two of each department, whatever their number."""
    found: dict[UUID, list[str]] = {}
    for ask in _ask if services else []:
        for service_id, words in ask(services).items():
            found.setdefault(service_id, []).extend(words)
    return found
