from decimal import Decimal

import django.contrib.postgres.constraints
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
from django.db import migrations, models

import doctors.models
import hms.core.ids
import hms.core.models.base
import hms.core.models.tracking
import hms.core.tables
from hms.core import appendonly

# Every row of these tables is kept as it was (hms.core.models.tracking).
TRACKED = [
    "doctors_availability",
    "doctors_availabilityexception",
    "doctors_doctor",
    "doctors_specialty",
]


class Migration(migrations.Migration):
    replaces = [("doctors", "0001_initial"), ("doctors", "0002_fee_optional"), ("doctors", "0003_changes_are_kept")]

    initial = True

    dependencies = [
        ("staff", "0001_squashed_0004_changes_are_kept"),
    ]

    operations = [
        hms.core.tables.CreateTables(
            operations=[
                migrations.CreateModel(
                    name="Specialty",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        ("code", models.SlugField(max_length=20, unique=True, verbose_name="code")),
                        ("name", models.CharField(max_length=80, unique=True, verbose_name="name")),
                    ],
                    options={
                        "verbose_name_plural": "specialties",
                        "ordering": ["name"],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."doctors_specialtychange" ("code", "created_at", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id") select added."code", added."created_at", added."id", added."name", now(), \'insert\', added."id" from added; return null;',
                                    hash="540c571629f33de865f4108b4a6871d956880b7a",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_3b389",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="doctors_specialty",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."doctors_specialtychange" ("code", "created_at", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id") select new."code", new."created_at", new."id", new."name", now(), \'update\', new."id"; return null;',
                                    hash="7318edd9d06389652ffd029535e9d94b6597b264",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_984df",
                                    table="doctors_specialty",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."doctors_specialtychange" ("code", "created_at", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id") select old."code", old."created_at", old."id", old."name", now(), \'delete\', old."id"; return null;',
                                    hash="306e7e222cece360a456c44c615de58fd42c0e33",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_e523e",
                                    table="doctors_specialty",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SpecialtyChange",
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
                        ("code", models.SlugField(db_index=False, max_length=20, null=True)),
                        ("name", models.CharField(max_length=80, null=True)),
                    ],
                    options={
                        "verbose_name": "change of specialty",
                        "verbose_name_plural": "change of specialty",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Doctor",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "employee",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT, related_name="doctor", to="staff.employee"
                            ),
                        ),
                        (
                            "specialty",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="doctors",
                                to="doctors.specialty",
                                verbose_name="specialty",
                            ),
                        ),
                        ("licence_number", models.CharField(max_length=60, verbose_name="licence number")),
                        (
                            "fee",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                help_text="Empty: the price of the specialty in the price list.",
                                max_digits=12,
                                null=True,
                                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                                verbose_name="own consultation fee",
                            ),
                        ),
                        ("room", models.CharField(blank=True, max_length=40, verbose_name="room")),
                        ("signature", models.BinaryField(null=True)),
                        ("accepts_new", models.BooleanField(default=True, verbose_name="takes new patients")),
                        ("active", models.BooleanField(default=True, editable=False, verbose_name="active")),
                    ],
                    options={
                        "ordering": ["employee__family_name", "employee__given_name", "id"],
                        "permissions": [
                            ("use_desk", "Can use the consultation desk"),
                            ("change_availability", "Can plan consultation hours"),
                        ],
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("fee__gte", 0)), name="doctors_doctor_fee"),
                            models.CheckConstraint(
                                condition=models.Q(("licence_number", ""), _negated=True),
                                name="doctors_doctor_licensed",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."doctors_doctorchange" ("accepts_new", "active", "created_at", "employee_id", "fee", "id", "licence_number", "pgh_created_at", "pgh_label", "pgh_obj_id", "room", "specialty_id") select added."accepts_new", added."active", added."created_at", added."employee_id", added."fee", added."id", added."licence_number", now(), \'insert\', added."id", added."room", added."specialty_id" from added; return null;',
                                    hash="9108d889135017c41fa0e0281d3b24db944ea495",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_32bd6",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="doctors_doctor",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition='WHEN (OLD."accepts_new" IS DISTINCT FROM (NEW."accepts_new") OR OLD."active" IS DISTINCT FROM (NEW."active") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."employee_id" IS DISTINCT FROM (NEW."employee_id") OR OLD."fee" IS DISTINCT FROM (NEW."fee") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."licence_number" IS DISTINCT FROM (NEW."licence_number") OR OLD."room" IS DISTINCT FROM (NEW."room") OR OLD."specialty_id" IS DISTINCT FROM (NEW."specialty_id"))',
                                    func='insert into public."doctors_doctorchange" ("accepts_new", "active", "created_at", "employee_id", "fee", "id", "licence_number", "pgh_created_at", "pgh_label", "pgh_obj_id", "room", "specialty_id") select new."accepts_new", new."active", new."created_at", new."employee_id", new."fee", new."id", new."licence_number", now(), \'update\', new."id", new."room", new."specialty_id"; return null;',
                                    hash="75e77dc3cbd7231d492a913bfdf1cc46ef683ed6",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_c957a",
                                    table="doctors_doctor",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."doctors_doctorchange" ("accepts_new", "active", "created_at", "employee_id", "fee", "id", "licence_number", "pgh_created_at", "pgh_label", "pgh_obj_id", "room", "specialty_id") select old."accepts_new", old."active", old."created_at", old."employee_id", old."fee", old."id", old."licence_number", now(), \'delete\', old."id", old."room", old."specialty_id"; return null;',
                                    hash="9bd3c71d2518aa9cb0a81e4e78f1ef9217aa2e31",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_12f27",
                                    table="doctors_doctor",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DoctorChange",
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
                        ("employee", models.UUIDField(db_column="employee_id", null=True)),
                        ("specialty", models.UUIDField(db_column="specialty_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("licence_number", models.CharField(max_length=60, null=True)),
                        ("fee", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                        ("room", models.CharField(max_length=40, null=True)),
                        ("accepts_new", models.BooleanField(null=True)),
                        ("active", models.BooleanField(editable=False, null=True)),
                    ],
                    options={
                        "verbose_name": "change of doctor",
                        "verbose_name_plural": "change of doctor",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Availability",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "doctor",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="availability",
                                to="doctors.doctor",
                            ),
                        ),
                        (
                            "weekday",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (0, "Monday"),
                                    (1, "Tuesday"),
                                    (2, "Wednesday"),
                                    (3, "Thursday"),
                                    (4, "Friday"),
                                    (5, "Saturday"),
                                    (6, "Sunday"),
                                ],
                                verbose_name="weekday",
                            ),
                        ),
                        ("starts", models.TimeField(verbose_name="from")),
                        ("ends", models.TimeField(verbose_name="until")),
                        (
                            "slot_minutes",
                            models.PositiveSmallIntegerField(
                                default=20,
                                validators=[
                                    django.core.validators.MinValueValidator(5),
                                    django.core.validators.MaxValueValidator(240),
                                ],
                                verbose_name="minutes a patient",
                            ),
                        ),
                        ("room", models.CharField(blank=True, max_length=40, verbose_name="room")),
                        ("valid_from", models.DateField(verbose_name="first day")),
                        ("valid_until", models.DateField(blank=True, null=True, verbose_name="last day")),
                    ],
                    options={
                        "verbose_name_plural": "availability",
                        "ordering": ["weekday", "starts"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("weekday__range", (0, 6))), name="doctors_availability_weekday"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("ends__gt", models.F("starts"))),
                                name="doctors_availability_forward",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("slot_minutes__range", (5, 240))), name="doctors_availability_slot"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_until__isnull", True),
                                    ("valid_until__gte", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="doctors_availability_validity",
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                expressions=[
                                    ("doctor", "="),
                                    ("weekday", "="),
                                    (doctors.models.WallRange("starts", "ends"), "&&"),
                                    (doctors.models.DayRange("valid_from", "valid_until"), "&&"),
                                ],
                                name="doctors_availability_no_overlap",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."doctors_availabilitychange" ("created_at", "doctor_id", "ends", "id", "pgh_created_at", "pgh_label", "pgh_obj_id", "room", "slot_minutes", "starts", "valid_from", "valid_until", "weekday") select added."created_at", added."doctor_id", added."ends", added."id", now(), \'insert\', added."id", added."room", added."slot_minutes", added."starts", added."valid_from", added."valid_until", added."weekday" from added; return null;',
                                    hash="0d1fbbf9574bc46f360511d5521291306c70dbf9",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_ffbc4",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="doctors_availability",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."doctors_availabilitychange" ("created_at", "doctor_id", "ends", "id", "pgh_created_at", "pgh_label", "pgh_obj_id", "room", "slot_minutes", "starts", "valid_from", "valid_until", "weekday") select new."created_at", new."doctor_id", new."ends", new."id", now(), \'update\', new."id", new."room", new."slot_minutes", new."starts", new."valid_from", new."valid_until", new."weekday"; return null;',
                                    hash="3311e56a8e4702702319a08532be308d43b2ad35",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_49d8a",
                                    table="doctors_availability",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."doctors_availabilitychange" ("created_at", "doctor_id", "ends", "id", "pgh_created_at", "pgh_label", "pgh_obj_id", "room", "slot_minutes", "starts", "valid_from", "valid_until", "weekday") select old."created_at", old."doctor_id", old."ends", old."id", now(), \'delete\', old."id", old."room", old."slot_minutes", old."starts", old."valid_from", old."valid_until", old."weekday"; return null;',
                                    hash="e27af89d04a1b42485a7c65e137552c0cbb05124",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_f26ac",
                                    table="doctors_availability",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AvailabilityChange",
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
                        ("doctor", models.UUIDField(db_column="doctor_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("weekday", models.PositiveSmallIntegerField(null=True)),
                        ("starts", models.TimeField(null=True)),
                        ("ends", models.TimeField(null=True)),
                        ("slot_minutes", models.PositiveSmallIntegerField(null=True)),
                        ("room", models.CharField(max_length=40, null=True)),
                        ("valid_from", models.DateField(null=True)),
                        ("valid_until", models.DateField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of availability",
                        "verbose_name_plural": "change of availability",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="AvailabilityException",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "doctor",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="exceptions",
                                to="doctors.doctor",
                            ),
                        ),
                        ("date", models.DateField(verbose_name="day")),
                        (
                            "kind",
                            models.CharField(
                                choices=[("away", "Away"), ("extra", "Extra hours")], max_length=6, verbose_name="kind"
                            ),
                        ),
                        ("starts", models.TimeField(blank=True, null=True, verbose_name="from")),
                        ("ends", models.TimeField(blank=True, null=True, verbose_name="until")),
                        (
                            "slot_minutes",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(5),
                                    django.core.validators.MaxValueValidator(240),
                                ],
                                verbose_name="minutes a patient",
                            ),
                        ),
                        ("room", models.CharField(blank=True, max_length=40, verbose_name="room")),
                        ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                    ],
                    options={
                        "ordering": ["date", "starts"],
                        "indexes": [models.Index(fields=["doctor", "date"], name="doctors_exception_day")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["away", "extra"])),
                                name="doctors_availabilityexception_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("ends__isnull", True), ("starts__isnull", True)),
                                    models.Q(
                                        ("ends__gt", models.F("starts")),
                                        ("ends__isnull", False),
                                        ("starts__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="doctors_availabilityexception_forward",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kind", "away"), ("slot_minutes__isnull", True)),
                                    models.Q(
                                        ("ends__isnull", False),
                                        ("kind", "extra"),
                                        ("slot_minutes__range", (5, 240)),
                                        ("starts__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="doctors_availabilityexception_extra_has_hours",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."doctors_availabilityexceptionchange" ("created_at", "date", "doctor_id", "ends", "id", "kind", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "room", "slot_minutes", "starts") select added."created_at", added."date", added."doctor_id", added."ends", added."id", added."kind", now(), \'insert\', added."id", added."reason", added."room", added."slot_minutes", added."starts" from added; return null;',
                                    hash="28cc81c9525c0d871176c3f8c40217aebbcb6f44",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_15f3b",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="doctors_availabilityexception",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."doctors_availabilityexceptionchange" ("created_at", "date", "doctor_id", "ends", "id", "kind", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "room", "slot_minutes", "starts") select new."created_at", new."date", new."doctor_id", new."ends", new."id", new."kind", now(), \'update\', new."id", new."reason", new."room", new."slot_minutes", new."starts"; return null;',
                                    hash="aa22886308f0d759d14c83e8116dfdd88b08cf80",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_cb022",
                                    table="doctors_availabilityexception",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."doctors_availabilityexceptionchange" ("created_at", "date", "doctor_id", "ends", "id", "kind", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "room", "slot_minutes", "starts") select old."created_at", old."date", old."doctor_id", old."ends", old."id", old."kind", now(), \'delete\', old."id", old."reason", old."room", old."slot_minutes", old."starts"; return null;',
                                    hash="81e3f402b5d8542498f7c46d24408f4f84cb94d1",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_0af5a",
                                    table="doctors_availabilityexception",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AvailabilityExceptionChange",
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
                        ("doctor", models.UUIDField(db_column="doctor_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("date", models.DateField(null=True)),
                        ("kind", models.CharField(max_length=6, null=True)),
                        ("starts", models.TimeField(null=True)),
                        ("ends", models.TimeField(null=True)),
                        ("slot_minutes", models.PositiveSmallIntegerField(null=True)),
                        ("room", models.CharField(max_length=40, null=True)),
                        ("reason", models.CharField(max_length=200, null=True)),
                    ],
                    options={
                        "verbose_name": "change of availability exception",
                        "verbose_name_plural": "change of availability exception",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
            ],
        ),
        *(appendonly.forbid_changes(appendonly.change_table(table)) for table in TRACKED),
    ]
