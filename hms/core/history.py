"""What changed, by whom: the history of a record as people read it, and what the oracle finds in it.

The rows are the database's own (models/tracking.py). Each says in which transaction it came to be; every act leaves an
audit row in its transaction, so that who, in which role, in which act and why is found by it. Numbers of transactions
begin anew in a restored database: a change and its act also lie near in time.

Each app registers from `ready()` who may read the history of its records: whoever may read the record itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection, models
from django.db.models import Case, IntegerField, Q, Value, When
from django.http import Http404
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from psycopg.types.range import Range

from hms.core import actions, oracle, roles
from hms.core.models import AuditEvent, SoftwareUpdate, User
from hms.core.models.tracking import DELETE, INSERT, UPDATE, Change, change_models

NEAR = timedelta(days=1)
# Said by the page itself, or by nobody: what the record is, whose, and where.
EVIDENT = frozenset({"id", "created_at", "patient", "facility"})

Around = Callable[[User, Any], Mapping[str, Any]]
Guard = Callable[[User, Any], bool]


@dataclass(frozen=True)
class Kept:
    """How the history of a kind of record is reached. `permissions`: any of them, as for the record's own pages;
    `rows(user)`: the records in somebody's scope; `patient`: the way to the patient's key, "" for nobody's; `around`:
    what stands around the page (banner, back); `guarded`: fields that not everybody reads who reads the record."""

    model: type[models.Model]
    changes: type[Change]
    permissions: tuple[str, ...]
    rows: Callable[[User], models.QuerySet]
    patient: str
    around: Around
    guarded: Mapping[str, Guard]


@dataclass(frozen=True)
class Named:
    """How a row is called where another points at it: `related` is loaded with it."""

    text: Callable[[Any], str] = str
    related: tuple[str, ...] = ()


_kept: dict[str, Kept] = {}
_named: dict[type[models.Model], Named] = {}
_unread: set[type[models.Model]] = set()


def register(
    model: type[models.Model],
    *,
    permission: str | tuple[str, ...],
    rows: Callable[[User], models.QuerySet] | None = None,
    patient: str = "",
    around: Around = lambda user, row: {},
    guarded: Mapping[str, Guard] | None = None,
) -> None:
    """Let those who read such records read their history. Without `rows` it is what `visible_to` says."""
    changes = next(found for found in change_models() if found.pgh_tracked_model is model)
    _kept[model._meta.label_lower] = Kept(
        model,
        changes,
        (permission,) if isinstance(permission, str) else permission,
        rows or (lambda user: model._default_manager.visible_to(user)),
        patient,
        around,
        guarded or {},
    )


def name(model: type[models.Model], text: Callable[[Any], str] = str, *, related: tuple[str, ...] = ()) -> None:
    """Say how rows of a model are called in the history of others; str(row) where nothing is said."""
    _named[model] = Named(text, related)


def registered() -> list[Kept]:
    return list(_kept.values())


def unread(model: type[models.Model]) -> None:
    """A tracked model that has no page of its own."""
    _unread.add(model)


def of(record: str) -> Kept:
    """How the history of such records is reached, by their label ("patients.allergy"); else 404."""
    if record not in _kept:
        raise Http404
    return _kept[record]


def url(user: User, row: models.Model) -> str:
    """Where this person reads what changed in a row; "" where there is nothing for them. No query."""
    found = _kept.get(row._meta.label_lower)
    if found is None or not any(user.has_perm(permission) for permission in found.permissions):
        return ""
    return reverse("core:history", args=[row._meta.label_lower, row.pk])


def called(row: models.Model) -> str:
    """A row's name."""
    return _named.get(type(row), Named()).text(row)


# For the door (hms.core.access)


def permission(user: User, arguments: Mapping[str, Any]) -> str:
    """What the route demands of somebody: one of the permissions of the record that they hold, if there is one."""
    permissions = of(arguments["record"]).permissions
    return next((held for held in permissions if user.has_perm(held)), permissions[0])


def leads(arguments: Mapping[str, Any]) -> Iterator[tuple[models.QuerySet, str]]:
    """Whose record the route leads to."""
    found = _kept.get(arguments.get("record", ""))
    if found and found.patient:
        yield found.model._base_manager.filter(pk=arguments["row_id"]), found.patient


# As people read it


@dataclass(frozen=True)
class Difference:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Told:
    """One change: what was done (`kind`), by which act and whom. `outside`: the database's user, where no act of the
    application did it. `kept_back`: something changed that this reader may not read; then the act says nothing."""

    at: datetime
    kind: str
    words: str
    who: str = ""
    role: str = ""
    reason: str = ""
    outside: str = ""
    kept_back: bool = False
    compares: bool = True
    differences: list[Difference] = field(default_factory=list)

    @property
    def label(self) -> str:
        words = {INSERT: _("Added"), UPDATE: _("Changed"), DELETE: _("Removed")}
        return words.get(self.kind, _("Beginning"))


def told(user: User, kept: Kept, row: models.Model, changes: Sequence[Change]) -> list[Told]:
    """A page of changes, newest first, in words. Queries: the change before them, their acts, and the names of what
    their keys point at, one for each kind of record."""
    if not changes:
        return []
    older = kept.changes.objects.filter(pgh_obj_id=row.pk, pgh_id__lt=changes[-1].pgh_id).order_by("-pgh_id").first()
    secret = {column for column, guard in kept.guarded.items() if not guard(user, row)}
    compared = [
        (change, before, _compared(kept, change, before))
        for change, before in zip(changes, [*changes[1:], older], strict=True)
    ]
    names = _names([pair for *_both, pairs in compared for pair in pairs if pair[0].name not in secret])
    acts, updates = _acts(row, changes), _updates(changes)
    return [_told(change, before, pairs, secret, names, acts, updates) for change, before, pairs in compared]


Pair = tuple[models.Field, Any, Any]


def _compared(kept: Kept, change: Change, before: Change | None) -> list[Pair]:
    """The fields in which a change differs from the one before it; of the first one, whatever says something."""
    if change.pgh_label == DELETE:
        return []
    columns = {column.name for column in kept.changes._meta.fields}
    found = []
    for column in kept.model._meta.concrete_fields:
        if column.name not in columns or (before is None and column.name in EVIDENT):
            continue
        was, now = getattr(before, column.name, None), getattr(change, column.name)
        if was != now if before else now not in (None, "", [], {}):
            found.append((column, was, now))
    return found


def _told(
    change: Change,
    before: Change | None,
    pairs: list[Pair],
    secret: set[str],
    names: dict[tuple[type, Any], str],
    acts: dict[int, AuditEvent],
    updates: dict[int, str],
) -> Told:
    shown = [pair for pair in pairs if pair[0].name not in secret]
    kept_back = bool(pairs) and not shown
    act, update = acts.get(change.pgh_id), updates.get(change.pgh_transaction, "")
    common = {
        "at": change.pgh_created_at,
        "kind": change.pgh_label,
        "kept_back": kept_back,
        "compares": before is not None,
        "differences": [
            Difference(capfirst(column.verbose_name), _said(column, was, names), _said(column, now, names))
            for column, was, now in shown
        ],
    }
    if change.pgh_label not in (INSERT, UPDATE, DELETE):
        return Told(words=_("As it was when its history began"), **common)
    if act is not None:
        role = ", ".join(roles.label(code) for code in act.role.split(", ") if code)
        words, reason = ("", "") if kept_back else (actions.words(act.action), act.reason)
        return Told(words=words, who=act.actor_name, role=role, reason=reason, **common)
    if update:
        return Told(words=_("Update of the program: %(name)s") % {"name": update}, **common)
    return Told(words="", outside=change.pgh_user, **common)


def _acts(row: models.Model, changes: Sequence[Change]) -> dict[int, AuditEvent]:
    """The act that each change belongs to: of those in its transaction one about the row itself, else the last one that
    is more than a look. What an act does on the way (its charge, its paper) is recorded before it."""
    wanted = Q(pk__in=[])
    for change in changes:
        near = (change.pgh_created_at - NEAR, change.pgh_created_at + NEAR)
        wanted |= Q(transaction=change.pgh_transaction, at__range=near)
    own = Q(object_type=row._meta.label_lower, object_id=str(row.pk))
    look = Q(action__endswith=".viewed") | Q(action__endswith=".seen") | Q(action__endswith=".searched")
    rank = Case(
        # In the one transaction that fills it, the demonstration tells acts of days gone by.
        When(action="core.demonstration.built", then=Value(-1)),
        When(own & ~look, then=Value(0)),
        When(~look, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    found = (
        AuditEvent.objects.filter(wanted)
        .annotate(rank=rank)
        .order_by("transaction", "rank", "-id")
        .distinct("transaction")
    )
    by_transaction = {event.transaction: event for event in found}
    return {
        change.pgh_id: by_transaction[change.pgh_transaction]
        for change in changes
        if change.pgh_transaction in by_transaction
    }


def _updates(changes: Sequence[Change]) -> dict[int, str]:
    found = SoftwareUpdate.objects.filter(transaction__in={change.pgh_transaction for change in changes})
    at = {change.pgh_transaction: change.pgh_created_at for change in changes}
    return {each.transaction: each.name for each in found if abs(each.at - at[each.transaction]) < NEAR}


def _names(pairs: Iterable[Pair]) -> dict[tuple[type, Any], str]:
    """What the keys in these pairs point at, by (model, key)."""
    keys: dict[type[models.Model], set[Any]] = {}
    for column, was, now in pairs:
        if column.is_relation:
            keys.setdefault(column.remote_field.model, set()).update({was, now} - {None})
    return names({model: wanted for model, wanted in keys.items() if wanted})


def names(keys: Mapping[type[models.Model], Iterable[Any]]) -> dict[tuple[type, Any], str]:
    """How rows are called, by (model, key); one query for each model."""
    found = {}
    for model, wanted in keys.items():
        how = _named.get(model, Named())
        for row in model._base_manager.select_related(*how.related).filter(pk__in=wanted):
            found[model, row.pk] = how.text(row)
    return found


def _said(column: models.Field, value: Any, names: Mapping[tuple[type, Any], str]) -> str:
    """A stored value as the pages of the house say it; "" for nothing."""
    if value is None or value == "":
        return ""
    if column.is_relation:
        return names.get((column.remote_field.model, value), str(value))
    if column.choices:
        return str(dict(column.flatchoices).get(value, value))
    return plain(value)


def plain(value: Any) -> str:
    from hms.core.templatetags.hms import clock, day, daytime

    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Range):
        if value.upper is None:
            return _("from %(start)s") % {"start": plain(value.lower)}
        return f"{plain(value.lower)} – {plain(value.upper)}"
    if isinstance(value, datetime):
        return daytime(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, time):
        return clock(value)
    if isinstance(value, list):
        return ", ".join(plain(each) for each in value)
    return str(value)


# What the oracle asks


def without_an_act() -> Iterator[str]:
    """Changes that no act of the application and no update of the program made: somebody worked around them."""
    tables = " union all ".join(
        f"select '{model.pgh_tracked_model._meta.db_table}' as name, pgh_obj_id::text as row, pgh_label, pgh_created_at,"
        f" pgh_transaction, pgh_user from {model._meta.db_table} where pgh_label in ('insert', 'update', 'delete')"
        for model in change_models()
    )
    near = "between c.pgh_created_at - interval '1 day' and c.pgh_created_at + interval '1 day'"
    verbs = {INSERT: "was added", UPDATE: "was changed", DELETE: "was removed"}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select name, row, pgh_label, pgh_created_at, pgh_user from ({tables}) c
            where not exists (select from core_auditevent a where a.transaction = c.pgh_transaction and a.at {near})
              and not exists (select from core_softwareupdate u where u.transaction = c.pgh_transaction and u.at {near})
            order by pgh_created_at, name limit 1000
            """
        )
        for table, row, label, at, user in cursor.fetchall():
            yield f"{table} {row} {verbs[label]} at {at:%Y-%m-%d %H:%M:%S} by the database user {user}: no act did it."


def register_own() -> None:
    """The core's own records, and its question to the oracle."""
    from hms.core import people
    from hms.core.models import ApprovalLimit, Department, Document, Facility, Membership

    oracle.register("changes: every one was an act", without_an_act)
    name(Group, lambda role: roles.label(role.name))
    register(Facility, permission="core.view_facility", rows=lambda user: Facility.objects.all())
    register(
        Department,
        permission="core.view_department",
        rows=lambda user: Department.objects.filter(facility=user.facility),
    )
    register(User, permission="core.view_user", rows=lambda user: User.objects.filter(people.known_to(user)))
    register(
        Membership,
        permission="core.view_membership",
        rows=lambda user: Membership.objects.filter(facility__in=people.administered(user)),
    )
    register(
        ApprovalLimit,
        permission="core.view_approvallimit",
        rows=lambda user: ApprovalLimit.objects.filter(facility=user.facility),
        around=lambda user, row: {"back": reverse("core:limits")},
    )
    register(
        Document,
        permission="core.view_document",
        rows=lambda user: Document.objects.filter(facility=user.facility).defer("content", "snapshot"),
        patient="patient_id",
    )
