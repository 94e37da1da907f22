from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

import hms.core.ids
import hms.core.models.base
import hms.core.models.tracking
import hms.core.tables
from hms.core import appendonly

# Checked at commit, once the last entry of a transaction is there.
SUMS_TO_ZERO = """
create function billing_ledger_sums_to_zero() returns trigger language plpgsql as $$
declare
    total numeric;
begin
    select coalesce(sum(amount), 0) into total from billing_ledgerentry where transaction_id = new.transaction_id;
    if total <> 0 then
        raise exception 'ledger transaction % does not sum to zero but to %', new.transaction_id, total
            using errcode = 'check_violation', constraint = 'billing_ledger_sums_to_zero';
    end if;
    return null;
end $$;
create constraint trigger billing_ledger_sums_to_zero after insert on billing_ledgerentry
    deferrable initially deferred for each row execute function billing_ledger_sums_to_zero();
"""

# What a reversal takes back, and what a charge comes after, are of the same act and service; so no two charges
# of one act stand: each but the first uses up a reversal, and each reversal answers one charge.
SAME_ACT = """
create function billing_charge_same_act() returns trigger language plpgsql as $$
begin
    perform from billing_charge c where c.id = coalesce(new.reverses_id, new.after_id)
        and c.source_type = new.source_type and c.source_id = new.source_id and c.service_id = new.service_id
        and (c.reverses_id is null) = (new.reverses_id is not null)
        and (new.reverses_id is null or c.amount = -new.amount);
    if not found then
        raise exception 'charge % does not fit the one it reverses or comes after', new.id
            using errcode = 'check_violation', constraint = 'billing_charge_same_act';
    end if;
    return new;
end $$;
create trigger billing_charge_same_act before insert on billing_charge for each row
    when (new.reverses_id is not null or new.after_id is not null) execute function billing_charge_same_act();
"""

# Every row of these tables is kept as it was (hms.core.models.tracking).
TRACKED = [
    "billing_invoice",
    "billing_service",
]


class Migration(migrations.Migration):
    replaces = [
        ("billing", "0001_initial"),
        ("billing", "0002_initial"),
        ("billing", "0003_books_only_grow"),
        ("billing", "0004_one_standing_charge"),
        ("billing", "0005_credit_of_a_line"),
        ("billing", "0006_invoices_stay"),
        ("billing", "0007_waived_charges"),
        ("billing", "0008_charges_have_their_day"),
        ("billing", "0009_discounts"),
        ("billing", "0010_changes_are_kept"),
    ]

    initial = True

    dependencies = [
        ("core", "0001_squashed_0020_erasures_are_told"),
        ("patients", "0001_squashed_0011_who_treats_whom_at_a_million"),
    ]

    operations = [
        hms.core.tables.CreateTables(
            operations=[
                migrations.CreateModel(
                    name="Service",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "facility",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="services", to="core.facility"
                            ),
                        ),
                        ("code", models.CharField(max_length=30, verbose_name="code")),
                        ("name", models.CharField(max_length=160, verbose_name="name")),
                        (
                            "category",
                            models.CharField(
                                choices=[
                                    ("consultation", "Consultation"),
                                    ("laboratory", "Laboratory"),
                                    ("pharmacy", "Pharmacy"),
                                    ("bed", "Bed and nursing"),
                                    ("procedure", "Procedure"),
                                    ("other", "Other"),
                                ],
                                max_length=14,
                                verbose_name="category",
                            ),
                        ),
                        ("price", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="price")),
                        ("active", models.BooleanField(default=True, verbose_name="active")),
                    ],
                    options={
                        "ordering": ["category", "name"],
                        "constraints": [
                            models.UniqueConstraint(fields=("facility", "code"), name="billing_service_one_code"),
                            models.CheckConstraint(condition=models.Q(("price__gte", 0)), name="billing_service_price"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "category__in",
                                        ["consultation", "laboratory", "pharmacy", "bed", "procedure", "other"],
                                    )
                                ),
                                name="billing_service_category",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."billing_servicechange" ("active", "category", "code", "created_at", "facility_id", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id", "price") select added."active", added."category", added."code", added."created_at", added."facility_id", added."id", added."name", now(), \'insert\', added."id", added."price" from added; return null;',
                                    hash="0ff49ff8a3a2e20d5bb81f773c9bf71728af4a27",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_31ca7",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="billing_service",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."billing_servicechange" ("active", "category", "code", "created_at", "facility_id", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id", "price") select new."active", new."category", new."code", new."created_at", new."facility_id", new."id", new."name", now(), \'update\', new."id", new."price"; return null;',
                                    hash="831177416564ce9085013e6995203aae89a37f5e",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_f7d00",
                                    table="billing_service",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."billing_servicechange" ("active", "category", "code", "created_at", "facility_id", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id", "price") select old."active", old."category", old."code", old."created_at", old."facility_id", old."id", old."name", now(), \'delete\', old."id", old."price"; return null;',
                                    hash="addc92d4d43846d79db28be4e39e0df541b9d134",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_6e7e2",
                                    table="billing_service",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ServiceChange",
                    fields=[
                        ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField()),
                        ("pgh_label", models.CharField(max_length=10)),
                        (
                            "pgh_transaction",
                            models.BigIntegerField(db_default=hms.core.models.base.CurrentTransaction()),
                        ),
                        (
                            "pgh_user",
                            models.CharField(db_default=hms.core.models.tracking.DatabaseUser(), max_length=63),
                        ),
                        ("facility", models.UUIDField(db_column="facility_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("code", models.CharField(max_length=30, null=True)),
                        ("name", models.CharField(max_length=160, null=True)),
                        ("category", models.CharField(max_length=14, null=True)),
                        ("price", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                        ("active", models.BooleanField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of service",
                        "verbose_name_plural": "change of service",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Invoice",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "facility",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="invoices", to="core.facility"
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invoices",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "encounter",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invoices",
                                to="patients.encounter",
                            ),
                        ),
                        ("number", models.CharField(max_length=40, unique=True, verbose_name="number")),
                        ("currency", models.CharField(max_length=3)),
                        ("issued_at", models.DateTimeField(verbose_name="issued")),
                        (
                            "issued_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("total", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="total")),
                        (
                            "paid",
                            models.DecimalField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=12, verbose_name="paid"
                            ),
                        ),
                        (
                            "credited",
                            models.DecimalField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=12, verbose_name="credited"
                            ),
                        ),
                        (
                            "due_back",
                            models.DecimalField(
                                decimal_places=2, default=Decimal("0.00"), max_digits=12, verbose_name="to give back"
                            ),
                        ),
                        (
                            "balance",
                            models.GeneratedField(
                                db_persist=True,
                                expression=django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("total"), "-", models.F("paid")
                                        ),
                                        "-",
                                        models.F("credited"),
                                    ),
                                    "+",
                                    models.F("due_back"),
                                ),
                                output_field=models.DecimalField(decimal_places=2, max_digits=12),
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-issued_at", "-id"],
                        "permissions": [
                            ("print_invoice", "Can print invoices, receipts and credit notes, which name the patient"),
                            ("issue_invoice", "Can issue an invoice before the visit is closed"),
                            ("credit_invoice", "Can issue a credit note"),
                            ("give_discount", "Can give a discount on what is still owed"),
                        ],
                        "indexes": [
                            models.Index(fields=["facility", "-issued_at"], name="billing_invoice_facility"),
                            models.Index(
                                condition=models.Q(("balance__gt", 0)),
                                fields=["facility", "issued_at"],
                                name="billing_invoice_unpaid",
                            ),
                            models.Index(
                                condition=models.Q(("due_back__gt", 0)),
                                fields=["facility", "issued_at"],
                                name="billing_invoice_refund",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("total__gte", 0)), name="billing_invoice_total"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("credited__gte", 0),
                                    ("paid__gte", 0),
                                    (
                                        "total__gte",
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("paid"), "+", models.F("credited")
                                            ),
                                            "-",
                                            models.F("due_back"),
                                        ),
                                    ),
                                ),
                                name="billing_invoice_never_overpaid",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("credited__lte", models.F("total"))),
                                name="billing_invoice_never_overcredited",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("due_back", 0),
                                    models.Q(
                                        (
                                            "due_back",
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    models.F("paid"), "+", models.F("credited")
                                                ),
                                                "-",
                                                models.F("total"),
                                            ),
                                        ),
                                        ("due_back__gt", 0),
                                    ),
                                    _connector="OR",
                                ),
                                name="billing_invoice_due_back",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."billing_invoicechange" ("created_at", "credited", "currency", "due_back", "encounter_id", "facility_id", "id", "issued_at", "issued_by_id", "number", "paid", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "total") select added."created_at", added."credited", added."currency", added."due_back", added."encounter_id", added."facility_id", added."id", added."issued_at", added."issued_by_id", added."number", added."paid", added."patient_id", now(), \'insert\', added."id", added."total" from added; return null;',
                                    hash="df2df810c6846022f45c846c2452ec3719e71a1a",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_e3525",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="billing_invoice",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."credited" IS DISTINCT FROM (NEW."credited") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."due_back" IS DISTINCT FROM (NEW."due_back") OR OLD."encounter_id" IS DISTINCT FROM (NEW."encounter_id") OR OLD."facility_id" IS DISTINCT FROM (NEW."facility_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."issued_at" IS DISTINCT FROM (NEW."issued_at") OR OLD."issued_by_id" IS DISTINCT FROM (NEW."issued_by_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."paid" IS DISTINCT FROM (NEW."paid") OR OLD."patient_id" IS DISTINCT FROM (NEW."patient_id") OR OLD."total" IS DISTINCT FROM (NEW."total"))',
                                    func='insert into public."billing_invoicechange" ("created_at", "credited", "currency", "due_back", "encounter_id", "facility_id", "id", "issued_at", "issued_by_id", "number", "paid", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "total") select new."created_at", new."credited", new."currency", new."due_back", new."encounter_id", new."facility_id", new."id", new."issued_at", new."issued_by_id", new."number", new."paid", new."patient_id", now(), \'update\', new."id", new."total"; return null;',
                                    hash="bf6b6c369bf6a8408148ac45171d81a07de67eb3",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_9291c",
                                    table="billing_invoice",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."billing_invoicechange" ("created_at", "credited", "currency", "due_back", "encounter_id", "facility_id", "id", "issued_at", "issued_by_id", "number", "paid", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "total") select old."created_at", old."credited", old."currency", old."due_back", old."encounter_id", old."facility_id", old."id", old."issued_at", old."issued_by_id", old."number", old."paid", old."patient_id", now(), \'delete\', old."id", old."total"; return null;',
                                    hash="971369582005c7be7032a3a6ad6549e103392ae9",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_d54e4",
                                    table="billing_invoice",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="InvoiceChange",
                    fields=[
                        ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField()),
                        ("pgh_label", models.CharField(max_length=10)),
                        (
                            "pgh_transaction",
                            models.BigIntegerField(db_default=hms.core.models.base.CurrentTransaction()),
                        ),
                        (
                            "pgh_user",
                            models.CharField(db_default=hms.core.models.tracking.DatabaseUser(), max_length=63),
                        ),
                        ("facility", models.UUIDField(db_column="facility_id", null=True)),
                        ("patient", models.UUIDField(db_column="patient_id", null=True)),
                        ("encounter", models.UUIDField(db_column="encounter_id", null=True)),
                        ("issued_by", models.UUIDField(db_column="issued_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("number", models.CharField(max_length=40, null=True)),
                        ("currency", models.CharField(max_length=3, null=True)),
                        ("issued_at", models.DateTimeField(null=True)),
                        ("total", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                        ("paid", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                        ("credited", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                        ("due_back", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                    ],
                    options={
                        "verbose_name": "change of invoice",
                        "verbose_name_plural": "change of invoice",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="CreditNote",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "facility",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="credit_notes",
                                to="core.facility",
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="credit_notes",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "invoice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="credit_notes",
                                to="billing.invoice",
                            ),
                        ),
                        ("number", models.CharField(max_length=40, unique=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("credit", "Credit note"), ("discount", "Discount")],
                                default="credit",
                                max_length=8,
                            ),
                        ),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                        ("reason", models.CharField(max_length=300)),
                        (
                            "issued_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("issued_at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["-issued_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("amount__gt", 0)), name="billing_creditnote_amount"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True), name="billing_creditnote_says_why"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["credit", "discount"])), name="billing_creditnote_kind"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Charge",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "facility",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="charges", to="core.facility"
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="charges",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "encounter",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="charges",
                                to="patients.encounter",
                            ),
                        ),
                        (
                            "service",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="charges",
                                to="billing.service",
                            ),
                        ),
                        ("source_type", models.CharField(max_length=80)),
                        ("source_id", models.UUIDField()),
                        ("description", models.CharField(max_length=200)),
                        ("quantity", models.DecimalField(decimal_places=2, max_digits=10)),
                        ("unit_price", models.DecimalField(decimal_places=2, max_digits=12)),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                        (
                            "posted_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("occurred_at", models.DateTimeField()),
                        ("posted_at", models.DateTimeField()),
                        (
                            "reverses",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reversal",
                                to="billing.charge",
                            ),
                        ),
                        (
                            "after",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="next_charges",
                                to="billing.charge",
                            ),
                        ),
                        ("act_undone", models.BooleanField(default=False)),
                        ("waived", models.BooleanField(default=False)),
                        (
                            "credit_note",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reversals",
                                to="billing.creditnote",
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        "ordering": ["occurred_at", "id"],
                        "permissions": [
                            ("reverse_charge", "Can reverse a charge"),
                            ("view_account", "Can see what a patient owes"),
                        ],
                        "indexes": [models.Index(fields=["facility", "occurred_at"], name="billing_charge_of_day")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("amount__gte", 0), ("quantity__gt", 0), ("reverses__isnull", True)),
                                    models.Q(("amount__lte", 0), ("quantity__lt", 0), ("reverses__isnull", False)),
                                    _connector="OR",
                                ),
                                name="billing_charge_sign",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("unit_price__gte", 0)), name="billing_charge_unit_price"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("reverses__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                                ),
                                name="billing_charge_reversal_says_why",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("reverses__isnull", True),
                                    models.Q(("reverses", models.F("id")), _negated=True),
                                    _connector="OR",
                                ),
                                name="billing_charge_not_itself",
                            ),
                            models.UniqueConstraint(
                                fields=("source_type", "source_id", "service", "after", "reverses"),
                                name="billing_charge_one_per_act",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("act_undone", False),
                                        ("credit_note__isnull", True),
                                        ("reverses__isnull", True),
                                        ("waived", False),
                                    ),
                                    models.Q(("after__isnull", True), ("reverses__isnull", False)),
                                    _connector="OR",
                                ),
                                name="billing_charge_first_again_or_reversal",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("act_undone", True), ("waived", True), _negated=True),
                                name="billing_charge_undone_or_waived",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="InvoiceLine",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "invoice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="billing.invoice"
                            ),
                        ),
                        (
                            "charge",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invoice_line",
                                to="billing.charge",
                            ),
                        ),
                        ("position", models.PositiveSmallIntegerField()),
                        ("description", models.CharField(max_length=200)),
                        ("quantity", models.DecimalField(decimal_places=2, max_digits=10)),
                        ("unit_price", models.DecimalField(decimal_places=2, max_digits=12)),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                    ],
                    options={
                        "ordering": ["position"],
                        "constraints": [
                            models.UniqueConstraint(fields=("invoice", "position"), name="billing_invoiceline_position")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Payment",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "facility",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="payments", to="core.facility"
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="payments",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "invoice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="payments",
                                to="billing.invoice",
                            ),
                        ),
                        ("number", models.CharField(max_length=40, unique=True, verbose_name="receipt")),
                        (
                            "method",
                            models.CharField(
                                choices=[
                                    ("cash", "Cash"),
                                    ("card", "Card"),
                                    ("transfer", "Bank transfer"),
                                    ("mobile", "Mobile money"),
                                    ("cheque", "Cheque"),
                                ],
                                max_length=10,
                                verbose_name="method",
                            ),
                        ),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="amount")),
                        ("reference", models.CharField(blank=True, max_length=80, verbose_name="reference")),
                        (
                            "received_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("received_at", models.DateTimeField()),
                        (
                            "reverses",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reversal",
                                to="billing.payment",
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        "ordering": ["-received_at", "-id"],
                        "permissions": [
                            ("take_payment", "Can take a payment"),
                            ("reverse_payment", "Can reverse a payment"),
                            ("give_refund", "Can give money back that was credited after it was paid"),
                        ],
                        "indexes": [models.Index(fields=["facility", "-received_at"], name="billing_payment_day")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("method__in", ["cash", "card", "transfer", "mobile", "cheque"])),
                                name="billing_payment_method",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("amount__gt", 0), ("reverses__isnull", True)),
                                    models.Q(
                                        models.Q(("amount", 0), _negated=True), models.Q(("reason", ""), _negated=True)
                                    ),
                                    _connector="OR",
                                ),
                                name="billing_payment_sign",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LedgerTransaction",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "facility",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="ledger_transactions",
                                to="core.facility",
                            ),
                        ),
                        ("kind", models.CharField(max_length=30)),
                        ("occurred_at", models.DateTimeField()),
                        ("source_type", models.CharField(max_length=80)),
                        ("source_id", models.UUIDField()),
                        (
                            "posted_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-occurred_at", "-id"],
                        "permissions": [("view_ledger", "Can read the ledger")],
                        "indexes": [models.Index(fields=["facility", "-occurred_at"], name="billing_ledger_day")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source_type", "source_id", "kind"), name="billing_ledgertransaction_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LedgerEntry",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "transaction",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="billing.ledgertransaction",
                            ),
                        ),
                        (
                            "account",
                            models.CharField(
                                choices=[
                                    ("unbilled", "Unbilled care"),
                                    ("receivable", "Patients' accounts"),
                                    ("cash", "Cash"),
                                    ("card", "Card terminal"),
                                    ("bank", "Bank"),
                                    ("mobile", "Mobile money"),
                                    ("cheques", "Cheques in hand"),
                                    ("revenue-consultation", "Revenue: consultations"),
                                    ("revenue-laboratory", "Revenue: laboratory"),
                                    ("revenue-pharmacy", "Revenue: pharmacy"),
                                    ("revenue-bed", "Revenue: beds and nursing"),
                                    ("revenue-procedure", "Revenue: procedures"),
                                    ("revenue-other", "Revenue: other"),
                                    ("credits", "Credits granted"),
                                ],
                                max_length=30,
                            ),
                        ),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=14)),
                        ("patient_id", models.UUIDField(null=True)),
                    ],
                    options={
                        "ordering": ["id"],
                        "indexes": [
                            models.Index(fields=["account", "transaction"], name="billing_ledgerentry_account")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "account__in",
                                        [
                                            "unbilled",
                                            "receivable",
                                            "cash",
                                            "card",
                                            "bank",
                                            "mobile",
                                            "cheques",
                                            "revenue-consultation",
                                            "revenue-laboratory",
                                            "revenue-pharmacy",
                                            "revenue-bed",
                                            "revenue-procedure",
                                            "revenue-other",
                                            "credits",
                                        ],
                                    )
                                ),
                                name="billing_ledgerentry_account_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("amount", 0), _negated=True), name="billing_ledgerentry_not_zero"
                            ),
                        ],
                    },
                ),
            ],
        ),
        migrations.RunSQL(SUMS_TO_ZERO),
        migrations.RunSQL(SAME_ACT),
        *(
            appendonly.forbid_changes(f"billing_{name}")
            for name in ("charge", "invoiceline", "payment", "creditnote", "ledgertransaction", "ledgerentry")
        ),
        # Of an issued invoice only what was paid and credited moves.
        appendonly.freeze(
            "billing_invoice",
            "facility_id",
            "patient_id",
            "encounter_id",
            "number",
            "currency",
            "issued_at",
            "issued_by_id",
            "total",
            "created_at",
        ),
        *(appendonly.forbid_changes(appendonly.change_table(table)) for table in TRACKED),
    ]
