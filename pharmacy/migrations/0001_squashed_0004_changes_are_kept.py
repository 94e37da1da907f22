import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

import hms.core.ids
import hms.core.models.base
import hms.core.models.tracking
import hms.core.tables
from hms.core import appendonly

# Every row of these tables is kept as it was (hms.core.models.tracking).
TRACKED = [
    "pharmacy_batch",
    "pharmacy_dispense",
    "pharmacy_medicine",
    "pharmacy_prescription",
    "pharmacy_prescriptionline",
    "pharmacy_product",
]


class Migration(migrations.Migration):
    replaces = [
        ("pharmacy", "0001_initial"),
        ("pharmacy", "0002_movements_only_grow"),
        ("pharmacy", "0003_prescription_ended"),
        ("pharmacy", "0004_changes_are_kept"),
    ]

    initial = True

    dependencies = [
        ("billing", "0001_squashed_0010_changes_are_kept"),
        ("core", "0001_squashed_0020_erasures_are_told"),
        ("patients", "0001_squashed_0011_who_treats_whom_at_a_million"),
    ]

    operations = [
        hms.core.tables.CreateTables(
            operations=[
                migrations.CreateModel(
                    name="Medicine",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        ("name", models.CharField(max_length=160, verbose_name="active ingredient (INN)")),
                        ("strength", models.CharField(max_length=60, verbose_name="strength")),
                        (
                            "form",
                            models.CharField(
                                choices=[
                                    ("tablet", "tablet"),
                                    ("capsule", "capsule"),
                                    ("syrup", "syrup"),
                                    ("suspension", "suspension"),
                                    ("injection", "injection"),
                                    ("infusion", "infusion"),
                                    ("inhaler", "inhaler"),
                                    ("cream", "cream"),
                                    ("ointment", "ointment"),
                                    ("drops", "drops"),
                                    ("suppository", "suppository"),
                                    ("sachet", "sachet"),
                                    ("patch", "patch"),
                                ],
                                max_length=12,
                                verbose_name="form",
                            ),
                        ),
                        (
                            "unit",
                            models.CharField(
                                help_text="tablets, ml, vials …", max_length=20, verbose_name="counted in"
                            ),
                        ),
                        (
                            "allergens",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=60),
                                blank=True,
                                default=list,
                                help_text="Names under which an allergy to it is recorded, besides its own: penicillin, sulfonamide …",
                                size=None,
                                verbose_name="allergens",
                            ),
                        ),
                        ("active", models.BooleanField(default=True, verbose_name="active")),
                    ],
                    options={
                        "ordering": ["name", "strength"],
                        "permissions": [("view_stock", "Can see the stock")],
                        "indexes": [
                            django.contrib.postgres.indexes.GinIndex(
                                django.contrib.postgres.indexes.OpClass(models.F("name"), name="gin_trgm_ops"),
                                name="pharmacy_medicine_name",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("name", "strength", "form"), name="pharmacy_medicine_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "form__in",
                                        [
                                            "tablet",
                                            "capsule",
                                            "syrup",
                                            "suspension",
                                            "injection",
                                            "infusion",
                                            "inhaler",
                                            "cream",
                                            "ointment",
                                            "drops",
                                            "suppository",
                                            "sachet",
                                            "patch",
                                        ],
                                    )
                                ),
                                name="pharmacy_medicine_form",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."pharmacy_medicinechange" ("active", "allergens", "created_at", "form", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id", "strength", "unit") select added."active", added."allergens", added."created_at", added."form", added."id", added."name", now(), \'insert\', added."id", added."strength", added."unit" from added; return null;',
                                    hash="9d168df14c399ba722d592d993ffc0ef4960316d",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_58a84",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="pharmacy_medicine",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."pharmacy_medicinechange" ("active", "allergens", "created_at", "form", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id", "strength", "unit") select new."active", new."allergens", new."created_at", new."form", new."id", new."name", now(), \'update\', new."id", new."strength", new."unit"; return null;',
                                    hash="2e31b164394898b1d5424c8655bc23edc6686b70",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_68e3a",
                                    table="pharmacy_medicine",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."pharmacy_medicinechange" ("active", "allergens", "created_at", "form", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id", "strength", "unit") select old."active", old."allergens", old."created_at", old."form", old."id", old."name", now(), \'delete\', old."id", old."strength", old."unit"; return null;',
                                    hash="caef19799d57307347e528bc41db7eb9e4481175",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_fc096",
                                    table="pharmacy_medicine",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MedicineChange",
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
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("name", models.CharField(max_length=160, null=True)),
                        ("strength", models.CharField(max_length=60, null=True)),
                        ("form", models.CharField(max_length=12, null=True)),
                        ("unit", models.CharField(max_length=20, null=True)),
                        (
                            "allergens",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=60), null=True, size=None
                            ),
                        ),
                        ("active", models.BooleanField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of medicine",
                        "verbose_name_plural": "change of medicine",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Product",
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
                                on_delete=django.db.models.deletion.PROTECT, related_name="products", to="core.facility"
                            ),
                        ),
                        (
                            "medicine",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="products",
                                to="pharmacy.medicine",
                            ),
                        ),
                        (
                            "service",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="product",
                                to="billing.service",
                            ),
                        ),
                        ("reorder_level", models.PositiveIntegerField(verbose_name="reorder at")),
                        ("reorder_quantity", models.PositiveIntegerField(verbose_name="reorder quantity")),
                        ("active", models.BooleanField(default=True, verbose_name="active")),
                    ],
                    options={
                        "ordering": ["medicine__name", "medicine__strength"],
                        "constraints": [
                            models.UniqueConstraint(fields=("facility", "medicine"), name="pharmacy_product_once"),
                            models.CheckConstraint(
                                condition=models.Q(("reorder_quantity__gt", 0)),
                                name="pharmacy_product_reorder_quantity",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."pharmacy_productchange" ("active", "created_at", "facility_id", "id", "medicine_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reorder_level", "reorder_quantity", "service_id") select added."active", added."created_at", added."facility_id", added."id", added."medicine_id", now(), \'insert\', added."id", added."reorder_level", added."reorder_quantity", added."service_id" from added; return null;',
                                    hash="cd8aa21c5656edd1ec8fb9a17e9dae10539ee240",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_2bad2",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="pharmacy_product",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."pharmacy_productchange" ("active", "created_at", "facility_id", "id", "medicine_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reorder_level", "reorder_quantity", "service_id") select new."active", new."created_at", new."facility_id", new."id", new."medicine_id", now(), \'update\', new."id", new."reorder_level", new."reorder_quantity", new."service_id"; return null;',
                                    hash="71b4df928e2bd775a40b2c4713b16b37e954872e",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_fb2af",
                                    table="pharmacy_product",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."pharmacy_productchange" ("active", "created_at", "facility_id", "id", "medicine_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reorder_level", "reorder_quantity", "service_id") select old."active", old."created_at", old."facility_id", old."id", old."medicine_id", now(), \'delete\', old."id", old."reorder_level", old."reorder_quantity", old."service_id"; return null;',
                                    hash="c6fc8d6abd73d2b3fc58df231f454b6c03310021",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_e74a1",
                                    table="pharmacy_product",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProductChange",
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
                        ("medicine", models.UUIDField(db_column="medicine_id", null=True)),
                        ("service", models.UUIDField(db_column="service_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("reorder_level", models.PositiveIntegerField(null=True)),
                        ("reorder_quantity", models.PositiveIntegerField(null=True)),
                        ("active", models.BooleanField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of product",
                        "verbose_name_plural": "change of product",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Batch",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="batches",
                                to="pharmacy.product",
                            ),
                        ),
                        ("number", models.CharField(max_length=60, verbose_name="lot number")),
                        ("expires_on", models.DateField(verbose_name="expires")),
                        ("unit_cost", models.DecimalField(decimal_places=4, max_digits=12, verbose_name="cost of one")),
                    ],
                    options={
                        "verbose_name_plural": "batches",
                        "ordering": ["expires_on", "id"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("product", "number", "expires_on"), name="pharmacy_batch_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("unit_cost__gte", 0)), name="pharmacy_batch_cost"
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."pharmacy_batchchange" ("created_at", "expires_on", "id", "number", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "unit_cost") select added."created_at", added."expires_on", added."id", added."number", now(), \'insert\', added."id", added."product_id", added."unit_cost" from added; return null;',
                                    hash="b095435f8d619956aabbc4f85e13e405ed906ad0",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_738ec",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="pharmacy_batch",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."pharmacy_batchchange" ("created_at", "expires_on", "id", "number", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "unit_cost") select new."created_at", new."expires_on", new."id", new."number", now(), \'update\', new."id", new."product_id", new."unit_cost"; return null;',
                                    hash="e6cb60c8cf142e7d8aea9d533ae285f831bee306",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_3a077",
                                    table="pharmacy_batch",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."pharmacy_batchchange" ("created_at", "expires_on", "id", "number", "pgh_created_at", "pgh_label", "pgh_obj_id", "product_id", "unit_cost") select old."created_at", old."expires_on", old."id", old."number", now(), \'delete\', old."id", old."product_id", old."unit_cost"; return null;',
                                    hash="db754e864819578b85c2d250ded8778e9eaa968d",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_e26ed",
                                    table="pharmacy_batch",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BatchChange",
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
                        ("product", models.UUIDField(db_column="product_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("number", models.CharField(max_length=60, null=True)),
                        ("expires_on", models.DateField(null=True)),
                        ("unit_cost", models.DecimalField(decimal_places=4, max_digits=12, null=True)),
                    ],
                    options={
                        "verbose_name": "change of batch",
                        "verbose_name_plural": "change of batch",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="StockBalance",
                    fields=[
                        (
                            "batch",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="balance",
                                serialize=False,
                                to="pharmacy.batch",
                            ),
                        ),
                        ("quantity", models.IntegerField(default=0)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gte", 0)), name="pharmacy_stockbalance_not_below_zero"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StockMovement",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "batch",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="movements",
                                to="pharmacy.batch",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("receipt", "Received"),
                                    ("dispense", "Dispensed"),
                                    ("return", "Taken back"),
                                    ("adjustment", "Counted"),
                                    ("waste", "Thrown away"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("quantity", models.IntegerField()),
                        ("source_type", models.CharField(blank=True, max_length=80)),
                        ("source_id", models.UUIDField(null=True)),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        (
                            "moved_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-created_at", "-id"],
                        "permissions": [
                            ("receive_stock", "Can receive stock"),
                            ("adjust_stock", "Can correct the stock"),
                        ],
                        "indexes": [models.Index(fields=["batch", "-created_at"], name="pharmacy_movement_batch")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("kind__in", ["receipt", "dispense", "return", "adjustment", "waste"])
                                ),
                                name="pharmacy_stockmovement_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("quantity", 0), _negated=True),
                                name="pharmacy_stockmovement_not_zero",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kind__in", ["adjustment", "waste"]), _negated=True),
                                    models.Q(("reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="pharmacy_stockmovement_says_why",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("kind", "adjustment"),
                                    models.Q(("kind__in", ["receipt", "return"]), ("quantity__gt", 0)),
                                    models.Q(("kind__in", ["dispense", "waste"]), ("quantity__lt", 0)),
                                    _connector="OR",
                                ),
                                name="pharmacy_stockmovement_sign",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Prescription",
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
                                related_name="prescriptions",
                                to="core.facility",
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="prescriptions",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "encounter",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="prescriptions",
                                to="patients.encounter",
                            ),
                        ),
                        (
                            "prescriber",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("number", models.CharField(max_length=40, unique=True)),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("prescribed", "To be dispensed"),
                                    ("partly_dispensed", "Partly dispensed"),
                                    ("dispensed", "Dispensed"),
                                    ("cancelled", "Cancelled"),
                                    ("ended", "Ended early"),
                                ],
                                default="prescribed",
                                max_length=16,
                            ),
                        ),
                        ("advice", models.CharField(blank=True, max_length=300, verbose_name="advice")),
                        ("prescribed_at", models.DateTimeField()),
                        ("end_reason", models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        "ordering": ["-prescribed_at", "-id"],
                        "permissions": [
                            ("prescribe", "Can prescribe"),
                            ("dispense", "Can dispense"),
                            ("end_prescription", "Can cancel a prescription, or end what is left of it"),
                        ],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("status__in", ["prescribed", "partly_dispensed"])),
                                fields=["facility", "prescribed_at"],
                                name="pharmacy_prescription_open",
                            ),
                            models.Index(fields=["facility", "-prescribed_at"], name="pharmacy_prescription_facility"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        ["prescribed", "partly_dispensed", "dispensed", "cancelled", "ended"],
                                    )
                                ),
                                name="pharmacy_prescription_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status__in", ["cancelled", "ended"]), _negated=True),
                                    models.Q(("end_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="pharmacy_prescription_end_says_why",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."pharmacy_prescriptionchange" ("advice", "created_at", "encounter_id", "end_reason", "facility_id", "id", "number", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prescribed_at", "prescriber_id", "status") select added."advice", added."created_at", added."encounter_id", added."end_reason", added."facility_id", added."id", added."number", added."patient_id", now(), \'insert\', added."id", added."prescribed_at", added."prescriber_id", added."status" from added; return null;',
                                    hash="03451e3db313e69472568755c6209ba5b345ea2f",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_41a2c",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="pharmacy_prescription",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."pharmacy_prescriptionchange" ("advice", "created_at", "encounter_id", "end_reason", "facility_id", "id", "number", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prescribed_at", "prescriber_id", "status") select new."advice", new."created_at", new."encounter_id", new."end_reason", new."facility_id", new."id", new."number", new."patient_id", now(), \'update\', new."id", new."prescribed_at", new."prescriber_id", new."status"; return null;',
                                    hash="b34a2ddcc1430f6449c3cc4ae1ff4220d9a7a2fa",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_ed98e",
                                    table="pharmacy_prescription",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."pharmacy_prescriptionchange" ("advice", "created_at", "encounter_id", "end_reason", "facility_id", "id", "number", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prescribed_at", "prescriber_id", "status") select old."advice", old."created_at", old."encounter_id", old."end_reason", old."facility_id", old."id", old."number", old."patient_id", now(), \'delete\', old."id", old."prescribed_at", old."prescriber_id", old."status"; return null;',
                                    hash="edb415f0dc3cc3100308fdab59a6011cd4b9c8ec",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_6f0d0",
                                    table="pharmacy_prescription",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PrescriptionChange",
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
                        ("prescriber", models.UUIDField(db_column="prescriber_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("number", models.CharField(max_length=40, null=True)),
                        ("status", models.CharField(max_length=16, null=True)),
                        ("advice", models.CharField(max_length=300, null=True)),
                        ("prescribed_at", models.DateTimeField(null=True)),
                        ("end_reason", models.CharField(max_length=300, null=True)),
                    ],
                    options={
                        "verbose_name": "change of prescription",
                        "verbose_name_plural": "change of prescription",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="PrescriptionLine",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "prescription",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="pharmacy.prescription",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="prescription_lines",
                                to="pharmacy.product",
                            ),
                        ),
                        ("position", models.PositiveSmallIntegerField()),
                        ("dosage", models.CharField(max_length=200, verbose_name="how to take it")),
                        ("days", models.PositiveSmallIntegerField(verbose_name="days")),
                        ("quantity", models.PositiveIntegerField(verbose_name="quantity")),
                        ("dispensed", models.PositiveIntegerField(default=0)),
                        (
                            "allergy_check",
                            models.CharField(
                                choices=[
                                    ("clear", "No known allergy against it"),
                                    ("overridden", "Prescribed in spite of an allergy"),
                                    ("not_checked", "Allergies not checked"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("override_reason", models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        "ordering": ["position"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("prescription", "position"), name="pharmacy_prescriptionline_position"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("dispensed__lte", models.F("quantity")), ("quantity__gt", 0)),
                                name="pharmacy_prescriptionline_quantity",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("days__gt", 0)), name="pharmacy_prescriptionline_days"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("allergy_check__in", ["clear", "overridden", "not_checked"])),
                                name="pharmacy_prescriptionline_check",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("allergy_check", "overridden"), _negated=True),
                                    models.Q(("override_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="pharmacy_prescriptionline_override_says_why",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."pharmacy_prescriptionlinechange" ("allergy_check", "created_at", "days", "dispensed", "dosage", "id", "override_reason", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "prescription_id", "product_id", "quantity") select added."allergy_check", added."created_at", added."days", added."dispensed", added."dosage", added."id", added."override_reason", now(), \'insert\', added."id", added."position", added."prescription_id", added."product_id", added."quantity" from added; return null;',
                                    hash="b28b6653e7afe21705a28302fd7b1455246e3102",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_a7baf",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="pharmacy_prescriptionline",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."pharmacy_prescriptionlinechange" ("allergy_check", "created_at", "days", "dispensed", "dosage", "id", "override_reason", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "prescription_id", "product_id", "quantity") select new."allergy_check", new."created_at", new."days", new."dispensed", new."dosage", new."id", new."override_reason", now(), \'update\', new."id", new."position", new."prescription_id", new."product_id", new."quantity"; return null;',
                                    hash="f373da232efe6c3437115271943108b672345625",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_abef4",
                                    table="pharmacy_prescriptionline",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."pharmacy_prescriptionlinechange" ("allergy_check", "created_at", "days", "dispensed", "dosage", "id", "override_reason", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "prescription_id", "product_id", "quantity") select old."allergy_check", old."created_at", old."days", old."dispensed", old."dosage", old."id", old."override_reason", now(), \'delete\', old."id", old."position", old."prescription_id", old."product_id", old."quantity"; return null;',
                                    hash="52fc7162230842735a29381d4355b5704fcf20c6",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_d93ea",
                                    table="pharmacy_prescriptionline",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PrescriptionLineChange",
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
                        ("prescription", models.UUIDField(db_column="prescription_id", null=True)),
                        ("product", models.UUIDField(db_column="product_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("position", models.PositiveSmallIntegerField(null=True)),
                        ("dosage", models.CharField(max_length=200, null=True)),
                        ("days", models.PositiveSmallIntegerField(null=True)),
                        ("quantity", models.PositiveIntegerField(null=True)),
                        ("dispensed", models.PositiveIntegerField(null=True)),
                        ("allergy_check", models.CharField(max_length=12, null=True)),
                        ("override_reason", models.CharField(max_length=300, null=True)),
                    ],
                    options={
                        "verbose_name": "change of prescription line",
                        "verbose_name_plural": "change of prescription line",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Dispense",
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
                                related_name="dispenses",
                                to="core.facility",
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="dispenses",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "prescription",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="dispenses",
                                to="pharmacy.prescription",
                            ),
                        ),
                        (
                            "handed_out_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("handed_out_at", models.DateTimeField()),
                        ("reversed_at", models.DateTimeField(blank=True, null=True)),
                        ("reversed_reason", models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        "ordering": ["-handed_out_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("reversed_at__isnull", True),
                                    models.Q(("reversed_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="pharmacy_dispense_reversed_says_why",
                            )
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."pharmacy_dispensechange" ("created_at", "facility_id", "handed_out_at", "handed_out_by_id", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prescription_id", "reversed_at", "reversed_reason") select added."created_at", added."facility_id", added."handed_out_at", added."handed_out_by_id", added."id", added."patient_id", now(), \'insert\', added."id", added."prescription_id", added."reversed_at", added."reversed_reason" from added; return null;',
                                    hash="828290781bda85d8d43094ca431954782505faf9",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_8ddd1",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="pharmacy_dispense",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."pharmacy_dispensechange" ("created_at", "facility_id", "handed_out_at", "handed_out_by_id", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prescription_id", "reversed_at", "reversed_reason") select new."created_at", new."facility_id", new."handed_out_at", new."handed_out_by_id", new."id", new."patient_id", now(), \'update\', new."id", new."prescription_id", new."reversed_at", new."reversed_reason"; return null;',
                                    hash="cafee07a26b2d2cc81d737b53c9a63b6304e7ae8",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_7e94a",
                                    table="pharmacy_dispense",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."pharmacy_dispensechange" ("created_at", "facility_id", "handed_out_at", "handed_out_by_id", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prescription_id", "reversed_at", "reversed_reason") select old."created_at", old."facility_id", old."handed_out_at", old."handed_out_by_id", old."id", old."patient_id", now(), \'delete\', old."id", old."prescription_id", old."reversed_at", old."reversed_reason"; return null;',
                                    hash="428d6a0e2cd9dd5b3085874acbf1a641a1e08517",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_f9d0d",
                                    table="pharmacy_dispense",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DispenseChange",
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
                        ("prescription", models.UUIDField(db_column="prescription_id", null=True)),
                        ("handed_out_by", models.UUIDField(db_column="handed_out_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("handed_out_at", models.DateTimeField(null=True)),
                        ("reversed_at", models.DateTimeField(null=True)),
                        ("reversed_reason", models.CharField(max_length=300, null=True)),
                    ],
                    options={
                        "verbose_name": "change of dispense",
                        "verbose_name_plural": "change of dispense",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="DispenseLine",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "dispense",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="pharmacy.dispense",
                            ),
                        ),
                        (
                            "line",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="dispense_lines",
                                to="pharmacy.prescriptionline",
                            ),
                        ),
                        (
                            "batch",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="dispense_lines",
                                to="pharmacy.batch",
                            ),
                        ),
                        ("quantity", models.PositiveIntegerField()),
                    ],
                    options={
                        "ordering": ["id"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("dispense", "line", "batch"), name="pharmacy_dispenseline_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gt", 0)), name="pharmacy_dispenseline_quantity"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReorderAlert",
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
                                related_name="reorder_alerts",
                                to="core.facility",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reorder_alerts",
                                to="pharmacy.product",
                            ),
                        ),
                        ("quantity", models.PositiveIntegerField()),
                        ("raised_at", models.DateTimeField()),
                        ("resolved_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["-raised_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("resolved_at__isnull", True)),
                                fields=("product",),
                                name="pharmacy_reorderalert_one_open",
                            )
                        ],
                    },
                ),
            ],
        ),
        appendonly.forbid_changes("pharmacy_stockmovement"),
        appendonly.forbid_changes("pharmacy_dispenseline"),
        *(appendonly.forbid_changes(appendonly.change_table(table)) for table in TRACKED),
    ]
