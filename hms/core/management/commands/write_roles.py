"""`manage.py write_roles`: docs/roles.md, from the tables of roles and of limits, and what departments add to it.
It asks no database."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.core.management.base import BaseCommand
from django.utils import translation

from hms.core import approvals, chapters
from hms.core.limits import RULES, Limit
from hms.core.roles import ROLES, Role, label

PAGE = settings.BASE_DIR / "docs" / "roles.md"


def _words() -> dict[str, str]:
    """What each permission is called, as Django writes it into Permission.name."""
    found = {}
    for model in apps.get_models():
        options = model._meta
        for action in options.default_permissions:
            codename = get_permission_codename(action, options)
            found[f"{options.app_label}.{codename}"] = f"Can {action} {options.verbose_name_raw}"
        for codename, name in options.permissions:
            found[f"{options.app_label}.{codename}"] = str(name)
    return found


def _plain(name: str) -> str:
    """ "Can take a payment" stands under "may": take a payment."""
    name = name.removeprefix("Can ")
    return name[:1].lower() + name[1:]


def _permissions(role: Role, words: dict[str, str]) -> Iterator[str]:
    by_department = defaultdict(list)
    for permission in role.permissions:
        department = apps.get_app_config(permission.partition(".")[0]).verbose_name
        by_department[str(department)].append(_plain(words[permission]))
    for department, names in sorted(by_department.items()):
        yield f"- {department}: {'; '.join(sorted(names))}"


def _upto(limit: Limit) -> str:
    if limit.amount is None:
        return "any amount"
    return f"{limit.amount}" + ("" if limit.percent is None else f" and {limit.percent} %")


def _lines() -> Iterator[str]:
    words = _words()
    yield "# Roles"
    yield ""
    yield "Written by `bin/hms manage write_roles` from `hms/core/roles.py`, `hms/core/limits.py` and `staff/licences.py`: change those, and write it again."
    yield "A permission opens a page; whose record it opens there, [security.md](security.md#who-opens-a-chart) says. A person holds"
    yield "roles in a facility, all of it or one department, and works in one facility at a time."
    for role in ROLES.values():
        yield ""
        yield f"## {role.label}"
        yield f"`{role.code}`. {role.why}"
        yield ""
        yield from list(_permissions(role, words)) or ["No permission yet."]
    yield ""
    yield "## Limits"
    yield "Up to how much each role does alone, and approves of others, in the facility's own currency; the percentage holds as well as the"
    yield "amount. Who is not named does nothing of it alone. A facility sets its own under Approvals, Limits."
    yield ""
    yield "| act | alone, up to | why there is a limit |"
    yield "|---|---|---|"
    for kind, rule in RULES.items():
        limits = "; ".join(f"{label(role)}: {_upto(limit)}" for role, limit in rule.by_role.items())
        yield f"| {approvals.label_of(kind)} | {limits} | {rule.why} |"
    yield from chapters.lines()


def text() -> str:
    """What docs/roles.md must be."""
    with translation.override(settings.LANGUAGE_CODE):
        return "\n".join(_lines()) + "\n"


class Command(BaseCommand):
    help = "Write docs/roles.md from the tables of roles and limits."

    def handle(self, *args: Any, **options: Any) -> None:
        PAGE.write_text(text())
        self.stdout.write(f"{PAGE.relative_to(settings.BASE_DIR)}: {len(ROLES)} roles, {len(RULES)} limits.")
