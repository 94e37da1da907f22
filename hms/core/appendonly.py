"""Tables that only grow. The database refuses UPDATE and DELETE, whoever asks and by whatever way.

A model says `append_only = True`; its app's migration installs the trigger with `forbid_changes`;
`manage.py grant_app_role` also takes the privilege from the application's role. TRUNCATE is left
to the owner of the tables, whom no part of the running application connects as.
"""

from django.apps import apps
from django.db import migrations, models

FUNCTION = """
create or replace function hms_append_only() returns trigger language plpgsql as $$
begin
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


def append_only_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if getattr(model, "append_only", False)]
