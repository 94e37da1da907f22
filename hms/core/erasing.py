"""The function that erases a patient's record, and the guards around it.

Nothing in the application may change what only grows, and its database role may not either. So the owner of the tables
keeps one function, `hms_erase`, written anew at every migrate from what the apps declare (hms.core.erasures). Whoever
calls it, it asks by itself: that the request was made in an earlier transaction and approved by somebody else, that no
legal hold stands, and that not too many were erased within a day. Only while it runs do the append-only tables let
through, and only to their owner (`hms_erasing`): setting the session's variable opens nothing.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from django.db.models.functions import Now
from psycopg import sql

from hms.core import erasures, held, sealing
from hms.core.appendonly import change_table
from hms.core.models import AuditErasure, AuditEvent, Erasure
from hms.core.models.tracking import Change

A_DAY = 20  # erasures, in the whole network: who steals the application's role cannot empty the house

# Stands for the patient where a queryset is written down as SQL.
PATIENT = UUID("00000000-0000-7000-8000-00000000e5a5")

GUARD = "of_nobody_erased"
ENTERING = """
create or replace function hms_not_erased() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare
    _gone timestamptz;
begin
    -- Waits for an erasure that runs, and then sees it.
    select erased_at into _gone from patients_patient where id = new.patient_id for key share;
    if _gone is not null then
        raise exception 'the record was erased: nothing is added to it' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
"""
STAYS = """
create or replace trigger erased_stays before update or delete on patients_patient
    for each row when (old.erased_at is not null) execute function hms_append_only();
create or replace trigger erased_by_nobody_else before update of erased_at on patients_patient
    for each row when (old.erased_at is distinct from new.erased_at) execute function hms_append_only();
create or replace trigger erased_from_the_first before insert on patients_patient
    for each row when (new.erased_at is not null) execute function hms_append_only();
"""
# These tell of an erasure, or are the books' own; a row of theirs without its document or payment is worth nothing.
UNGUARDED = {"core_auditevent", "core_findingreview", "billing_ledgerentry"}


def guarded() -> list[str]:
    """The tables that name a patient by a column of their own: no row is added for one who was erased."""
    tables = [model._meta.db_table for model, way in held.ways().items() if way == "patient_id"]
    return sorted(set(tables) - UNGUARDED)


def install(using: Any = None) -> bool:
    """Write the function and the guards anew, as the owner of the tables; False where nothing had to be done."""
    body = text()
    mark = hashlib.sha256((body + ENTERING + STAYS + ",".join(guarded())).encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_has_role(relowner, 'usage'), obj_description(to_regprocedure('hms_erase(uuid)'))"
            " from pg_class where oid = to_regclass('core_auditerasure')"
        )
        owner = cursor.fetchone()
        if owner is None or not owner[0] or owner[1] == mark:
            return False
        cursor.execute(body)
        cursor.execute(ENTERING)
        cursor.execute(STAYS)
        for table in guarded():
            cursor.execute(
                sql.SQL(
                    "create or replace trigger {name} before insert on {table} for each row"
                    " when (new.patient_id is not null) execute function hms_not_erased()"
                ).format(name=sql.Identifier(GUARD), table=sql.Identifier(table))
            )
        cursor.execute(sql.SQL("comment on function hms_erase(uuid) is {}").format(sql.Literal(mark)))
    return True


def enough_for_today() -> bool:
    """Whether no more records are erased within this day, by the database's clock."""
    return AuditErasure.objects.filter(made_at__gt=Now() - timedelta(days=1)).count() >= A_DAY


def run(erasure: Erasure) -> AuditErasure:
    """Erase, in the caller's transaction, and give what became of the audit's rows."""
    with connection.cursor() as cursor:
        cursor.execute("select hms_erase(%s)", [erasure.pk])
    return AuditErasure.objects.get(erasure=erasure)


def text() -> str:
    """The function, from everything that is declared."""
    tables = [model for model in held.tables() if model is not AuditEvent]
    rows = [model for model in tables if not issubclass(model, Change)]
    changes = [model for model in tables if issubclass(model, Change)]
    ids = {model: f"_rows_{place}" for place, model in enumerate(tables)}
    erasure = Erasure._meta.db_table
    declared = [f"    {ids[model]} {_kind(model)}[];" for model in tables]
    found = [f"    {ids[model]} := array({_keys(model)});" for model in tables]
    emptied = [line for model in reversed(rows) if erasures.of(model) for line in _emptied(model, ids)]
    history = [line for model in changes if erasures.of(model.pgh_tracked_model) for line in _forgotten(model, ids)]
    parts = ["\n".join(each) for each in (declared, found, emptied, history)]
    return _FUNCTION.format(
        declared=parts[0], found=parts[1], emptied=parts[2], history=parts[3], row=sealing.ROW, lock=sealing.SEAL_LOCK,
        erasure=erasure, changes=change_table(erasure), most=A_DAY, patient=_patient_values(),
    )  # fmt: skip


def _kind(model: type[models.Model]) -> str:
    return "uuid" if isinstance(model._meta.pk, models.UUIDField) else "bigint"


def _keys(model: type[models.Model]) -> str:
    """The keys of the rows of a table that are held on the patient, as SQL."""
    statement, given = held.rows(model, PATIENT).values("pk").query.sql_with_params()
    literals = tuple("_patient" if value == PATIENT else sql.Literal(value).as_string(None) for value in given)
    return statement % literals


def _emptied(model: type[models.Model], ids: dict[type[models.Model], str]) -> list[str]:
    """What is done to the rows of a table. The patient's own is marked last, and closed by that."""
    table, key = model._meta.db_table, model._meta.pk.column
    if model is apps.get_model("patients", "Patient"):
        return []
    if erasures.of(model).goes:
        return _counted(table, f'delete from "{table}" where "{key}" = any({ids[model]})')
    return _set(table, erasures.becomes(model), f'"{key}" = any({ids[model]})')


def _forgotten(model: type[Change], ids: dict[type[models.Model], str]) -> list[str]:
    """The changes of these rows lose the same columns: each may be empty. What was written down about the erasure
    itself a moment ago is among them."""
    table, tracked = model._meta.db_table, model.pgh_tracked_model
    which = f"(pgh_obj_id = any({ids[tracked]}) or pgh_id = any({ids[model]}))"
    if erasures.of(tracked).goes:
        return _counted(table, f'delete from "{table}" where {which}')
    kept = {column.column for column in model._meta.concrete_fields}
    return _set(table, {column: "null" for column in erasures.becomes(tracked) if column in kept}, which)


def _set(table: str, values: dict[str, str], which: str) -> list[str]:
    if not values:
        return []
    columns = ", ".join(f'"{column}" = {value}' for column, value in values.items())
    return _counted(table, f'update "{table}" set {columns} where {which}')


def _counted(table: str, statement: str) -> list[str]:
    return [
        f"    {statement};",
        "    get diagnostics _count = row_count;",
        f"    if _count > 0 then _counts := _counts || jsonb_build_object('{table}', _count); end if;",
    ]


def _patient_values() -> str:
    """What the patient's own row becomes."""
    values = erasures.becomes(apps.get_model("patients", "Patient"))
    return ", ".join(f'"{column}" = {value}' for column, value in values.items())


_FUNCTION = """
create or replace function hms_erase(_erasure uuid) returns void
    language plpgsql security definer set search_path = public, pg_temp
as $function$
declare
    _request {erasure}%rowtype;
    _patient uuid;
    _counts jsonb := '{{}}'::jsonb;
    _count bigint;
    _sealed bigint;
    _touched bigint[];
    _marks jsonb;
    _seals jsonb;
{declared}
begin
    -- One at a time, and no seal meanwhile.
    perform pg_advisory_xact_lock({lock});
    select * into _request from {erasure} where id = _erasure for update;
    if not found or _request.status <> 'approved' or _request.done_at is not null
            or _request.decided_by_id is null or _request.decided_by_id = _request.asked_by_id then
        raise exception 'nothing is erased without a request that a second person approved'
            using errcode = 'insufficient_privilege';
    end if;
    -- Written by the triggers, which nobody can make up: it was asked for before, as a request that waits.
    if not exists (select from {changes} where pgh_obj_id = _erasure and pgh_label = 'insert' and status = 'waiting'
            and patient_id = _request.patient_id and asked_by_id = _request.asked_by_id
            and pgh_transaction <> pg_current_xact_id()::text::bigint) then
        raise exception 'nothing is erased in the moment in which it is asked for'
            using errcode = 'insufficient_privilege';
    end if;
    _patient := _request.patient_id;
    perform from patients_encounter where patient_id = _patient order by id for update;
    perform from patients_patient where id = _patient and erased_at is null for update;
    if not found then
        raise exception 'there is no such record' using errcode = 'insufficient_privilege';
    end if;
    if exists (select from core_legalhold where patient_id = _patient and lifted_at is null) then
        raise exception 'a legal hold stands: nothing is erased' using errcode = 'insufficient_privilege';
    end if;
    if (select count(*) from core_auditerasure where made_at > now() - interval '1 day') >= {most} then
        raise exception 'no more than {most} records are erased in a day' using errcode = 'insufficient_privilege';
    end if;

    -- What is held, before anything of it goes.
{found}

    perform set_config('hms.erasing', _erasure::text, true);
{emptied}
    update patients_patient set {patient} where id = _patient;
    _counts := _counts || jsonb_build_object('patients_patient', 1);
{history}

    -- The audit: who looked when stays, what was typed goes. Of sealed rows the new marks are kept.
    select coalesce(max(next_transaction), 0) into _sealed from core_auditseal;
    _touched := array(select id from core_auditevent where patient_id = _patient and transaction < _sealed
        and (reason <> '' or detail <> '{{}}'::jsonb));
    update core_auditevent set reason = '', detail = '{{}}'::jsonb
        where patient_id = _patient and (reason <> '' or detail <> '{{}}'::jsonb);
    get diagnostics _count = row_count;
    _counts := _counts || jsonb_build_object('core_auditevent', _count);
    select coalesce(jsonb_object_agg(id, encode(substr(sha256(convert_to({row}, 'UTF8')), 1, 8), 'hex')), '{{}}'::jsonb)
        into _marks from core_auditevent where patient_id = _patient and id = any(_touched);
    select coalesce(jsonb_object_agg(s.id, x.told), '{{}}'::jsonb) into _seals
        from (select distinct on (s.id) s.id, s.first_transaction, s.next_transaction, s.rows_from, s.rows_until
            from core_auditseal s join core_auditevent t on t.transaction >= s.first_transaction
                and t.transaction < s.next_transaction
            where t.patient_id = _patient and t.id = any(_touched)) s,
        lateral (select jsonb_build_array(count(*), encode(sha256(coalesce(
                string_agg(sha256(convert_to({row}, 'UTF8')), ''::bytea order by id), ''::bytea)), 'hex')) as told
            from core_auditevent where transaction >= s.first_transaction and transaction < s.next_transaction
                and (s.rows_from is null or at between s.rows_from and s.rows_until)) x;
    insert into core_auditerasure (made_at, erasure_id, retired, rows, marks, seals) values (now(), _erasure,
        (select coalesce(max(id), 0) from core_auditretirement), _count, _marks, _seals);

    update {erasure} set status = 'done', done_at = now(), counts = _counts where id = _erasure;
    perform set_config('hms.erasing', '', true);
    -- What must hold between the rows holds now, not only when all is over.
    set constraints all immediate;
    set constraints all deferred;
end $function$;
revoke execute on function hms_erase(uuid) from public;
"""
