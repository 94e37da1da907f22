"""Tables that only grow, and rows of which parts never change. The database refuses, whoever asks and by
whatever way.

A model says `append_only = True`; its app's migration installs the trigger with `forbid_changes`;
`manage.py grant_app_role` also takes the privilege from the application's role. To what says
`written_by_triggers = True` that role may not even add. TRUNCATE is left
to the owner of the tables, whom no part of the running application connects as.

Nothing is deleted by the application at all, but from the few models that say `deletable = True`: what
was planned and never took place, drafts, links.
"""

from django.apps import apps
from django.db import migrations, models

# The one exception: while `hms_erase` (hms.core.erasing) runs, as the owner of the table, on a request that a second
# person approved and that is not done yet. The variable alone opens nothing.
FUNCTION = """
create function hms_erasing(relation oid) returns boolean language plpgsql stable
    set search_path = public, pg_temp as $$
declare
    named text := coalesce(current_setting('hms.erasing', true), '');
begin
    if named = '' then
        return false;
    end if;
    return exists (select from pg_class where oid = relation and relowner = current_user::regrole)
        and exists (select from core_erasure e where e.id::text = named and e.status = 'approved'
            and e.decided_by_id <> e.asked_by_id and not exists (
                select from core_legalhold h where h.patient_id = e.patient_id and h.lifted_at is null));
end $$;
create function hms_append_only() returns trigger language plpgsql as $$
begin
    if hms_erasing(tg_relid) then
        if tg_op = 'DELETE' then
            return old;
        end if;
        return new;
    end if;
    raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'restrict_violation';
end $$
"""


def forbid_changes(table: str) -> migrations.RunSQL:
    """A migration step: rows of `table` can be added, never changed or removed."""
    return migrations.RunSQL(
        f"create trigger append_only before update or delete on {table}"
        " for each row execute function hms_append_only()",
        f"drop trigger append_only on {table}",
    )


def freeze(table: str, *columns: str) -> migrations.RunSQL:
    """A migration step: once written, these columns of `table` never change, and no row goes away."""
    changed = " or ".join(f"old.{column} is distinct from new.{column}" for column in columns)
    return migrations.RunSQL(
        f"""
        create trigger frozen before update of {", ".join(columns)} on {table}
            for each row when ({changed}) execute function hms_append_only();
        create trigger kept before delete on {table} for each row execute function hms_append_only();
        """,
        f"drop trigger frozen on {table}; drop trigger kept on {table}",
    )


def begin_changes(table: str, *, unless: str = "") -> list[migrations.RunSQL]:
    """Migration steps after the table of changes of `table` was made: the rows that are there already are its
    beginning (but those for which `unless`, a condition, holds), and from then on it only grows."""
    where = f"where not ({unless})".replace("'", "''") if unless else ""
    changes = change_table(table)
    begin = f"""
        do $$ declare columns text; begin
            select string_agg(quote_ident(column_name), ', ') into columns from information_schema.columns
                where table_schema = 'public' and table_name = '{changes}' and column_name not like 'pgh\\_%';
            execute format('insert into {changes} (pgh_created_at, pgh_label, pgh_obj_id, %s)'
                ' select now(), ''beginning'', id, %s from {table} {where}', columns, columns);
        end $$
    """
    return [migrations.RunSQL(begin, migrations.RunSQL.noop), forbid_changes(changes)]


def change_table(table: str) -> str:
    return f"{table}change"


# Tables of libraries whose rows come and go by their nature.
PASSING = {"django_celery_beat", "mfa", "socialaccount"}


def deletable_models() -> list[type[models.Model]]:
    """What the application's role may delete from: `deletable` models, links, and PASSING."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if getattr(model, "deletable", False)
        or (model._meta.auto_created and model._meta.app_label != "auth" and not _of_core(model))
        or model._meta.app_label in PASSING
    ]


def _of_core(model: type[models.Model]) -> bool:
    """Links of users and groups decide who may do what: the owner's."""
    return model._meta.app_label == "core"


def append_only_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if getattr(model, "append_only", False)]
