"""Every route of the house, walked out of the resolver."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from hms.core.access import Access

SAMPLES: dict[str, Any] = {
    "code": "AAAAA-BBBBB",
    "kind": "allergy",
    "department": "outpatients",
    "provider_id": "sso",
    "act": "billing.refund",
    "role": "cashier",
    "pk": 7,
    "record": "patients.allergy",
}


@dataclass(frozen=True)
class Route:
    name: str
    view: Callable[..., Any]
    arguments: tuple[str, ...]

    @property
    def access(self) -> Access | None:
        return getattr(self.view, "access", None)

    def url(self) -> str:
        """An address of the route that leads to no row that exists."""
        return reverse(self.name, kwargs=self.sample())

    def sample(self) -> dict[str, Any]:
        return {name: SAMPLES.get(name, uuid.UUID(int=7)) for name in self.arguments}


def routes() -> list[Route]:
    """All named routes but the Django admin's, which checks its own."""
    return sorted(_walk(get_resolver().url_patterns, ""), key=lambda route: route.name)


def _walk(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[Route]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace == "admin":
                continue
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner)
        else:
            yield Route(
                f"{namespace}{pattern.name}",
                pattern.callback,
                tuple(pattern.pattern.regex.groupindex) or _names(pattern),
            )


def _names(pattern: URLPattern) -> tuple[str, ...]:
    return tuple(getattr(pattern.pattern, "converters", {}))
