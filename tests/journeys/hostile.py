"""Text that does harm wherever it is taken for markup: in every column there is, by the forms' doors and past them.

Each column and each field has a number of its own, so that whatever runs or stands in a page says where it came from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

# Where nothing else gets in: by the services that a walked hospital was made with.
MARK = '"><x-h>'
NUMBER = re.compile(r"h(\d+)z")
EVERYTHING = (
    "h{n}z onfocus=hostile({n}) autofocus x=\"'`>--></title></textarea></style></noscript></template></option></select>"
    '</script><script>hostile({n})</script><img src=x onerror=hostile({n})><svg onload=hostile({n})><a href="javascript:'
    'hostile({n})">x</a><link rel=stylesheet href=//elsewhere.example/{n}><meta http-equiv=refresh content="0;url='
    '//elsewhere.example/{n}"><x-h hx-get="//elsewhere.example/{n}" hx-trigger="load" hx-on::load="hostile({n})"></x-h>'
    "{{{{ 7|add:{n} }}}}{{% debug %}}\\u003cscript\\u003e\\u2028\u202e＜script＞&lt;x-h&gt;&#60;x-h&#62;]]>*/;//${{hostile({n})}}"
)
LADDER = (
    EVERYTHING,
    "h{n}z\"'--></title></textarea></script><script>hostile({n})</script><img src=x onerror=hostile({n})><x-h hx-on:load=hostile({n})>",
    "h{n}z\"'><img src=x onerror=hostile({n})>",
    "h{n}z\"'><x-h>",
    "'\"><x-h>",
)


def words(n: int, room: int | None) -> str:
    """The most harmful text number `n` that has room; "" where none has."""
    return next((text for each in LADDER if len(text := each.format(n=n)) <= (room or 10_000)), "")


# What the code itself reads: another word there is another hospital, or none.
KEPT = {
    "core.facility": {"code", "time_zone", "currency"},
    "core.department": {"code"},
    "core.user": {"password"},
    "core.approval": {"kind", "subject_type", "currency", "result_type"},
    "core.approvallimit": {"kind", "role"},
    "core.auditevent": {"action", "object_type", "object_id"},
    "core.auditseal": {"content", "digest", "previous"},
    "core.document": {"source_type", "template", "sha256", "code"},
    "core.presence": {"password_mark"},
    "core.session": {"session_data"},
    "core.submittedform": {"route", "fingerprint", "location"},
    "core.counter": {"series"},
    "core.notification": {"url"},
    "patients.patient": {"phone_digits"},
    "billing.charge": {"source_type"},
    "billing.invoice": {"currency"},
    "billing.ledgertransaction": {"kind", "source_type"},
    "pharmacy.stockmovement": {"source_type"},
    "interop.sourcerecord": {"sha256", "object_type"},
}
# Tables of the libraries, that no page of ours or of the administration shows.
UNSHOWN = {
    "account", "mfa", "socialaccount", "auth", "contenttypes", "django_celery_beat", "guardian", "pghistory", "sites",
}  # fmt: skip
SUFFIX = 7  # by which the rows of one column differ, where they must


@dataclass
class Planted:
    """`columns`: what stands behind each number; `closed`: columns in which the database lets no such text stand."""

    columns: dict[int, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)

    def name(self, place: str) -> int:
        """A number for a place."""
        self.columns[len(self.columns) + 1] = place
        return len(self.columns)


def plant(planted: Planted) -> None:
    """Write hostile text into every column of text, as the owner of the tables, in every row."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set local session_replication_role = replica")
        for model in apps.get_models():
            if model._meta.proxy or not model._meta.managed or model._meta.app_label in UNSHOWN:
                continue
            for each in text_columns(model):
                n = planted.name(f"{model._meta.label}.{each.name}")
                text = words(n, each.max_length and each.max_length - SUFFIX)
                if not (text and _written(cursor, model, each, text)):
                    planted.closed.add(planted.columns.pop(n))
        cursor.execute("set local session_replication_role = origin")


def text_columns(model: type[models.Model]) -> list[models.Field]:
    """The columns of text that have no list of choices and mean nothing to the code. A table of changes has those of
    the table whose rows it keeps."""
    tracked = getattr(model, "pgh_tracked_model", None) or model
    found = []
    for each in model._meta.concrete_fields:
        own = next((known for known in tracked._meta.concrete_fields if known.name == each.name), each)
        if (
            isinstance(each, models.CharField | models.TextField)
            and not isinstance(each, models.GeneratedField)
            and not (each.primary_key or each.is_relation or own.choices or each.name.startswith("pgh_"))
            and each.name not in KEPT.get(tracked._meta.label_lower, ())
        ):
            found.append(each)
    return found


def _written(cursor: object, model: type[models.Model], column: models.Field, text: str) -> bool:
    """Whether the database took it: in every row, or else in those that have a text there."""
    table, name = model._meta.db_table, column.column
    differs = f"|| '~' || substr(md5({model._meta.pk.column}::text), 1, {SUFFIX - 1})"
    for which in ("", f" where {name} <> ''"):
        try:
            with transaction.atomic():
                cursor.execute(f'update "{table}" set "{name}" = %s {differs}{which}', [text])
            return True
        except DatabaseError:
            continue
    return False
