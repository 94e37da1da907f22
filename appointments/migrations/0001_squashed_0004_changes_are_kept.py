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
    "appointments_appointment",
]


class Migration(migrations.Migration):
    replaces = [
        ("appointments", "0001_initial"),
        ("appointments", "0002_walk_in_tokens"),
        ("appointments", "0003_moved"),
        ("appointments", "0004_changes_are_kept"),
    ]

    initial = True

    dependencies = [
        ("core", "0001_squashed_0020_erasures_are_told"),
        ("doctors", "0001_squashed_0003_changes_are_kept"),
        ("patients", "0001_squashed_0011_who_treats_whom_at_a_million"),
    ]

    operations = [
        hms.core.tables.CreateTables(
            operations=[
                migrations.CreateModel(
                    name="Appointment",
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
                                related_name="appointments",
                                to="core.facility",
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="appointments",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "doctor",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="appointments",
                                to="doctors.doctor",
                            ),
                        ),
                        ("period", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                        (
                            "starts_at",
                            models.GeneratedField(
                                db_persist=True,
                                expression=models.Func(models.F("period"), function="lower"),
                                output_field=models.DateTimeField(),
                            ),
                        ),
                        ("room", models.CharField(blank=True, max_length=40, verbose_name="room")),
                        (
                            "kind",
                            models.CharField(
                                choices=[("new", "New patient"), ("follow_up", "Follow-up"), ("video", "Video")],
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("booked", "Booked"),
                                    ("arrived", "Arrived"),
                                    ("fulfilled", "Seen"),
                                    ("cancelled", "Cancelled"),
                                    ("moved", "Moved"),
                                    ("no_show", "Did not come"),
                                ],
                                default="booked",
                                max_length=10,
                            ),
                        ),
                        (
                            "encounter",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="appointment",
                                to="patients.encounter",
                            ),
                        ),
                        (
                            "booked_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("cancelled_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "rescheduled_from",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rescheduled_to",
                                to="appointments.appointment",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["starts_at", "id"],
                        "permissions": [("check_in", "Can check a patient in")],
                        "indexes": [
                            models.Index(fields=["facility", "starts_at"], name="appointments_day"),
                            models.Index(fields=["patient", "-starts_at", "-id"], name="appointments_of_patient"),
                        ],
                        "constraints": [
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                condition=models.Q(("status__in", ["booked", "arrived", "fulfilled"])),
                                expressions=[("doctor", "="), ("period", "&&")],
                                name="appointments_appointment_doctor_once",
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                condition=models.Q(("status__in", ["booked", "arrived", "fulfilled"])),
                                expressions=[("patient", "="), ("period", "&&")],
                                name="appointments_appointment_patient_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("period__isempty", False),
                                    ("period__lower_inc", True),
                                    ("period__lower_inf", False),
                                    ("period__upper_inc", False),
                                    ("period__upper_inf", False),
                                ),
                                name="appointments_appointment_has_period",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["new", "follow_up", "video"])),
                                name="appointments_appointment_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("encounter__isnull", False), ("status__in", ["arrived", "fulfilled"])),
                                    models.Q(
                                        models.Q(("status__in", ["arrived", "fulfilled"]), _negated=True),
                                        ("encounter__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="appointments_appointment_visit_when_arrived",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status__in", ["booked", "arrived", "fulfilled", "cancelled", "moved", "no_show"])
                                ),
                                name="appointments_appointment_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("status__in", ["cancelled", "moved"]),
                                        models.Q(("cancelled_reason", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("status__in", ["cancelled", "moved"]), _negated=True),
                                        ("cancelled_reason", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="appointments_appointment_cancelled_says_why",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."appointments_appointmentchange" ("booked_by_id", "cancelled_reason", "created_at", "doctor_id", "encounter_id", "facility_id", "id", "kind", "patient_id", "period", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "rescheduled_from_id", "room", "status") select added."booked_by_id", added."cancelled_reason", added."created_at", added."doctor_id", added."encounter_id", added."facility_id", added."id", added."kind", added."patient_id", added."period", now(), \'insert\', added."id", added."reason", added."rescheduled_from_id", added."room", added."status" from added; return null;',
                                    hash="fc9432d4c4a9b2365f0ddb9e474c8e7d0df3a5b5",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_4d42f",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="appointments_appointment",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition='WHEN (OLD."booked_by_id" IS DISTINCT FROM (NEW."booked_by_id") OR OLD."cancelled_reason" IS DISTINCT FROM (NEW."cancelled_reason") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."doctor_id" IS DISTINCT FROM (NEW."doctor_id") OR OLD."encounter_id" IS DISTINCT FROM (NEW."encounter_id") OR OLD."facility_id" IS DISTINCT FROM (NEW."facility_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."patient_id" IS DISTINCT FROM (NEW."patient_id") OR OLD."period" IS DISTINCT FROM (NEW."period") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."rescheduled_from_id" IS DISTINCT FROM (NEW."rescheduled_from_id") OR OLD."room" IS DISTINCT FROM (NEW."room") OR OLD."status" IS DISTINCT FROM (NEW."status"))',
                                    func='insert into public."appointments_appointmentchange" ("booked_by_id", "cancelled_reason", "created_at", "doctor_id", "encounter_id", "facility_id", "id", "kind", "patient_id", "period", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "rescheduled_from_id", "room", "status") select new."booked_by_id", new."cancelled_reason", new."created_at", new."doctor_id", new."encounter_id", new."facility_id", new."id", new."kind", new."patient_id", new."period", now(), \'update\', new."id", new."reason", new."rescheduled_from_id", new."room", new."status"; return null;',
                                    hash="ce6949a42c47a96cf7670f6ba62ef0010c81d758",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_99c35",
                                    table="appointments_appointment",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."appointments_appointmentchange" ("booked_by_id", "cancelled_reason", "created_at", "doctor_id", "encounter_id", "facility_id", "id", "kind", "patient_id", "period", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "rescheduled_from_id", "room", "status") select old."booked_by_id", old."cancelled_reason", old."created_at", old."doctor_id", old."encounter_id", old."facility_id", old."id", old."kind", old."patient_id", old."period", now(), \'delete\', old."id", old."reason", old."rescheduled_from_id", old."room", old."status"; return null;',
                                    hash="4b74a4252428fd6ed857f2629e9f96f82b2cca4a",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_9220a",
                                    table="appointments_appointment",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AppointmentChange",
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
                        ("doctor", models.UUIDField(db_column="doctor_id", null=True)),
                        ("encounter", models.UUIDField(db_column="encounter_id", null=True)),
                        ("booked_by", models.UUIDField(db_column="booked_by_id", null=True)),
                        ("rescheduled_from", models.UUIDField(db_column="rescheduled_from_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("period", django.contrib.postgres.fields.ranges.DateTimeRangeField(null=True)),
                        ("room", models.CharField(max_length=40, null=True)),
                        ("kind", models.CharField(max_length=10, null=True)),
                        ("reason", models.CharField(max_length=200, null=True)),
                        ("status", models.CharField(max_length=10, null=True)),
                        ("cancelled_reason", models.CharField(max_length=300, null=True)),
                    ],
                    options={
                        "verbose_name": "change of appointment",
                        "verbose_name_plural": "change of appointment",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="QueueToken",
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
                                related_name="queue_tokens",
                                to="core.facility",
                            ),
                        ),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="queue_tokens",
                                to="core.department",
                            ),
                        ),
                        ("day", models.DateField()),
                        ("number", models.PositiveIntegerField()),
                        (
                            "appointment",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="tokens",
                                to="appointments.appointment",
                            ),
                        ),
                        (
                            "doctor",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="tokens",
                                to="doctors.doctor",
                            ),
                        ),
                        (
                            "encounter",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="queue_token",
                                to="patients.encounter",
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("called", "Called"),
                                    ("done", "Done"),
                                    ("left", "Left"),
                                ],
                                default="waiting",
                                max_length=8,
                            ),
                        ),
                        ("called_at", models.DateTimeField(blank=True, null=True)),
                        ("room", models.CharField(blank=True, max_length=40, verbose_name="room")),
                    ],
                    options={
                        "ordering": ["day", "number"],
                        "indexes": [
                            models.Index(fields=["facility", "day", "status"], name="appointments_queue_of_day")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("department", "day", "number"), name="appointments_queuetoken_one_number"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("status__in", ["waiting", "called"])),
                                fields=("appointment",),
                                name="appointments_queuetoken_one_open",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["waiting", "called", "done", "left"])),
                                name="appointments_queuetoken_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "called"), _negated=True),
                                    ("called_at__isnull", False),
                                    _connector="OR",
                                ),
                                name="appointments_queuetoken_called_at",
                            ),
                        ],
                        "permissions": [("call_token", "Can call patients from the queue")],
                    },
                ),
            ],
        ),
        *(appendonly.forbid_changes(appendonly.change_table(table)) for table in TRACKED),
    ]
