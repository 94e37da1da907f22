"""Who may use a route. Nothing is open unless it says so.

Every view declares one of `public`, `signed_in` or `needs(permission)`; AccessMiddleware refuses a
view that declares nothing, and a test walks the resolver for one. What a person may see of what
lies behind a route is `visible_to(user)` of the model's queryset; `find` loads one such row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

from django.apps import apps
from django.contrib.auth.backends import ModelBackend
from django.db import models
from django.http import Http404, HttpRequest

from hms.core import roles
from hms.core.models import Membership, User

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Access:
    """What a route demands: `permission` is None for everyone who is signed in."""

    public: bool = False
    permission: str | None = None
    # A POST that only reads (a search whose words must not stand in a URL), so not an act.
    reads_by_post: bool = False
    # The page asks for it by itself, again and again: such a request is nothing that the person did.
    polls: bool = False
    # One route to many kinds of record: the permission is that of the record which the arguments name.
    chosen: Callable[[User, Mapping[str, Any]], str] | None = None

    def asked_of(self, user: User, arguments: Mapping[str, Any]) -> Access:
        """What the route demands of this person at this address. 404 where it leads to no kind of record."""
        return replace(self, permission=self.chosen(user, arguments)) if self.chosen else self


def public(view: View) -> View:
    view.access = Access(public=True)  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    view.access = Access()  # type: ignore[attr-defined]
    return view


def signed_in_search(view: View) -> View:
    """Everyone who is signed in; the words of the search come by POST and change nothing."""
    view.access = Access(reads_by_post=True)  # type: ignore[attr-defined]
    return view


def needs(permission: str, *, reads_by_post: bool = False) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.access = Access(permission=permission, reads_by_post=reads_by_post)  # type: ignore[attr-defined]
        return view

    return mark


def needs_what(chosen: Callable[[User, Mapping[str, Any]], str]) -> Callable[[View], View]:
    """What the record demands that the address names: `chosen(user, arguments)` says it."""

    def mark(view: View) -> View:
        view.access = Access(chosen=chosen)  # type: ignore[attr-defined]
        return view

    return mark


def polls(view: View) -> View:
    """Above the declaration of a view that a page asks for again and again: when htmx asks, nobody's idle time
    begins anew. Whoever leaves its header out to be counted as active could as well open any other page."""
    view.access = replace(view.access, polls=True)  # type: ignore[attr-defined]
    return view


def of(request: HttpRequest) -> Access:
    """What the view that answers this request declared; of the administration's, that it is for those signed in."""
    return getattr(request.resolver_match.func, "access", None) or Access()


class OutOfScope(Http404):
    """The row exists or not: to this person it does not. The middleware records the refusal."""

    def __init__(self, model: type[models.Model], pk: UUID) -> None:
        super().__init__("Not found")
        self.model = model
        self.pk = pk


# Argument of a route → how to find whose record it leads to. Departments register theirs.
_concerns: dict[str, tuple[str, str]] = {}


def concerns(**arguments: str) -> None:
    """`concerns(encounter_id="patients.Encounter:patient_id")`: whose record an argument of a route leads
    to, so that a refusal is recorded under the patient it kept closed. Called from an app's `ready()`."""
    for argument, path in arguments.items():
        model, _colon, field = path.partition(":")
        _concerns[argument] = (model, field or "patient_id")


def arguments() -> list[str]:
    """The arguments of routes that lead to somebody's record."""
    return list(_concerns)


# The same for a route whose arguments say together where it leads.
_leads: list[Callable[[Mapping[str, Any]], Iterator[tuple[models.QuerySet, str]]]] = []


def concerns_by(leads: Callable[[Mapping[str, Any]], Iterator[tuple[models.QuerySet, str]]]) -> None:
    """`leads(arguments)` gives the row, as a queryset, and the path from it to the patient's key, if there is one."""
    if leads not in _leads:
        _leads.append(leads)


def _rows_concerned(arguments: dict[str, Any]) -> Iterator[tuple[models.QuerySet, str]]:
    """The row, as a queryset, to which an argument leads, and the path from it to the patient's key."""
    for leads in _leads:
        yield from leads(arguments)
    for argument, pk in arguments.items():
        if argument in _concerns:
            model, field = _concerns[argument]
            yield apps.get_model(model)._base_manager.filter(pk=pk), field


def concerned(arguments: dict[str, Any]) -> UUID | None:
    """The patient whose record these arguments of a route lead to, if there is one."""
    for rows, field in _rows_concerned(arguments):
        if found := rows.values_list(field, flat=True).first():
            return found
    return None


@dataclass(frozen=True)
class Closed:
    """A chart that is not open to somebody. `known`: they may know that the patient exists; `door`: where
    they may say why they need the chart, or ""."""

    known: bool
    door: str


@dataclass(frozen=True)
class Care:
    """`treats(user, rows, field)`: (the key of the patient at `field` of the one row, whether this person
    treats them), or None without a row; in one query. `known`, `door`: of Closed."""

    permissions: frozenset[str]
    treats: Callable[[User, models.QuerySet, str], tuple[UUID, bool] | None]
    known: Callable[[User, UUID], bool]
    door: Callable[[User, UUID], str]


_care: Care | None = None


def ask_for_care(care: Care) -> None:
    """From here on a route that demands one of these permissions and leads to a patient opens only to those
    who treat them. Called from the `ready()` of the app that knows."""
    global _care
    _care = care


def closed(user: User, declared: Access, arguments: dict[str, Any]) -> Closed | None:
    """Whether a route's patient is kept from somebody who holds its permission; None where it is open."""
    if _care is None or declared.permission not in _care.permissions:
        return None
    for rows, field in _rows_concerned(arguments):
        if found := _care.treats(user, rows, field):
            patient_id, treated = found
            if not treated:
                known = _care.known(user, patient_id)
                return Closed(known, _care.door(user, patient_id) if known else "")
    return None


def find(request: HttpRequest, queryset: models.QuerySet, pk: UUID) -> Any:
    """The row `pk` of a queryset that was narrowed by `visible_to(request.user)`, else 404."""
    found = queryset.filter(pk=pk).first()
    if found is None:
        raise OutOfScope(queryset.model, pk)
    return found


class MembershipBackend(ModelBackend):
    """Permissions come from the roles a person holds in the facility they work in at this moment."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        user = super().authenticate(request, **credentials)
        return None if user is not None and user.first_password_is_over else user

    def get_all_permissions(self, user_obj: User, obj: models.Model | None = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if "_permissions" not in user_obj.__dict__:
            user_obj.__dict__["_permissions"] = roles.permissions_of(user_obj.roles)
        return user_obj.__dict__["_permissions"]

    def has_perm(self, user_obj: User, perm: str, obj: models.Model | None = None) -> bool:
        return perm in self.get_all_permissions(user_obj, obj)

    def has_module_perms(self, user_obj: User, app_label: str) -> bool:
        return any(perm.startswith(app_label + ".") for perm in self.get_all_permissions(user_obj))


def memberships(user: User) -> list[Membership]:
    """The person's active memberships, by facility name then role."""
    return list(
        Membership.objects.filter(user=user, active=True)
        .select_related("facility", "role", "department")
        .order_by("facility__name", "role__name")
    )
