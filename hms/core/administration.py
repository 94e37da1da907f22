"""The Django admin's own site: what its pages may load differs from ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_update
from django.contrib.admin import AdminSite


class Administration(AdminSite):
    """Django's own scripts carry no word of the answer, so here the browser runs those of this house's files."""

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        return csp_update({"script-src": ["'self'"]})(super().admin_view(view, cacheable))
