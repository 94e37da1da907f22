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
from hms.core import appendonly

# Every row of these tables is kept as it was (hms.core.models.tracking).
TRACKED = [
    "wards_admission",
    "wards_bed",
    "wards_bedstay",
    "wards_room",
    "wards_ward",
]


class Migration(migrations.Migration):
    replaces = [
        ("wards", "0001_initial"),
        ("wards", "0002_notes_only_grow"),
        ("wards", "0003_one_correction"),
        ("wards", "0004_numbered_summaries"),
        ("wards", "0005_bed_days_on_their_day"),
        ("wards", "0006_changes_are_kept"),
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
                    name="Ward",
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
                                on_delete=django.db.models.deletion.PROTECT, related_name="wards", to="core.facility"
                            ),
                        ),
                        (
                            "department",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="core.department",
                            ),
                        ),
                        ("code", models.CharField(max_length=12, verbose_name="code")),
                        ("name", models.CharField(max_length=80, verbose_name="name")),
                        (
                            "bed_service",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.service",
                                verbose_name="charged for a bed-day",
                            ),
                        ),
                        ("active", models.BooleanField(default=True, verbose_name="active")),
                    ],
                    options={
                        "ordering": ["code"],
                        "permissions": [("view_board", "Can see the bed board")],
                        "constraints": [
                            models.UniqueConstraint(fields=("facility", "code"), name="wards_ward_one_code")
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."wards_wardchange" ("active", "bed_service_id", "code", "created_at", "department_id", "facility_id", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id") select added."active", added."bed_service_id", added."code", added."created_at", added."department_id", added."facility_id", added."id", added."name", now(), \'insert\', added."id" from added; return null;',
                                    hash="e51dd93795e304ed0ed918dd938193a25a6aa584",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_c6736",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="wards_ward",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."wards_wardchange" ("active", "bed_service_id", "code", "created_at", "department_id", "facility_id", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id") select new."active", new."bed_service_id", new."code", new."created_at", new."department_id", new."facility_id", new."id", new."name", now(), \'update\', new."id"; return null;',
                                    hash="1af36b6252d7fe0752ac850c4bcc92b3f7fae31f",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_6763f",
                                    table="wards_ward",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."wards_wardchange" ("active", "bed_service_id", "code", "created_at", "department_id", "facility_id", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id") select old."active", old."bed_service_id", old."code", old."created_at", old."department_id", old."facility_id", old."id", old."name", now(), \'delete\', old."id"; return null;',
                                    hash="071638ce46442d917d6e2a1d1c25a18d561031e1",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_e922e",
                                    table="wards_ward",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WardChange",
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
                        ("department", models.UUIDField(db_column="department_id", null=True)),
                        ("bed_service", models.UUIDField(db_column="bed_service_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("code", models.CharField(max_length=12, null=True)),
                        ("name", models.CharField(max_length=80, null=True)),
                        ("active", models.BooleanField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of ward",
                        "verbose_name_plural": "change of ward",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Room",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "ward",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="rooms", to="wards.ward"
                            ),
                        ),
                        ("name", models.CharField(max_length=40, verbose_name="name")),
                    ],
                    options={
                        "ordering": ["name"],
                        "constraints": [models.UniqueConstraint(fields=("ward", "name"), name="wards_room_one_name")],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."wards_roomchange" ("created_at", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id", "ward_id") select added."created_at", added."id", added."name", now(), \'insert\', added."id", added."ward_id" from added; return null;',
                                    hash="a99b4a133b0eb757f62d7175fb1bd1057bfea9dc",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_94586",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="wards_room",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."wards_roomchange" ("created_at", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id", "ward_id") select new."created_at", new."id", new."name", now(), \'update\', new."id", new."ward_id"; return null;',
                                    hash="1f216ac77783b2b15df25ef4e711a799f757e6c6",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_a717b",
                                    table="wards_room",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."wards_roomchange" ("created_at", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id", "ward_id") select old."created_at", old."id", old."name", now(), \'delete\', old."id", old."ward_id"; return null;',
                                    hash="a522e86533bbdd8b4529b0b3690127b383a83dec",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_70b81",
                                    table="wards_room",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RoomChange",
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
                        ("ward", models.UUIDField(db_column="ward_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("name", models.CharField(max_length=40, null=True)),
                    ],
                    options={
                        "verbose_name": "change of room",
                        "verbose_name_plural": "change of room",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Bed",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "room",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="beds", to="wards.room"
                            ),
                        ),
                        ("label", models.CharField(max_length=20, verbose_name="label")),
                        (
                            "state",
                            models.CharField(
                                choices=[("ready", "Ready"), ("cleaning", "To be cleaned"), ("blocked", "Out of use")],
                                default="ready",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        ("state_reason", models.CharField(blank=True, max_length=200)),
                        ("state_since", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["label"],
                        "permissions": [("change_bed_state", "Can mark a bed as clean or out of use")],
                        "constraints": [
                            models.UniqueConstraint(fields=("room", "label"), name="wards_bed_one_label"),
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["ready", "cleaning", "blocked"])),
                                name="wards_bed_state",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "blocked"), _negated=True),
                                    models.Q(("state_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="wards_bed_blocked_says_why",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."wards_bedchange" ("created_at", "id", "label", "pgh_created_at", "pgh_label", "pgh_obj_id", "room_id", "state", "state_reason", "state_since") select added."created_at", added."id", added."label", now(), \'insert\', added."id", added."room_id", added."state", added."state_reason", added."state_since" from added; return null;',
                                    hash="ee6ecc392ebb157ce1e22eab3fabe38205dd69b7",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_85cc2",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="wards_bed",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."wards_bedchange" ("created_at", "id", "label", "pgh_created_at", "pgh_label", "pgh_obj_id", "room_id", "state", "state_reason", "state_since") select new."created_at", new."id", new."label", now(), \'update\', new."id", new."room_id", new."state", new."state_reason", new."state_since"; return null;',
                                    hash="4b40d2fed2af9410d2a7b06f7d017b83c4578b80",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_60a42",
                                    table="wards_bed",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."wards_bedchange" ("created_at", "id", "label", "pgh_created_at", "pgh_label", "pgh_obj_id", "room_id", "state", "state_reason", "state_since") select old."created_at", old."id", old."label", now(), \'delete\', old."id", old."room_id", old."state", old."state_reason", old."state_since"; return null;',
                                    hash="51536b4c0392d173ce34872a7bd24d0427e70635",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_eb7a3",
                                    table="wards_bed",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BedChange",
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
                        ("room", models.UUIDField(db_column="room_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("label", models.CharField(max_length=20, null=True)),
                        ("state", models.CharField(max_length=10, null=True)),
                        ("state_reason", models.CharField(max_length=200, null=True)),
                        ("state_since", models.DateTimeField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of bed",
                        "verbose_name_plural": "change of bed",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Admission",
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
                                related_name="admissions",
                                to="core.facility",
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="admissions",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "encounter",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="admission",
                                to="patients.encounter",
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("admitted", "Admitted"),
                                    ("discharged", "Discharged"),
                                    ("cancelled", "Cancelled"),
                                ],
                                default="admitted",
                                max_length=10,
                            ),
                        ),
                        ("reason", models.CharField(max_length=200, verbose_name="reason for admission")),
                        ("admitted_at", models.DateTimeField()),
                        (
                            "admitted_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("expected_on", models.DateField(blank=True, null=True, verbose_name="expected to leave")),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        ("end_reason", models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        "ordering": ["-admitted_at", "-id"],
                        "permissions": [
                            ("admit", "Can admit a patient"),
                            ("transfer", "Can move a patient to another bed"),
                            ("discharge", "Can discharge a patient"),
                            ("add_note", "Can write ward notes"),
                        ],
                        "indexes": [models.Index(fields=["facility", "-admitted_at"], name="wards_admission_facility")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["admitted", "discharged", "cancelled"])),
                                name="wards_admission_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("ended_at__isnull", True), ("status", "admitted")),
                                    models.Q(
                                        models.Q(("status", "admitted"), _negated=True), ("ended_at__isnull", False)
                                    ),
                                    _connector="OR",
                                ),
                                name="wards_admission_ended_when_over",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ended_at__isnull", True),
                                    ("ended_at__gte", models.F("admitted_at")),
                                    _connector="OR",
                                ),
                                name="wards_admission_forward",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("status", "admitted")),
                                fields=("patient",),
                                name="wards_admission_one_open_per_patient",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."wards_admissionchange" ("admitted_at", "admitted_by_id", "created_at", "encounter_id", "end_reason", "ended_at", "expected_on", "facility_id", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "status") select added."admitted_at", added."admitted_by_id", added."created_at", added."encounter_id", added."end_reason", added."ended_at", added."expected_on", added."facility_id", added."id", added."patient_id", now(), \'insert\', added."id", added."reason", added."status" from added; return null;',
                                    hash="9279f748eee6b782c073152414008ddaf49ad8ac",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_38f72",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="wards_admission",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."wards_admissionchange" ("admitted_at", "admitted_by_id", "created_at", "encounter_id", "end_reason", "ended_at", "expected_on", "facility_id", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "status") select new."admitted_at", new."admitted_by_id", new."created_at", new."encounter_id", new."end_reason", new."ended_at", new."expected_on", new."facility_id", new."id", new."patient_id", now(), \'update\', new."id", new."reason", new."status"; return null;',
                                    hash="09c3b76704488b126b7e60b40335983300dea121",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_d3561",
                                    table="wards_admission",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."wards_admissionchange" ("admitted_at", "admitted_by_id", "created_at", "encounter_id", "end_reason", "ended_at", "expected_on", "facility_id", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "status") select old."admitted_at", old."admitted_by_id", old."created_at", old."encounter_id", old."end_reason", old."ended_at", old."expected_on", old."facility_id", old."id", old."patient_id", now(), \'delete\', old."id", old."reason", old."status"; return null;',
                                    hash="c439d1ec87a5b0c66bed30419d1c1ce76add0764",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_c3439",
                                    table="wards_admission",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AdmissionChange",
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
                        ("admitted_by", models.UUIDField(db_column="admitted_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("status", models.CharField(max_length=10, null=True)),
                        ("reason", models.CharField(max_length=200, null=True)),
                        ("admitted_at", models.DateTimeField(null=True)),
                        ("expected_on", models.DateField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("end_reason", models.CharField(max_length=300, null=True)),
                    ],
                    options={
                        "verbose_name": "change of admission",
                        "verbose_name_plural": "change of admission",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="BedStay",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "admission",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="stays", to="wards.admission"
                            ),
                        ),
                        (
                            "bed",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="stays", to="wards.bed"
                            ),
                        ),
                        ("period", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                        (
                            "moved_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=200)),
                    ],
                    options={
                        "ordering": ["period"],
                        "constraints": [
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                expressions=[("bed", "="), ("period", "&&")], name="wards_bedstay_one_patient_per_bed"
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                expressions=[("admission", "="), ("period", "&&")],
                                name="wards_bedstay_one_bed_per_patient",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("period__isempty", False)), name="wards_bedstay_not_empty"
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."wards_bedstaychange" ("admission_id", "bed_id", "created_at", "id", "moved_by_id", "period", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason") select added."admission_id", added."bed_id", added."created_at", added."id", added."moved_by_id", added."period", now(), \'insert\', added."id", added."reason" from added; return null;',
                                    hash="0760c7e00fdddd2e72481d84adc65a9a8e570ab6",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_71dc1",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="wards_bedstay",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."wards_bedstaychange" ("admission_id", "bed_id", "created_at", "id", "moved_by_id", "period", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason") select new."admission_id", new."bed_id", new."created_at", new."id", new."moved_by_id", new."period", now(), \'update\', new."id", new."reason"; return null;',
                                    hash="ae54685b5cfd85a536fd46581d9290feb7402136",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_2f049",
                                    table="wards_bedstay",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."wards_bedstaychange" ("admission_id", "bed_id", "created_at", "id", "moved_by_id", "period", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason") select old."admission_id", old."bed_id", old."created_at", old."id", old."moved_by_id", old."period", now(), \'delete\', old."id", old."reason"; return null;',
                                    hash="708fae93c45869b66767954d23d1607d2cf2af36",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_60363",
                                    table="wards_bedstay",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BedStayChange",
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
                        ("admission", models.UUIDField(db_column="admission_id", null=True)),
                        ("bed", models.UUIDField(db_column="bed_id", null=True)),
                        ("moved_by", models.UUIDField(db_column="moved_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("period", django.contrib.postgres.fields.ranges.DateTimeRangeField(null=True)),
                        ("reason", models.CharField(max_length=200, null=True)),
                    ],
                    options={
                        "verbose_name": "change of bed stay",
                        "verbose_name_plural": "change of bed stay",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="BedDay",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "admission",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="bed_days",
                                to="wards.admission",
                            ),
                        ),
                        (
                            "bed",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="wards.bed"
                            ),
                        ),
                        ("day", models.DateField()),
                    ],
                    options={
                        "ordering": ["day"],
                        "constraints": [
                            models.UniqueConstraint(fields=("admission", "day"), name="wards_bedday_once_a_day")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="NursingNote",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "admission",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="notes", to="wards.admission"
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="nursing_notes",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("nursing", "Nursing"),
                                    ("treatment", "Treatment"),
                                    ("round", "Doctor's round"),
                                    ("handover", "Handover"),
                                ],
                                default="nursing",
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        ("text", models.TextField(verbose_name="note")),
                        (
                            "author",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("written_at", models.DateTimeField()),
                        (
                            "corrects",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="corrections",
                                to="wards.nursingnote",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-written_at", "-id"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["nursing", "treatment", "round", "handover"])),
                                name="wards_nursingnote_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("text", ""), _negated=True), name="wards_nursingnote_not_empty"
                            ),
                            models.UniqueConstraint(fields=("corrects",), name="wards_nursingnote_one_correction"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DischargeSummary",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "admission",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="summary",
                                to="wards.admission",
                            ),
                        ),
                        ("number", models.CharField(editable=False, max_length=40, unique=True, verbose_name="number")),
                        ("diagnosis", models.CharField(max_length=300, verbose_name="diagnosis")),
                        ("course", models.TextField(verbose_name="what was found and done")),
                        ("instructions", models.TextField(verbose_name="instructions and medicines")),
                        ("follow_up", models.CharField(blank=True, max_length=200, verbose_name="follow-up")),
                        (
                            "signed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("signed_at", models.DateTimeField()),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
            ],
        ),
        # As it is called where the numbers came later than the table.
        migrations.RunSQL(
            "alter table wards_dischargesummary rename constraint wards_dischargesummary_number_key"
            " to wards_dischargesummary_number_7449b57b_uniq"
        ),
        appendonly.forbid_changes("wards_bedday"),
        appendonly.forbid_changes("wards_nursingnote"),
        appendonly.forbid_changes("wards_dischargesummary"),
        *(appendonly.forbid_changes(appendonly.change_table(table)) for table in TRACKED),
    ]
