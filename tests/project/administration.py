"""Every address of the administration, read off its own resolver: what is registered tomorrow is among them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from hms.core import held
from tests.project.hospitals import KINDS, Hospital
from tests.project.matrix import Found, named

ROOT = "/admin/"


@dataclass(frozen=True)
class Address:
    """`path`: as the resolver has it; `model`: whose rows it leads to, or lists; `action`: of a list, what is done with
    the rows that were chosen."""

    name: str
    path: str
    model: type[models.Model] | None
    action: str = ""

    @property
    def leads_to_a_row(self) -> bool:
        return "object_id>" in self.path or "<id>" in self.path or bool(self.action)

    @property
    def is_a_list(self) -> bool:
        return self.name.endswith("_changelist")

    @property
    def kinds(self) -> tuple[str, ...]:
        """The rows to try it with: of what is no patient's, one's own facility's and the other's."""
        if not self.leads_to_a_row:
            return ("own",)
        return KINDS if self.model in held.tables() else ("own", "foreign")

    def url(self, key: Any = None) -> str:
        known = {"object_id": quote(str(key)), "id": quote(str(key))}
        return ROOT + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: known[found[1]], self.path)

    def sent(self, key: Any) -> dict[str, Any]:
        return {"action": self.action, "_selected_action": [str(key)], "index": "0"} if self.action else {}


def addresses() -> list[Address]:
    return sorted([*_walk(_resolver().url_patterns, ""), *_actions()], key=lambda address: address.name)


def row_of(stands: Hospital, address: Address, kind: str) -> Any:
    """The key of the row of this kind that an address is tried with; None where there is none."""
    return next(iter(stands.rows[kind].get(address.model, [])), None) if address.leads_to_a_row else None


def _resolver() -> URLResolver:
    return next(each for each in get_resolver().url_patterns if getattr(each, "namespace", "") == "admin")


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[Address]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        elif pattern.name == "app_list":
            for label in re.search(r"\(\?P<app_label>([^)]*)\)", path)[1].split("|"):
                yield Address(f"app_list_{label}", f"{label}/", None)
        elif pattern.name == "login":
            continue  # the house's own route, which stands before it
        elif "(?P<url>" in path:
            yield Address("anything-else", "nothing/here/", None)
        else:
            model = _model(path)
            yield Address(pattern.name or f"{model._meta.app_label}_{model._meta.model_name}_row", path, model)


def _model(path: str) -> type[models.Model] | None:
    begins = {f"{model._meta.app_label}/{model._meta.model_name}/": model for model in admin.site._registry}
    return next((model for begin, model in begins.items() if path.startswith(begin)), None)


def _actions() -> Iterator[Address]:
    for model, page in admin.site._registry.items():
        label = f"{model._meta.app_label}/{model._meta.model_name}/"
        for _function, name, _text in page._get_base_actions():
            yield Address(f"{label.replace('/', '_')}does_{name}", label, model, name)


def table(found: Found) -> list[str]:
    """The reviewed form: each address and method once, or once for each sort of rows that opens to others."""
    lines = []
    for address in addresses():
        for method in ("POST",) if address.action else ("GET", "POST"):
            whom = {
                kind: frozenset(who)
                for kind in ("page", *KINDS)
                if (who := found.get((address.name, method, kind), set()))
            }
            for who in dict.fromkeys(whom.values()):
                kinds = "+".join(kind for kind in whom if whom[kind] == who)
                lines.append(f"{address.name:<54} {method:<4} {kinds:<24} {named(set(who))}")
            if not whom:
                lines.append(f"{address.name:<54} {method:<4} {'any':<24} nobody")
    return lines
