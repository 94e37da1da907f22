"""`manage.py grant_app_role ROLE`: what the application's own database role may do, and no more."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from psycopg import sql

from hms.core.appendonly import append_only_models, deletable_models


class Command(BaseCommand):
    help = "Grant the application's database role its privileges: nothing is deleted, some tables are only added to."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", nargs="?", default="hms_app")

    @transaction.atomic
    def handle(self, *args: Any, role: str, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select current_user, exists (select from pg_roles where rolname = %s)", [role])
            owner, exists = cursor.fetchone()
            if not exists:
                raise CommandError(f"The database has no role {role}. Create it first: create role {role} login;")
            if owner == role:
                raise CommandError(f"{role} owns the tables, so nothing can be withheld from it: see docs/running.md.")
            grants = [
                "grant usage on schema public to {role}",
                "grant select, insert, update on all tables in schema public to {role}",
                "revoke delete on all tables in schema public from {role}",
                "grant usage, select on all sequences in schema public to {role}",
                "revoke truncate, references, trigger on all tables in schema public from {role}",
            ]
            for statement in grants:
                cursor.execute(sql.SQL(statement).format(role=sql.Identifier(role)))
            # What was migrated is the owner's to say.
            cursor.execute(
                sql.SQL("revoke insert, update, delete on django_migrations from {role}").format(
                    role=sql.Identifier(role)
                )
            )
            for model in deletable_models():
                cursor.execute(
                    sql.SQL("grant delete on {table} to {role}").format(
                        table=sql.Identifier(model._meta.db_table), role=sql.Identifier(role)
                    )
                )
            for model in append_only_models():
                taken = "insert, update, delete" if getattr(model, "written_by_triggers", False) else "update, delete"
                cursor.execute(
                    sql.SQL("revoke " + taken + " on {table} from {role}").format(
                        table=sql.Identifier(model._meta.db_table), role=sql.Identifier(role)
                    )
                )
            self.close_parts(cursor, role)
        self.stdout.write(f"{role}: {len(append_only_models())} append-only tables.")

    def close_parts(self, cursor: Any, role: str) -> None:
        """The months of the audit are reached through the audit alone; new ones are made by the owner's function."""
        cursor.execute("select inhrelid::regclass::text from pg_inherits where inhparent = 'core_auditevent'::regclass")
        for (part,) in cursor.fetchall():
            cursor.execute(
                sql.SQL("revoke all on {part} from {role}").format(part=sql.Identifier(part), role=sql.Identifier(role))
            )
        cursor.execute(
            sql.SQL("grant execute on function hms_audit_months() to {role}").format(role=sql.Identifier(role))
        )
        # It asks by itself what has to be: a request that somebody else approved, and that no legal hold stands.
        cursor.execute(sql.SQL("grant execute on function hms_erase(uuid) to {role}").format(role=sql.Identifier(role)))
        # Which months were let go is the owner's to say.
        cursor.execute(sql.SQL("revoke insert on core_auditretirement from {role}").format(role=sql.Identifier(role)))
