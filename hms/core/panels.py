"""Frames and the fragments that departments put into them.

A frame ("chart", "desk", "dashboard") knows none of its panels; each app registers its own from
`ready()` and serves it from its own route under its own permission. The same goes for the rail
(`navigation`) and the one search (`searches`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from hms.core.models import User


@dataclass(frozen=True)
class Panel:
    title: str
    url_name: str
    permission: str
    order: int
    column: str
    when: Callable[..., bool] | None


@dataclass(frozen=True)
class Slot:
    """A panel placed in a page: where to fetch it from."""

    title: str
    url: str
    column: str


@dataclass(frozen=True)
class NavItem:
    key: str
    label: str
    url_name: str
    icon: str
    permission: str
    order: int
    # How many things wait behind it, for this person. Counted in its own request, never in the page's.
    count: Callable[[User], int] | None
    urgent: bool


@dataclass(frozen=True)
class Hit:
    """One answer of the search: text as people know it, an opaque address."""

    title: str
    detail: str
    url: str
    icon: str


@dataclass(frozen=True)
class Search:
    name: str
    permission: str
    order: int
    find: Callable[[User, str], Iterable[Hit]]


_panels: dict[str, list[Panel]] = {}
_navigation: dict[str, NavItem] = {}
_searches: dict[str, Search] = {}


def register(
    frame: str,
    *,
    title: str,
    url_name: str,
    permission: str,
    order: int,
    column: str = "main",
    when: Callable[..., bool] | None = None,
) -> None:
    """Put the fragment at `url_name` into a frame. `column` is the frame's own word ("main" or "side");
    `when` says, given the page's person and what it is about, whether the panel makes sense there."""
    found = _panels.setdefault(frame, [])
    if all(panel.url_name != url_name for panel in found):
        found.append(Panel(title, url_name, permission, order, column, when))
        found.sort(key=lambda panel: panel.order)


def slots(frame: str, user: User, *, without: frozenset[str] = frozenset(), **url_kwargs: Any) -> list[Slot]:
    """The panels of a frame that this person may see, in order, with their addresses. Those that need a
    permission of `without` are left out: here and now it opens nothing."""
    return [
        Slot(str(panel.title), reverse(panel.url_name, kwargs=url_kwargs), panel.column)
        for panel in _panels.get(frame, [])
        if user.has_perm(panel.permission)
        and panel.permission not in without
        and (panel.when is None or panel.when(user, **url_kwargs))
    ]


def navigation(
    key: str,
    *,
    label: str,
    url_name: str,
    icon: str,
    permission: str,
    order: int,
    count: Callable[[User], int] | None = None,
    urgent: bool = False,
) -> None:
    _navigation[key] = NavItem(key, label, url_name, icon, permission, order, count, urgent)


def rail(user: User) -> list[NavItem]:
    return sorted(
        (item for item in _navigation.values() if user.has_perm(item.permission)), key=lambda item: item.order
    )


def searches(name: str, *, permission: str, order: int, find: Callable[[User, str], Iterable[Hit]]) -> None:
    """Let the one search ask `find(user, words)`; it must respect the person's scope."""
    _searches[name] = Search(name, permission, order, find)


def search(user: User, words: str) -> list[tuple[str, list[Hit]]]:
    """Hits by kind, for a person; kinds without a hit are left out."""
    asked = sorted((s for s in _searches.values() if user.has_perm(s.permission)), key=lambda s: s.order)
    found = [(str(s.name), hits) for s in asked if (hits := list(s.find(user, words)))]
    pages = [
        Hit(str(item.label), "", reverse(item.url_name), item.icon)
        for item in rail(user)
        if words.casefold() in str(item.label).casefold()
    ]
    return [*found, (str(_("Pages")), pages)] if pages else found


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asked for a part of a page (not for a whole one after a boosted link or back)."""
    return bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request


def render_panel(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A panel's own answer: the card alone for htmx, a whole page for everyone else.

    The template says `{% extends frame %}` and fills the `title`, `banner` and `content` blocks.
    """
    frame = "fragment.html" if is_fragment(request) else "app_base.html"
    return render(request, template, {**context, "frame": frame})
