"""The Django admin's own site: what its pages may load differs from ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_update
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver

# What no page here asks for. They would answer for rows of every table, or lead to rows of every facility.
ABSENT = {"autocomplete", "view_on_site"}


class Administration(AdminSite):
    """Django's own scripts carry no word of the answer, so here the browser runs those of this house's files."""

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        return csp_update({"script-src": ["'self'"]})(super().admin_view(view, cacheable))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [pattern for pattern in super().get_urls() if getattr(pattern, "name", None) not in ABSENT]

    # One door: what Django would do here ends no other session, and the audit would not know of it.

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_change_password")

    def password_change_done(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("password_changed")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_logout")
