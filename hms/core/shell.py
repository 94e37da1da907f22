"""What every page's frame shows: who, where, the rail, the theme. No query beyond the middleware's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from hms.core import panels, roles
from hms.core.models import Department, Facility
from hms.core.sign_in import sessions

IN_THE_BAR = 4  # on a phone, the rest stands behind "More"


@dataclass(frozen=True)
class RailItem:
    key: str
    label: str
    url: str
    icon: str
    active: bool
    counted: bool


@dataclass(frozen=True)
class Person:
    mark: str
    name: str
    initials: str
    role_label: str


@dataclass(frozen=True)
class Shell:
    theme: str
    network: str = ""
    person: Person | None = None
    facility: Facility | None = None
    department: Department | None = None
    facilities: list[Facility] = field(default_factory=list)
    nav: list[RailItem] = field(default_factory=list)
    search_url: str = ""
    counts_url: str = ""

    @property
    def nav_bar(self) -> list[RailItem]:
        return self.nav[:IN_THE_BAR]

    @property
    def nav_more(self) -> list[RailItem]:
        return self.nav[IN_THE_BAR:]


def context(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get(settings.THEME_COOKIE_NAME, "auto")
    theme = theme if theme in ("light", "dark", "auto") else "auto"
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not user.has_facility:
        return {"shell": Shell(theme=theme, network=settings.NETWORK_NAME)}
    facilities = {m.facility_id: m.facility for m in request.memberships}
    return {
        "shell": Shell(
            theme=theme,
            network=settings.NETWORK_NAME,
            person=Person(
                mark=sessions.mark_of(user),
                name=user.name,
                initials="".join(part[0] for part in user.name.replace("Dr ", "").split()[:2]).upper(),
                role_label=" · ".join(roles.label(code) for code in user.roles),
            ),
            facility=user.facility,
            department=getattr(request, "department", None),
            facilities=list(facilities.values()),
            nav=_rail(request),
            search_url=reverse("core:search"),
            counts_url=reverse("core:counts"),
        )
    }


def _rail(request: HttpRequest) -> list[RailItem]:
    """The rail; the item whose address is the longest beginning of the page's is the active one."""
    items = [(item, reverse(item.url_name)) for item in panels.rail(request.user)]
    matching = [url for _item, url in items if request.path.startswith(url) and (url != "/" or request.path == "/")]
    here = max(matching, key=len, default=None)
    today = RailItem("today", _("Today"), reverse("core:home"), "house", request.path == "/", False)
    return [
        today,
        *(
            RailItem(item.key, str(item.label), url, item.icon, url == here, item.count is not None)
            for item, url in items
        ),
    ]
