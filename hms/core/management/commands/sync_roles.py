"""`manage.py sync_roles`: writes the role table into Django's groups."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from hms.core.roles import ROLES


class Command(BaseCommand):
    help = "Write the roles of hms/core/roles.py and their permissions into the groups."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        known = {
            f"{permission.content_type.app_label}.{permission.codename}": permission
            for permission in Permission.objects.select_related("content_type")
        }
        wanted = {name for role in ROLES.values() for name in role.permissions}
        if missing := sorted(wanted - known.keys()):
            raise CommandError(f"No model declares: {', '.join(missing)}. Correct hms/core/roles.py.")
        for role in ROLES.values():
            group, _made = Group.objects.get_or_create(name=role.code)
            group.permissions.set([known[name] for name in role.permissions])
        self.stdout.write(f"{len(ROLES)} roles, {len(wanted)} permissions.")
