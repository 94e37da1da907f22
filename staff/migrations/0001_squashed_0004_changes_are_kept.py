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
import staff.models
from hms.core import appendonly

# Every row of these tables is kept as it was (hms.core.models.tracking).
TRACKED = [
    "staff_attendance",
    "staff_credential",
    "staff_employee",
    "staff_rosterentry",
    "staff_shift",
]


class Migration(migrations.Migration):
    replaces = [
        ("staff", "0001_initial"),
        ("staff", "0002_employee_title"),
        ("staff", "0003_papers_that_run_out"),
        ("staff", "0004_changes_are_kept"),
    ]

    initial = True

    dependencies = [
        # Not for their tables: while few of ours are known, Django lays theirs out sooner.
        ("guardian", "0003_remove_groupobjectpermission_guardian_gr_content_ae6aec_idx_and_more"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
        ("core", "0001_squashed_0020_erasures_are_told"),
    ]

    operations = [
        hms.core.tables.CreateTables(
            operations=[
                migrations.CreateModel(
                    name="Employee",
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
                                related_name="employees",
                                to="core.facility",
                            ),
                        ),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="employees",
                                to="core.department",
                                verbose_name="department",
                            ),
                        ),
                        (
                            "user",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="employee",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="sign-in",
                            ),
                        ),
                        (
                            "number",
                            models.CharField(editable=False, max_length=20, unique=True, verbose_name="staff number"),
                        ),
                        (
                            "title",
                            models.CharField(
                                blank=True,
                                help_text="Before the name: Dr, Prof. …",
                                max_length=20,
                                verbose_name="title",
                            ),
                        ),
                        ("given_name", models.CharField(max_length=120, verbose_name="given names")),
                        ("family_name", models.CharField(max_length=120, verbose_name="family name")),
                        (
                            "profession",
                            models.CharField(
                                choices=[
                                    ("doctor", "Doctor"),
                                    ("nurse", "Nurse"),
                                    ("midwife", "Midwife"),
                                    ("pharmacist", "Pharmacist"),
                                    ("lab_technician", "Laboratory technician"),
                                    ("pathologist", "Pathologist"),
                                    ("radiographer", "Radiographer"),
                                    ("physiotherapist", "Physiotherapist"),
                                    ("receptionist", "Receptionist"),
                                    ("cashier", "Cashier"),
                                    ("accountant", "Accountant"),
                                    ("hr", "HR officer"),
                                    ("manager", "Manager"),
                                    ("administrator", "Administrator"),
                                    ("auditor", "Auditor"),
                                    ("technician", "Technician"),
                                    ("porter", "Porter"),
                                    ("cleaner", "Cleaner"),
                                    ("cook", "Cook"),
                                    ("driver", "Driver"),
                                    ("guard", "Guard"),
                                ],
                                max_length=20,
                                verbose_name="profession",
                            ),
                        ),
                        ("phone", models.CharField(blank=True, max_length=40, verbose_name="phone")),
                        ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                        ("hired_on", models.DateField(verbose_name="hired on")),
                        ("left_on", models.DateField(blank=True, editable=False, null=True, verbose_name="last day")),
                        ("active", models.BooleanField(default=True, editable=False, verbose_name="active")),
                    ],
                    options={
                        "ordering": ["family_name", "given_name", "id"],
                        "indexes": [
                            models.Index(
                                fields=["facility", "family_name", "given_name", "id"], name="staff_employee_by_name"
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "profession__in",
                                        [
                                            "doctor",
                                            "nurse",
                                            "midwife",
                                            "pharmacist",
                                            "lab_technician",
                                            "pathologist",
                                            "radiographer",
                                            "physiotherapist",
                                            "receptionist",
                                            "cashier",
                                            "accountant",
                                            "hr",
                                            "manager",
                                            "administrator",
                                            "auditor",
                                            "technician",
                                            "porter",
                                            "cleaner",
                                            "cook",
                                            "driver",
                                            "guard",
                                        ],
                                    )
                                ),
                                name="staff_employee_profession",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("left_on__isnull", True), ("left_on__gte", models.F("hired_on")), _connector="OR"
                                ),
                                name="staff_employee_left_after_hired",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("active", True), ("left_on__isnull", True)),
                                    models.Q(("active", False), ("left_on__isnull", False)),
                                    _connector="OR",
                                ),
                                name="staff_employee_inactive_when_left",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."staff_employeechange" ("active", "created_at", "department_id", "email", "facility_id", "family_name", "given_name", "hired_on", "id", "left_on", "number", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "profession", "title", "user_id") select added."active", added."created_at", added."department_id", added."email", added."facility_id", added."family_name", added."given_name", added."hired_on", added."id", added."left_on", added."number", now(), \'insert\', added."id", added."phone", added."profession", added."title", added."user_id" from added; return null;',
                                    hash="b62eed48c946a4b568599e531a8a3597e02bbd40",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_d5516",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="staff_employee",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."staff_employeechange" ("active", "created_at", "department_id", "email", "facility_id", "family_name", "given_name", "hired_on", "id", "left_on", "number", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "profession", "title", "user_id") select new."active", new."created_at", new."department_id", new."email", new."facility_id", new."family_name", new."given_name", new."hired_on", new."id", new."left_on", new."number", now(), \'update\', new."id", new."phone", new."profession", new."title", new."user_id"; return null;',
                                    hash="c5d97910a65a1e005d26f61f6e273d2d42baa140",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_96c37",
                                    table="staff_employee",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."staff_employeechange" ("active", "created_at", "department_id", "email", "facility_id", "family_name", "given_name", "hired_on", "id", "left_on", "number", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "profession", "title", "user_id") select old."active", old."created_at", old."department_id", old."email", old."facility_id", old."family_name", old."given_name", old."hired_on", old."id", old."left_on", old."number", now(), \'delete\', old."id", old."phone", old."profession", old."title", old."user_id"; return null;',
                                    hash="b5ed11565b3d6506f613e00910210b5caea56397",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_4ec35",
                                    table="staff_employee",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EmployeeChange",
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
                        ("user", models.UUIDField(db_column="user_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("number", models.CharField(editable=False, max_length=20, null=True)),
                        ("title", models.CharField(max_length=20, null=True)),
                        ("given_name", models.CharField(max_length=120, null=True)),
                        ("family_name", models.CharField(max_length=120, null=True)),
                        ("profession", models.CharField(max_length=20, null=True)),
                        ("phone", models.CharField(max_length=40, null=True)),
                        ("email", models.EmailField(max_length=254, null=True)),
                        ("hired_on", models.DateField(null=True)),
                        ("left_on", models.DateField(editable=False, null=True)),
                        ("active", models.BooleanField(editable=False, null=True)),
                    ],
                    options={
                        "verbose_name": "change of employee",
                        "verbose_name_plural": "change of employee",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Credential",
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
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="credentials",
                                to="staff.employee",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("licence", "Licence to practise"),
                                    ("registration", "Professional registration"),
                                    ("degree", "Degree"),
                                    ("certificate", "Certificate"),
                                    ("work_permit", "Work permit"),
                                    ("insurance", "Liability insurance"),
                                ],
                                max_length=14,
                                verbose_name="kind",
                            ),
                        ),
                        ("number", models.CharField(max_length=80, verbose_name="number")),
                        ("issuer", models.CharField(max_length=120, verbose_name="issued by")),
                        ("issued_on", models.DateField(verbose_name="issued on")),
                        ("valid_until", models.DateField(blank=True, null=True, verbose_name="valid until")),
                        ("withdrawn_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        ("withdrawn_reason", models.CharField(blank=True, editable=False, max_length=300)),
                    ],
                    options={
                        "ordering": [models.OrderBy(models.F("valid_until"), nulls_last=True), "kind"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "kind__in",
                                        [
                                            "licence",
                                            "registration",
                                            "degree",
                                            "certificate",
                                            "work_permit",
                                            "insurance",
                                        ],
                                    )
                                ),
                                name="staff_credential_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_until__isnull", True),
                                    ("valid_until__gte", models.F("issued_on")),
                                    _connector="OR",
                                ),
                                name="staff_credential_valid_after_issue",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("withdrawn_at__isnull", True), ("withdrawn_reason", "")),
                                    models.Q(
                                        ("withdrawn_at__isnull", False),
                                        models.Q(("withdrawn_reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="staff_credential_withdrawn_says_why",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("withdrawn_at__isnull", True)),
                                fields=("employee", "kind", "number"),
                                name="staff_credential_once",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."staff_credentialchange" ("created_at", "employee_id", "id", "issued_on", "issuer", "kind", "number", "pgh_created_at", "pgh_label", "pgh_obj_id", "valid_until", "withdrawn_at", "withdrawn_reason") select added."created_at", added."employee_id", added."id", added."issued_on", added."issuer", added."kind", added."number", now(), \'insert\', added."id", added."valid_until", added."withdrawn_at", added."withdrawn_reason" from added; return null;',
                                    hash="2f0008525e95e53375e5288328239996880f1270",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_3e730",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="staff_credential",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."staff_credentialchange" ("created_at", "employee_id", "id", "issued_on", "issuer", "kind", "number", "pgh_created_at", "pgh_label", "pgh_obj_id", "valid_until", "withdrawn_at", "withdrawn_reason") select new."created_at", new."employee_id", new."id", new."issued_on", new."issuer", new."kind", new."number", now(), \'update\', new."id", new."valid_until", new."withdrawn_at", new."withdrawn_reason"; return null;',
                                    hash="d593c44c8b088e777e848e7a06f41a4a01318645",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_dd9fc",
                                    table="staff_credential",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."staff_credentialchange" ("created_at", "employee_id", "id", "issued_on", "issuer", "kind", "number", "pgh_created_at", "pgh_label", "pgh_obj_id", "valid_until", "withdrawn_at", "withdrawn_reason") select old."created_at", old."employee_id", old."id", old."issued_on", old."issuer", old."kind", old."number", now(), \'delete\', old."id", old."valid_until", old."withdrawn_at", old."withdrawn_reason"; return null;',
                                    hash="175d83c56baa2382f5573660bc84df499b7df876",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_a57eb",
                                    table="staff_credential",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CredentialChange",
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
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("kind", models.CharField(max_length=14, null=True)),
                        ("number", models.CharField(max_length=80, null=True)),
                        ("issuer", models.CharField(max_length=120, null=True)),
                        ("issued_on", models.DateField(null=True)),
                        ("valid_until", models.DateField(null=True)),
                        ("withdrawn_at", models.DateTimeField(editable=False, null=True)),
                        ("withdrawn_reason", models.CharField(editable=False, max_length=300, null=True)),
                    ],
                    options={
                        "verbose_name": "change of credential",
                        "verbose_name_plural": "change of credential",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="CredentialWarning",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "credential",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="warnings",
                                to="staff.credential",
                            ),
                        ),
                        ("days", models.PositiveSmallIntegerField()),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("credential", "days"), name="staff_credentialwarning_once"),
                            models.CheckConstraint(
                                condition=models.Q(("days__in", [60, 30, 7, 0])), name="staff_credentialwarning_days"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Shift",
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
                                on_delete=django.db.models.deletion.PROTECT, related_name="shifts", to="core.facility"
                            ),
                        ),
                        ("name", models.CharField(max_length=40, verbose_name="name")),
                        ("starts", models.TimeField(verbose_name="from")),
                        ("ends", models.TimeField(verbose_name="until")),
                        ("active", models.BooleanField(default=True, verbose_name="in use")),
                    ],
                    options={
                        "ordering": ["starts", "name"],
                        "constraints": [
                            models.UniqueConstraint(fields=("facility", "name"), name="staff_shift_one_name"),
                            models.CheckConstraint(
                                condition=models.Q(("starts", models.F("ends")), _negated=True),
                                name="staff_shift_has_length",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."staff_shiftchange" ("active", "created_at", "ends", "facility_id", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts") select added."active", added."created_at", added."ends", added."facility_id", added."id", added."name", now(), \'insert\', added."id", added."starts" from added; return null;',
                                    hash="7365426484e4e47f74ad910af8f94aa0f636b352",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_3659a",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="staff_shift",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."staff_shiftchange" ("active", "created_at", "ends", "facility_id", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts") select new."active", new."created_at", new."ends", new."facility_id", new."id", new."name", now(), \'update\', new."id", new."starts"; return null;',
                                    hash="bce3813aba3b44870a861ce4feaf9ee5d585339b",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_920cb",
                                    table="staff_shift",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."staff_shiftchange" ("active", "created_at", "ends", "facility_id", "id", "name", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts") select old."active", old."created_at", old."ends", old."facility_id", old."id", old."name", now(), \'delete\', old."id", old."starts"; return null;',
                                    hash="c971d210c9da40fb7988edaf42621c3bdf2597c7",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_46450",
                                    table="staff_shift",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ShiftChange",
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
                        ("name", models.CharField(max_length=40, null=True)),
                        ("starts", models.TimeField(null=True)),
                        ("ends", models.TimeField(null=True)),
                        ("active", models.BooleanField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of shift",
                        "verbose_name_plural": "change of shift",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="RosterEntry",
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
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="roster", to="staff.employee"
                            ),
                        ),
                        (
                            "shift",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="staff.shift"
                            ),
                        ),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="roster", to="core.department"
                            ),
                        ),
                        ("date", models.DateField(verbose_name="day")),
                        ("period", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                        (
                            "planned_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "roster entries",
                        "ordering": ["date", "period", "id"],
                        "permissions": [
                            ("view_roster", "Can see the roster"),
                            ("change_roster", "Can plan the roster"),
                        ],
                        "indexes": [models.Index(fields=["date", "department"], name="staff_roster_day")],
                        "constraints": [
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                expressions=[("employee", "="), ("period", "&&")], name="staff_rosterentry_no_overlap"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("period__isempty", False)), name="staff_rosterentry_has_length"
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."staff_rosterentrychange" ("created_at", "date", "department_id", "employee_id", "id", "period", "pgh_created_at", "pgh_label", "pgh_obj_id", "planned_by_id", "shift_id") select added."created_at", added."date", added."department_id", added."employee_id", added."id", added."period", now(), \'insert\', added."id", added."planned_by_id", added."shift_id" from added; return null;',
                                    hash="5f773159c96d703636867c6744d3c46f881fa813",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_e66c4",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="staff_rosterentry",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."staff_rosterentrychange" ("created_at", "date", "department_id", "employee_id", "id", "period", "pgh_created_at", "pgh_label", "pgh_obj_id", "planned_by_id", "shift_id") select new."created_at", new."date", new."department_id", new."employee_id", new."id", new."period", now(), \'update\', new."id", new."planned_by_id", new."shift_id"; return null;',
                                    hash="509d88ff716289b83502f9f55c99855268fd7565",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_0dfd7",
                                    table="staff_rosterentry",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."staff_rosterentrychange" ("created_at", "date", "department_id", "employee_id", "id", "period", "pgh_created_at", "pgh_label", "pgh_obj_id", "planned_by_id", "shift_id") select old."created_at", old."date", old."department_id", old."employee_id", old."id", old."period", now(), \'delete\', old."id", old."planned_by_id", old."shift_id"; return null;',
                                    hash="728e23b553e2a83567a7c31b81892faee7189569",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_b4ddb",
                                    table="staff_rosterentry",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RosterEntryChange",
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
                        ("shift", models.UUIDField(db_column="shift_id", null=True)),
                        ("department", models.UUIDField(db_column="department_id", null=True)),
                        ("planned_by", models.UUIDField(db_column="planned_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("date", models.DateField(null=True)),
                        ("period", django.contrib.postgres.fields.ranges.DateTimeRangeField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of roster entry",
                        "verbose_name_plural": "change of roster entry",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Attendance",
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
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="attendances",
                                to="staff.employee",
                            ),
                        ),
                        (
                            "roster_entry",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="attendances",
                                to="staff.rosterentry",
                            ),
                        ),
                        ("came_at", models.DateTimeField(verbose_name="came")),
                        ("left_at", models.DateTimeField(blank=True, null=True, verbose_name="left")),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("correction", models.CharField(blank=True, max_length=300, verbose_name="correction")),
                        ("void", models.BooleanField(default=False)),
                    ],
                    options={
                        "ordering": ["-came_at", "-id"],
                        "permissions": [("record_attendance", "Can record who came and left")],
                        "indexes": [models.Index(fields=["employee", "-came_at"], name="staff_attendance_employee")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("left_at__isnull", True), ("left_at__gt", models.F("came_at")), _connector="OR"
                                ),
                                name="staff_attendance_left_after_came",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("left_at__isnull", True), ("void", False)),
                                fields=("employee",),
                                name="staff_attendance_one_open",
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                condition=models.Q(("void", False)),
                                expressions=[("employee", "="), (staff.models.TsTzRange("came_at", "left_at"), "&&")],
                                name="staff_attendance_no_overlap",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("void", False), models.Q(("correction", ""), _negated=True), _connector="OR"
                                ),
                                name="staff_attendance_void_says_why",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."staff_attendancechange" ("came_at", "correction", "created_at", "employee_id", "id", "left_at", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "roster_entry_id", "void") select added."came_at", added."correction", added."created_at", added."employee_id", added."id", added."left_at", now(), \'insert\', added."id", added."recorded_by_id", added."roster_entry_id", added."void" from added; return null;',
                                    hash="e377a10eed6edc3d99f3fe4be43067517500f443",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_47f89",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="staff_attendance",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."staff_attendancechange" ("came_at", "correction", "created_at", "employee_id", "id", "left_at", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "roster_entry_id", "void") select new."came_at", new."correction", new."created_at", new."employee_id", new."id", new."left_at", now(), \'update\', new."id", new."recorded_by_id", new."roster_entry_id", new."void"; return null;',
                                    hash="7c4b002dfc8c8058f8ea21a6dc4ebf05d6cfc886",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_ce582",
                                    table="staff_attendance",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."staff_attendancechange" ("came_at", "correction", "created_at", "employee_id", "id", "left_at", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "roster_entry_id", "void") select old."came_at", old."correction", old."created_at", old."employee_id", old."id", old."left_at", now(), \'delete\', old."id", old."recorded_by_id", old."roster_entry_id", old."void"; return null;',
                                    hash="80f0151a24b28e3fae9b32f118f7b3f688d6dc00",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_6f924",
                                    table="staff_attendance",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AttendanceChange",
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
                        ("roster_entry", models.UUIDField(db_column="roster_entry_id", null=True)),
                        ("recorded_by", models.UUIDField(db_column="recorded_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("came_at", models.DateTimeField(null=True)),
                        ("left_at", models.DateTimeField(null=True)),
                        ("correction", models.CharField(max_length=300, null=True)),
                        ("void", models.BooleanField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of attendance",
                        "verbose_name_plural": "change of attendance",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
            ],
        ),
        *(appendonly.forbid_changes(appendonly.change_table(table)) for table in TRACKED),
    ]
