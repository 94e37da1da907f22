import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

import hms.core.ids
import hms.core.models.base
import hms.core.models.tracking
import hms.core.tables
import laboratory.models
from hms.core import appendonly

# Every row of these tables is kept as it was (hms.core.models.tracking).
TRACKED = [
    "laboratory_diagnosticreport",
    "laboratory_laborder",
    "laboratory_referencerange",
    "laboratory_result",
    "laboratory_specimen",
    "laboratory_testdefinition",
]


class Migration(migrations.Migration):
    replaces = [
        ("laboratory", "0001_initial"),
        ("laboratory", "0002_revisions_only_grow"),
        ("laboratory", "0003_changes_are_kept"),
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
                    name="TestDefinition",
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
                                on_delete=django.db.models.deletion.PROTECT, related_name="tests", to="core.facility"
                            ),
                        ),
                        (
                            "service",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lab_test",
                                to="billing.service",
                            ),
                        ),
                        ("code", models.CharField(max_length=20, verbose_name="code")),
                        ("name", models.CharField(max_length=120, verbose_name="name")),
                        ("loinc", models.CharField(blank=True, max_length=12, verbose_name="LOINC")),
                        (
                            "specimen",
                            models.CharField(
                                choices=[
                                    ("blood-edta", "Blood, EDTA (lavender)"),
                                    ("blood-serum", "Blood, serum (gold)"),
                                    ("blood-citrate", "Blood, citrate (blue)"),
                                    ("blood-fluoride", "Blood, fluoride (grey)"),
                                    ("urine", "Urine"),
                                    ("stool", "Stool"),
                                    ("swab", "Swab"),
                                    ("sputum", "Sputum"),
                                    ("csf", "Cerebrospinal fluid"),
                                    ("other", "Other"),
                                ],
                                max_length=16,
                                verbose_name="specimen",
                            ),
                        ),
                        ("numeric", models.BooleanField(default=True, verbose_name="result is a number")),
                        ("unit", models.CharField(blank=True, max_length=30, verbose_name="unit (UCUM)")),
                        ("decimals", models.PositiveSmallIntegerField(default=1, verbose_name="decimals")),
                        ("active", models.BooleanField(default=True, verbose_name="active")),
                    ],
                    options={
                        "ordering": ["name"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("facility", "code"), name="laboratory_testdefinition_one_code"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "specimen__in",
                                        [
                                            "blood-edta",
                                            "blood-serum",
                                            "blood-citrate",
                                            "blood-fluoride",
                                            "urine",
                                            "stool",
                                            "swab",
                                            "sputum",
                                            "csf",
                                            "other",
                                        ],
                                    )
                                ),
                                name="laboratory_testdefinition_specimen",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("decimals__lte", 6)), name="laboratory_testdefinition_decimals"
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."laboratory_testdefinitionchange" ("active", "code", "created_at", "decimals", "facility_id", "id", "loinc", "name", "numeric", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id", "specimen", "unit") select added."active", added."code", added."created_at", added."decimals", added."facility_id", added."id", added."loinc", added."name", added."numeric", now(), \'insert\', added."id", added."service_id", added."specimen", added."unit" from added; return null;',
                                    hash="5ead36afbedcb5528d5e1beac28e0279f9db7c50",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_62e88",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="laboratory_testdefinition",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."laboratory_testdefinitionchange" ("active", "code", "created_at", "decimals", "facility_id", "id", "loinc", "name", "numeric", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id", "specimen", "unit") select new."active", new."code", new."created_at", new."decimals", new."facility_id", new."id", new."loinc", new."name", new."numeric", now(), \'update\', new."id", new."service_id", new."specimen", new."unit"; return null;',
                                    hash="a0dc7a37a3c49e1d24cebe735ccad7d7e6e91ffe",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_00c1b",
                                    table="laboratory_testdefinition",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."laboratory_testdefinitionchange" ("active", "code", "created_at", "decimals", "facility_id", "id", "loinc", "name", "numeric", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id", "specimen", "unit") select old."active", old."code", old."created_at", old."decimals", old."facility_id", old."id", old."loinc", old."name", old."numeric", now(), \'delete\', old."id", old."service_id", old."specimen", old."unit"; return null;',
                                    hash="050b08a6b9d160ae2c6ad963277817603acadb18",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_aa352",
                                    table="laboratory_testdefinition",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TestDefinitionChange",
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
                        ("service", models.UUIDField(db_column="service_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("code", models.CharField(max_length=20, null=True)),
                        ("name", models.CharField(max_length=120, null=True)),
                        ("loinc", models.CharField(max_length=12, null=True)),
                        ("specimen", models.CharField(max_length=16, null=True)),
                        ("numeric", models.BooleanField(null=True)),
                        ("unit", models.CharField(max_length=30, null=True)),
                        ("decimals", models.PositiveSmallIntegerField(null=True)),
                        ("active", models.BooleanField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of test definition",
                        "verbose_name_plural": "change of test definition",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="ReferenceRange",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "test",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="ranges",
                                to="laboratory.testdefinition",
                            ),
                        ),
                        (
                            "sex",
                            models.CharField(
                                choices=[("any", "Anyone"), ("female", "Women and girls"), ("male", "Men and boys")],
                                default="any",
                                max_length=6,
                                verbose_name="for",
                            ),
                        ),
                        ("from_days", models.PositiveIntegerField(default=0, verbose_name="from age, days")),
                        ("until_days", models.PositiveIntegerField(default=55000, verbose_name="below age, days")),
                        (
                            "low",
                            models.DecimalField(
                                blank=True, decimal_places=4, max_digits=14, null=True, verbose_name="low"
                            ),
                        ),
                        (
                            "high",
                            models.DecimalField(
                                blank=True, decimal_places=4, max_digits=14, null=True, verbose_name="high"
                            ),
                        ),
                        (
                            "critical_low",
                            models.DecimalField(
                                blank=True, decimal_places=4, max_digits=14, null=True, verbose_name="critical below"
                            ),
                        ),
                        (
                            "critical_high",
                            models.DecimalField(
                                blank=True, decimal_places=4, max_digits=14, null=True, verbose_name="critical above"
                            ),
                        ),
                        (
                            "usual_text",
                            models.CharField(
                                blank=True,
                                help_text="For results that are not numbers: negative",
                                max_length=60,
                                verbose_name="usual result in words",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["sex", "from_days"],
                        "constraints": [
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                expressions=[
                                    ("test", "="),
                                    ("sex", "="),
                                    (
                                        laboratory.models.AgeRange(
                                            "from_days",
                                            "until_days",
                                            django.contrib.postgres.fields.ranges.RangeBoundary(),
                                        ),
                                        "&&",
                                    ),
                                ],
                                name="laboratory_referencerange_no_overlap",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("until_days__gt", models.F("from_days"))),
                                name="laboratory_referencerange_ages",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("sex__in", ["any", "female", "male"])),
                                name="laboratory_referencerange_sex",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("low__isnull", True),
                                    ("high__isnull", True),
                                    ("high__gte", models.F("low")),
                                    _connector="OR",
                                ),
                                name="laboratory_referencerange_low_below_high",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("critical_low__isnull", True),
                                        ("low__isnull", True),
                                        ("critical_low__lte", models.F("low")),
                                        _connector="OR",
                                    ),
                                    models.Q(
                                        ("critical_high__isnull", True),
                                        ("high__isnull", True),
                                        ("critical_high__gte", models.F("high")),
                                        _connector="OR",
                                    ),
                                ),
                                name="laboratory_referencerange_critical_outside",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."laboratory_referencerangechange" ("created_at", "critical_high", "critical_low", "from_days", "high", "id", "low", "pgh_created_at", "pgh_label", "pgh_obj_id", "sex", "test_id", "until_days", "usual_text") select added."created_at", added."critical_high", added."critical_low", added."from_days", added."high", added."id", added."low", now(), \'insert\', added."id", added."sex", added."test_id", added."until_days", added."usual_text" from added; return null;',
                                    hash="f7c030e3dbeee678494d2ceb0fd842f0a5baeb5b",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_2cbd7",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="laboratory_referencerange",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."laboratory_referencerangechange" ("created_at", "critical_high", "critical_low", "from_days", "high", "id", "low", "pgh_created_at", "pgh_label", "pgh_obj_id", "sex", "test_id", "until_days", "usual_text") select new."created_at", new."critical_high", new."critical_low", new."from_days", new."high", new."id", new."low", now(), \'update\', new."id", new."sex", new."test_id", new."until_days", new."usual_text"; return null;',
                                    hash="fc041ad2e3af0fba34df88225b7aa60d1fee5db6",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_c703d",
                                    table="laboratory_referencerange",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."laboratory_referencerangechange" ("created_at", "critical_high", "critical_low", "from_days", "high", "id", "low", "pgh_created_at", "pgh_label", "pgh_obj_id", "sex", "test_id", "until_days", "usual_text") select old."created_at", old."critical_high", old."critical_low", old."from_days", old."high", old."id", old."low", now(), \'delete\', old."id", old."sex", old."test_id", old."until_days", old."usual_text"; return null;',
                                    hash="74879a812994a2fdc7e4439cbc5ac58529229ebc",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_fba55",
                                    table="laboratory_referencerange",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReferenceRangeChange",
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
                        ("test", models.UUIDField(db_column="test_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("sex", models.CharField(max_length=6, null=True)),
                        ("from_days", models.PositiveIntegerField(null=True)),
                        ("until_days", models.PositiveIntegerField(null=True)),
                        ("low", models.DecimalField(decimal_places=4, max_digits=14, null=True)),
                        ("high", models.DecimalField(decimal_places=4, max_digits=14, null=True)),
                        ("critical_low", models.DecimalField(decimal_places=4, max_digits=14, null=True)),
                        ("critical_high", models.DecimalField(decimal_places=4, max_digits=14, null=True)),
                        ("usual_text", models.CharField(max_length=60, null=True)),
                    ],
                    options={
                        "verbose_name": "change of reference range",
                        "verbose_name_plural": "change of reference range",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="LabOrder",
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
                                related_name="lab_orders",
                                to="core.facility",
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lab_orders",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "encounter",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lab_orders",
                                to="patients.encounter",
                            ),
                        ),
                        ("number", models.CharField(max_length=40, unique=True)),
                        (
                            "ordered_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("ordered_at", models.DateTimeField()),
                        (
                            "priority",
                            models.CharField(
                                choices=[("routine", "Routine"), ("urgent", "Urgent")],
                                default="routine",
                                max_length=8,
                                verbose_name="priority",
                            ),
                        ),
                        ("question", models.CharField(blank=True, max_length=200, verbose_name="clinical question")),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("ordered", "To be collected"),
                                    ("collected", "In the laboratory"),
                                    ("entered", "To be verified"),
                                    ("verified", "Verified"),
                                    ("cancelled", "Cancelled"),
                                ],
                                default="ordered",
                                max_length=10,
                            ),
                        ),
                        ("cancelled_reason", models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        "ordering": ["-ordered_at", "-id"],
                        "permissions": [
                            ("cancel_laborder", "Can cancel a laboratory order"),
                            ("collect", "Can collect specimens"),
                            ("enter_result", "Can enter results"),
                            ("verify_result", "Can verify results"),
                        ],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("status__in", ["ordered", "collected", "entered"])),
                                fields=["facility", "status", "ordered_at"],
                                name="laboratory_laborder_worklist",
                            ),
                            models.Index(fields=["facility", "-ordered_at"], name="laboratory_laborder_facility"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status__in", ["ordered", "collected", "entered", "verified", "cancelled"])
                                ),
                                name="laboratory_laborder_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("priority__in", ["routine", "urgent"])),
                                name="laboratory_laborder_priority",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "cancelled"), _negated=True),
                                    models.Q(("cancelled_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="laboratory_laborder_cancelled_says_why",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."laboratory_laborderchange" ("cancelled_reason", "created_at", "encounter_id", "facility_id", "id", "number", "ordered_at", "ordered_by_id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "question", "status") select added."cancelled_reason", added."created_at", added."encounter_id", added."facility_id", added."id", added."number", added."ordered_at", added."ordered_by_id", added."patient_id", now(), \'insert\', added."id", added."priority", added."question", added."status" from added; return null;',
                                    hash="529b3c85c19f9f49443accdc09a1d6ac4533e586",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_3338a",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="laboratory_laborder",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."laboratory_laborderchange" ("cancelled_reason", "created_at", "encounter_id", "facility_id", "id", "number", "ordered_at", "ordered_by_id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "question", "status") select new."cancelled_reason", new."created_at", new."encounter_id", new."facility_id", new."id", new."number", new."ordered_at", new."ordered_by_id", new."patient_id", now(), \'update\', new."id", new."priority", new."question", new."status"; return null;',
                                    hash="0778cefcb104e07864abedf46076111eb7184b11",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_755d6",
                                    table="laboratory_laborder",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."laboratory_laborderchange" ("cancelled_reason", "created_at", "encounter_id", "facility_id", "id", "number", "ordered_at", "ordered_by_id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "question", "status") select old."cancelled_reason", old."created_at", old."encounter_id", old."facility_id", old."id", old."number", old."ordered_at", old."ordered_by_id", old."patient_id", now(), \'delete\', old."id", old."priority", old."question", old."status"; return null;',
                                    hash="5d9f46d40ac811198ed2fa18f7cacffa37f53a53",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_33c1b",
                                    table="laboratory_laborder",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LabOrderChange",
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
                        ("ordered_by", models.UUIDField(db_column="ordered_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("number", models.CharField(max_length=40, null=True)),
                        ("ordered_at", models.DateTimeField(null=True)),
                        ("priority", models.CharField(max_length=8, null=True)),
                        ("question", models.CharField(max_length=200, null=True)),
                        ("status", models.CharField(max_length=10, null=True)),
                        ("cancelled_reason", models.CharField(max_length=300, null=True)),
                    ],
                    options={
                        "verbose_name": "change of lab order",
                        "verbose_name_plural": "change of lab order",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Specimen",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="specimens",
                                to="laboratory.laborder",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("blood-edta", "Blood, EDTA (lavender)"),
                                    ("blood-serum", "Blood, serum (gold)"),
                                    ("blood-citrate", "Blood, citrate (blue)"),
                                    ("blood-fluoride", "Blood, fluoride (grey)"),
                                    ("urine", "Urine"),
                                    ("stool", "Stool"),
                                    ("swab", "Swab"),
                                    ("sputum", "Sputum"),
                                    ("csf", "Cerebrospinal fluid"),
                                    ("other", "Other"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("accession", models.CharField(max_length=20, unique=True, verbose_name="accession number")),
                        (
                            "collected_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("collected_at", models.DateTimeField()),
                        ("rejected_at", models.DateTimeField(blank=True, null=True)),
                        ("rejected_reason", models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        "ordering": ["accession"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "kind__in",
                                        [
                                            "blood-edta",
                                            "blood-serum",
                                            "blood-citrate",
                                            "blood-fluoride",
                                            "urine",
                                            "stool",
                                            "swab",
                                            "sputum",
                                            "csf",
                                            "other",
                                        ],
                                    )
                                ),
                                name="laboratory_specimen_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("rejected_at__isnull", True),
                                    models.Q(("rejected_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="laboratory_specimen_rejected_says_why",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."laboratory_specimenchange" ("accession", "collected_at", "collected_by_id", "created_at", "id", "kind", "order_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rejected_at", "rejected_reason") select added."accession", added."collected_at", added."collected_by_id", added."created_at", added."id", added."kind", added."order_id", now(), \'insert\', added."id", added."rejected_at", added."rejected_reason" from added; return null;',
                                    hash="0ebe8521949ca46fcc7574a70a86fcc92fb3af39",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_ac134",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="laboratory_specimen",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."laboratory_specimenchange" ("accession", "collected_at", "collected_by_id", "created_at", "id", "kind", "order_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rejected_at", "rejected_reason") select new."accession", new."collected_at", new."collected_by_id", new."created_at", new."id", new."kind", new."order_id", now(), \'update\', new."id", new."rejected_at", new."rejected_reason"; return null;',
                                    hash="711a413725de07ff837551c979740c0885cdeb75",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_52a60",
                                    table="laboratory_specimen",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."laboratory_specimenchange" ("accession", "collected_at", "collected_by_id", "created_at", "id", "kind", "order_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rejected_at", "rejected_reason") select old."accession", old."collected_at", old."collected_by_id", old."created_at", old."id", old."kind", old."order_id", now(), \'delete\', old."id", old."rejected_at", old."rejected_reason"; return null;',
                                    hash="45590d9a0148a2416c224c1172497addf139a8e6",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_91417",
                                    table="laboratory_specimen",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SpecimenChange",
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
                        ("order", models.UUIDField(db_column="order_id", null=True)),
                        ("collected_by", models.UUIDField(db_column="collected_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("kind", models.CharField(max_length=16, null=True)),
                        ("accession", models.CharField(max_length=20, null=True)),
                        ("collected_at", models.DateTimeField(null=True)),
                        ("rejected_at", models.DateTimeField(null=True)),
                        ("rejected_reason", models.CharField(max_length=300, null=True)),
                    ],
                    options={
                        "verbose_name": "change of specimen",
                        "verbose_name_plural": "change of specimen",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Result",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="results",
                                to="laboratory.laborder",
                            ),
                        ),
                        (
                            "test",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="results",
                                to="laboratory.testdefinition",
                            ),
                        ),
                        (
                            "specimen",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="results",
                                to="laboratory.specimen",
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("ordered", "To be collected"),
                                    ("collected", "In the laboratory"),
                                    ("entered", "To be verified"),
                                    ("verified", "Verified"),
                                    ("cancelled", "Cancelled"),
                                ],
                                default="ordered",
                                max_length=10,
                            ),
                        ),
                        ("value", models.DecimalField(blank=True, decimal_places=6, max_digits=18, null=True)),
                        ("value_text", models.CharField(blank=True, max_length=200)),
                        ("unit", models.CharField(blank=True, max_length=30)),
                        ("range_text", models.CharField(blank=True, max_length=60)),
                        (
                            "flag",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("normal", "normal"),
                                    ("low", "low"),
                                    ("high", "high"),
                                    ("critical-low", "critically low"),
                                    ("critical-high", "critically high"),
                                    ("abnormal", "not usual"),
                                    ("unknown", "no range"),
                                ],
                                max_length=14,
                            ),
                        ),
                        (
                            "entered_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("entered_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "verified_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("verified_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "observation",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lab_result",
                                to="patients.observation",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["test__name"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("status", "cancelled"), _negated=True),
                                fields=("order", "test"),
                                name="laboratory_result_once_per_order",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status__in", ["ordered", "collected", "entered", "verified", "cancelled"])
                                ),
                                name="laboratory_result_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("verified_by__isnull", True),
                                    models.Q(("verified_by", models.F("entered_by")), _negated=True),
                                    _connector="OR",
                                ),
                                name="laboratory_result_second_person",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "verified"), _negated=True),
                                    models.Q(
                                        ("entered_by__isnull", False),
                                        ("verified_by__isnull", False),
                                        models.Q(("value_text", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="laboratory_result_verified_is_complete",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."laboratory_resultchange" ("created_at", "entered_at", "entered_by_id", "flag", "id", "observation_id", "order_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "range_text", "specimen_id", "status", "test_id", "unit", "value", "value_text", "verified_at", "verified_by_id") select added."created_at", added."entered_at", added."entered_by_id", added."flag", added."id", added."observation_id", added."order_id", now(), \'insert\', added."id", added."range_text", added."specimen_id", added."status", added."test_id", added."unit", added."value", added."value_text", added."verified_at", added."verified_by_id" from added; return null;',
                                    hash="0ba6642930fc2fcbbdcd8b02098424365ca4a0de",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_2106e",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="laboratory_result",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."laboratory_resultchange" ("created_at", "entered_at", "entered_by_id", "flag", "id", "observation_id", "order_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "range_text", "specimen_id", "status", "test_id", "unit", "value", "value_text", "verified_at", "verified_by_id") select new."created_at", new."entered_at", new."entered_by_id", new."flag", new."id", new."observation_id", new."order_id", now(), \'update\', new."id", new."range_text", new."specimen_id", new."status", new."test_id", new."unit", new."value", new."value_text", new."verified_at", new."verified_by_id"; return null;',
                                    hash="769deeb16e58466284a039e4fd0e749884e665b0",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_ed1af",
                                    table="laboratory_result",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."laboratory_resultchange" ("created_at", "entered_at", "entered_by_id", "flag", "id", "observation_id", "order_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "range_text", "specimen_id", "status", "test_id", "unit", "value", "value_text", "verified_at", "verified_by_id") select old."created_at", old."entered_at", old."entered_by_id", old."flag", old."id", old."observation_id", old."order_id", now(), \'delete\', old."id", old."range_text", old."specimen_id", old."status", old."test_id", old."unit", old."value", old."value_text", old."verified_at", old."verified_by_id"; return null;',
                                    hash="098ae71256795d59e0eff7fffd1b13acf5fc866d",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_3957a",
                                    table="laboratory_result",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ResultChange",
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
                        ("order", models.UUIDField(db_column="order_id", null=True)),
                        ("test", models.UUIDField(db_column="test_id", null=True)),
                        ("specimen", models.UUIDField(db_column="specimen_id", null=True)),
                        ("entered_by", models.UUIDField(db_column="entered_by_id", null=True)),
                        ("verified_by", models.UUIDField(db_column="verified_by_id", null=True)),
                        ("observation", models.UUIDField(db_column="observation_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("status", models.CharField(max_length=10, null=True)),
                        ("value", models.DecimalField(decimal_places=6, max_digits=18, null=True)),
                        ("value_text", models.CharField(max_length=200, null=True)),
                        ("unit", models.CharField(max_length=30, null=True)),
                        ("range_text", models.CharField(max_length=60, null=True)),
                        ("flag", models.CharField(max_length=14, null=True)),
                        ("entered_at", models.DateTimeField(null=True)),
                        ("verified_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of result",
                        "verbose_name_plural": "change of result",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="ResultRevision",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "result",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="revisions",
                                to="laboratory.result",
                            ),
                        ),
                        ("value_text", models.CharField(max_length=200)),
                        (
                            "verified_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("verified_at", models.DateTimeField()),
                        (
                            "corrected_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("reason", models.CharField(max_length=300)),
                    ],
                    options={
                        "ordering": ["created_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True),
                                name="laboratory_resultrevision_says_why",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DiagnosticReport",
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
                                related_name="diagnostic_reports",
                                to="core.facility",
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="diagnostic_reports",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "encounter",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="diagnostic_reports",
                                to="patients.encounter",
                            ),
                        ),
                        (
                            "order",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="report",
                                to="laboratory.laborder",
                            ),
                        ),
                        ("code", models.CharField(blank=True, max_length=40)),
                        ("title", models.CharField(max_length=300)),
                        ("text", models.TextField(blank=True)),
                        ("issued_at", models.DateTimeField()),
                        (
                            "observations",
                            models.ManyToManyField(
                                blank=True, related_name="diagnostic_reports", to="patients.observation"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-issued_at", "-id"],
                        "indexes": [models.Index(fields=["patient", "-issued_at"], name="laboratory_report_patient")],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."laboratory_diagnosticreportchange" ("code", "created_at", "encounter_id", "facility_id", "id", "issued_at", "order_id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "text", "title") select added."code", added."created_at", added."encounter_id", added."facility_id", added."id", added."issued_at", added."order_id", added."patient_id", now(), \'insert\', added."id", added."text", added."title" from added; return null;',
                                    hash="26ece632a9a7875ab2821f2cd12c9c3e3bc7397d",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_fc802",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="laboratory_diagnosticreport",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."laboratory_diagnosticreportchange" ("code", "created_at", "encounter_id", "facility_id", "id", "issued_at", "order_id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "text", "title") select new."code", new."created_at", new."encounter_id", new."facility_id", new."id", new."issued_at", new."order_id", new."patient_id", now(), \'update\', new."id", new."text", new."title"; return null;',
                                    hash="c1a50c20b9abab364335a0b8c83f26fe8df9e504",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_92082",
                                    table="laboratory_diagnosticreport",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."laboratory_diagnosticreportchange" ("code", "created_at", "encounter_id", "facility_id", "id", "issued_at", "order_id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "text", "title") select old."code", old."created_at", old."encounter_id", old."facility_id", old."id", old."issued_at", old."order_id", old."patient_id", now(), \'delete\', old."id", old."text", old."title"; return null;',
                                    hash="02dda93d970e5d1e71d3fdb52a81790f4cd43f0d",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_84911",
                                    table="laboratory_diagnosticreport",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DiagnosticReportChange",
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
                        ("order", models.UUIDField(db_column="order_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("code", models.CharField(max_length=40, null=True)),
                        ("title", models.CharField(max_length=300, null=True)),
                        ("text", models.TextField(null=True)),
                        ("issued_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of diagnostic report",
                        "verbose_name_plural": "change of diagnostic report",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
            ],
        ),
        appendonly.forbid_changes("laboratory_resultrevision"),
        *(appendonly.forbid_changes(appendonly.change_table(table)) for table in TRACKED),
    ]
