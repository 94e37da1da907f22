import datetime

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

import hms.core.ids
import hms.core.models.base
import hms.core.models.tracking
import hms.core.tables
from hms.core import appendonly

# A signed note may only be marked as entered in error; its words, author and hour never change.
SIGNED_NOTES = """
create function patients_signed_note_stays() returns trigger language plpgsql as $$
begin
    if old.status <> 'draft' and (
        row(new.encounter_id, new.patient_id, new.author_id, new.complaint, new.examination, new.assessment,
            new.plan, new.signed_at, new.amends_id)
        is distinct from
        row(old.encounter_id, old.patient_id, old.author_id, old.complaint, old.examination, old.assessment,
            old.plan, old.signed_at, old.amends_id)
        or new.status not in (old.status, 'entered_in_error')
    ) then
        raise exception 'a signed note does not change' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger signed_note_stays before update on patients_clinicalnote
    for each row execute function patients_signed_note_stays();
-- A draft may be thrown away; a signed note, never.
create trigger signed_note_kept before delete on patients_clinicalnote
    for each row when (old.status <> 'draft') execute function hms_append_only()
"""

# Every row of these tables is kept as it was (hms.core.models.tracking).
TRACKED = [
    "patients_allergy",
    "patients_amendmentrequest",
    "patients_careplan",
    "patients_chartgrant",
    "patients_clinicalnote",
    "patients_condition",
    "patients_contact",
    "patients_encounter",
    "patients_immunization",
    "patients_medicationstatement",
    "patients_observation",
    "patients_patient",
    "patients_patientfacility",
    "patients_patientidentifier",
    "patients_patientuserobjectpermission",
    "patients_procedure",
]


class Migration(migrations.Migration):
    replaces = [
        ("patients", "0001_initial"),
        ("patients", "0002_signed_notes_stay"),
        ("patients", "0003_cancel_encounter"),
        ("patients", "0004_signed_notes_are_kept"),
        ("patients", "0005_unended_visits"),
        ("patients", "0006_other_names"),
        ("patients", "0007_closed_charts"),
        ("patients", "0008_changes_are_kept"),
        ("patients", "0009_what_patients_ask_for"),
        ("patients", "0010_patients_erased"),
        ("patients", "0011_who_treats_whom_at_a_million"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("core", "0001_squashed_0020_erasures_are_told"),
        ("staff", "0001_squashed_0004_changes_are_kept"),
    ]

    operations = [
        hms.core.tables.CreateTables(
            operations=[
                migrations.CreateModel(
                    name="Patient",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        ("mrn", models.CharField(editable=False, max_length=20, unique=True, verbose_name="MRN")),
                        (
                            "registered_at",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="core.facility",
                                verbose_name="registered at",
                            ),
                        ),
                        ("given_name", models.CharField(blank=True, max_length=120, verbose_name="given names")),
                        ("family_name", models.CharField(max_length=120, verbose_name="family name")),
                        (
                            "other_names",
                            models.CharField(
                                blank=True,
                                help_text="Maiden name, former or other names they are asked for by; a comma between two.",
                                max_length=500,
                                verbose_name="other names",
                            ),
                        ),
                        (
                            "sex",
                            models.CharField(
                                choices=[
                                    ("female", "Female"),
                                    ("male", "Male"),
                                    ("other", "Other"),
                                    ("unknown", "Unknown"),
                                ],
                                max_length=8,
                                verbose_name="sex",
                            ),
                        ),
                        ("birth_date", models.DateField(verbose_name="birth date")),
                        (
                            "birth_date_estimated",
                            models.BooleanField(default=False, verbose_name="birth date is an estimate"),
                        ),
                        ("deceased_at", models.DateTimeField(blank=True, null=True, verbose_name="died")),
                        ("phone", models.CharField(blank=True, max_length=40, verbose_name="phone")),
                        ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                        ("address", models.CharField(blank=True, max_length=200, verbose_name="street and number")),
                        ("city", models.CharField(blank=True, max_length=80, verbose_name="town")),
                        ("postal_code", models.CharField(blank=True, max_length=20, verbose_name="postcode")),
                        ("country", models.CharField(blank=True, max_length=60, verbose_name="country")),
                        ("language", models.CharField(blank=True, max_length=60, verbose_name="language")),
                        ("no_known_allergies", models.BooleanField(editable=False, null=True)),
                        ("active", models.BooleanField(default=True, editable=False, verbose_name="active")),
                        ("inactive_reason", models.CharField(blank=True, editable=False, max_length=300)),
                        (
                            "confidentiality",
                            models.CharField(
                                choices=[
                                    ("normal", "Normal"),
                                    ("staff", "Works here"),
                                    ("vip", "Public person"),
                                    ("restricted", "Restricted by the patient"),
                                ],
                                default="normal",
                                editable=False,
                                max_length=10,
                                verbose_name="confidentiality",
                            ),
                        ),
                        ("erased_at", models.DateTimeField(editable=False, null=True)),
                        ("search_name", models.CharField(editable=False, max_length=260)),
                        (
                            "name_tokens",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=120), editable=False, size=None
                            ),
                        ),
                        ("phone_digits", models.CharField(blank=True, editable=False, max_length=20)),
                        (
                            "name_vector",
                            models.GeneratedField(
                                db_persist=True,
                                expression=models.Func(models.F("name_tokens"), function="array_to_tsvector"),
                                output_field=django.contrib.postgres.search.SearchVectorField(),
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["family_name", "given_name", "id"],
                        "permissions": [
                            ("search_patient", "Can search patients"),
                            ("view_chart", "Can read the clinical chart"),
                            ("change_clinical", "Can write the clinical record"),
                            ("change_allergies", "Can record allergies"),
                            ("record_vitals", "Can record vital signs"),
                            ("deactivate_patient", "Can deactivate a patient record"),
                            ("view_restricted", "Can find records that are kept narrower"),
                            ("restrict_patient", "Can keep a record narrower"),
                            ("release_patient", "Can open a record that was kept narrower"),
                            ("release_record", "Can give the whole record to the patient or to whom they name"),
                        ],
                        "indexes": [
                            django.contrib.postgres.indexes.GinIndex(
                                fields=["name_vector"], name="patients_patient_names"
                            ),
                            django.contrib.postgres.indexes.GinIndex(
                                django.contrib.postgres.indexes.OpClass(models.F("search_name"), name="gin_trgm_ops"),
                                name="patients_patient_similar",
                            ),
                            models.Index(fields=["birth_date", "family_name"], name="patients_patient_born"),
                            models.Index(
                                django.contrib.postgres.indexes.OpClass(
                                    models.F("phone_digits"), name="text_pattern_ops"
                                ),
                                condition=models.Q(("phone_digits", ""), _negated=True),
                                name="patients_patient_phone",
                            ),
                            models.Index(
                                django.contrib.postgres.indexes.OpClass(models.F("mrn"), name="text_pattern_ops"),
                                name="patients_patient_mrn_prefix",
                            ),
                            models.Index(
                                condition=models.Q(("confidentiality", "normal"), _negated=True),
                                fields=["id"],
                                name="patients_patient_narrow",
                            ),
                            models.Index(
                                condition=models.Q(("erased_at__isnull", False)),
                                fields=["id"],
                                name="patients_patient_erased",
                            ),
                            models.Index(
                                condition=models.Q(("active", True)),
                                fields=["family_name", "given_name", "id"],
                                name="patients_patient_list",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("sex__in", ["female", "male", "other", "unknown"])),
                                name="patients_patient_sex",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("birth_date__gte", datetime.date(1880, 1, 1))),
                                name="patients_patient_born_after_1880",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("active", True), models.Q(("inactive_reason", ""), _negated=True), _connector="OR"
                                ),
                                name="patients_patient_inactive_says_why",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("confidentiality__in", ["normal", "staff", "vip", "restricted"])),
                                name="patients_patient_confidentiality",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_patientchange" ("active", "address", "birth_date", "birth_date_estimated", "city", "confidentiality", "country", "created_at", "deceased_at", "email", "erased_at", "family_name", "given_name", "id", "inactive_reason", "language", "mrn", "no_known_allergies", "other_names", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "postal_code", "registered_at_id", "sex") select added."active", added."address", added."birth_date", added."birth_date_estimated", added."city", added."confidentiality", added."country", added."created_at", added."deceased_at", added."email", added."erased_at", added."family_name", added."given_name", added."id", added."inactive_reason", added."language", added."mrn", added."no_known_allergies", added."other_names", now(), \'insert\', added."id", added."phone", added."postal_code", added."registered_at_id", added."sex" from added; return null;',
                                    hash="60bc9c764f4b149aa7a931552771ec97863eb9de",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_831a3",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_patient",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition='WHEN (OLD."active" IS DISTINCT FROM (NEW."active") OR OLD."address" IS DISTINCT FROM (NEW."address") OR OLD."birth_date" IS DISTINCT FROM (NEW."birth_date") OR OLD."birth_date_estimated" IS DISTINCT FROM (NEW."birth_date_estimated") OR OLD."city" IS DISTINCT FROM (NEW."city") OR OLD."confidentiality" IS DISTINCT FROM (NEW."confidentiality") OR OLD."country" IS DISTINCT FROM (NEW."country") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."deceased_at" IS DISTINCT FROM (NEW."deceased_at") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."erased_at" IS DISTINCT FROM (NEW."erased_at") OR OLD."family_name" IS DISTINCT FROM (NEW."family_name") OR OLD."given_name" IS DISTINCT FROM (NEW."given_name") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."inactive_reason" IS DISTINCT FROM (NEW."inactive_reason") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."mrn" IS DISTINCT FROM (NEW."mrn") OR OLD."no_known_allergies" IS DISTINCT FROM (NEW."no_known_allergies") OR OLD."other_names" IS DISTINCT FROM (NEW."other_names") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."postal_code" IS DISTINCT FROM (NEW."postal_code") OR OLD."registered_at_id" IS DISTINCT FROM (NEW."registered_at_id") OR OLD."sex" IS DISTINCT FROM (NEW."sex"))',
                                    func='insert into public."patients_patientchange" ("active", "address", "birth_date", "birth_date_estimated", "city", "confidentiality", "country", "created_at", "deceased_at", "email", "erased_at", "family_name", "given_name", "id", "inactive_reason", "language", "mrn", "no_known_allergies", "other_names", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "postal_code", "registered_at_id", "sex") select new."active", new."address", new."birth_date", new."birth_date_estimated", new."city", new."confidentiality", new."country", new."created_at", new."deceased_at", new."email", new."erased_at", new."family_name", new."given_name", new."id", new."inactive_reason", new."language", new."mrn", new."no_known_allergies", new."other_names", now(), \'update\', new."id", new."phone", new."postal_code", new."registered_at_id", new."sex"; return null;',
                                    hash="24545d812db2b3b36562a919dcef4310e734bea8",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_1dc04",
                                    table="patients_patient",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_patientchange" ("active", "address", "birth_date", "birth_date_estimated", "city", "confidentiality", "country", "created_at", "deceased_at", "email", "erased_at", "family_name", "given_name", "id", "inactive_reason", "language", "mrn", "no_known_allergies", "other_names", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "postal_code", "registered_at_id", "sex") select old."active", old."address", old."birth_date", old."birth_date_estimated", old."city", old."confidentiality", old."country", old."created_at", old."deceased_at", old."email", old."erased_at", old."family_name", old."given_name", old."id", old."inactive_reason", old."language", old."mrn", old."no_known_allergies", old."other_names", now(), \'delete\', old."id", old."phone", old."postal_code", old."registered_at_id", old."sex"; return null;',
                                    hash="c5318757e739e3d32c166317943a73b9e7ea4763",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_dd1ae",
                                    table="patients_patient",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PatientChange",
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
                        ("registered_at", models.UUIDField(db_column="registered_at_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("mrn", models.CharField(editable=False, max_length=20, null=True)),
                        ("given_name", models.CharField(max_length=120, null=True)),
                        ("family_name", models.CharField(max_length=120, null=True)),
                        ("other_names", models.CharField(max_length=500, null=True)),
                        ("sex", models.CharField(max_length=8, null=True)),
                        ("birth_date", models.DateField(null=True)),
                        ("birth_date_estimated", models.BooleanField(null=True)),
                        ("deceased_at", models.DateTimeField(null=True)),
                        ("phone", models.CharField(max_length=40, null=True)),
                        ("email", models.EmailField(max_length=254, null=True)),
                        ("address", models.CharField(max_length=200, null=True)),
                        ("city", models.CharField(max_length=80, null=True)),
                        ("postal_code", models.CharField(max_length=20, null=True)),
                        ("country", models.CharField(max_length=60, null=True)),
                        ("language", models.CharField(max_length=60, null=True)),
                        ("no_known_allergies", models.BooleanField(editable=False, null=True)),
                        ("active", models.BooleanField(editable=False, null=True)),
                        ("inactive_reason", models.CharField(editable=False, max_length=300, null=True)),
                        ("confidentiality", models.CharField(editable=False, max_length=10, null=True)),
                        ("erased_at", models.DateTimeField(editable=False, null=True)),
                    ],
                    options={
                        "verbose_name": "change of patient",
                        "verbose_name_plural": "change of patient",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="PatientFacility",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="facilities",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "facility",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.facility"
                            ),
                        ),
                        (
                            "added_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("patient", "facility"), name="patients_patientfacility_once"
                            )
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_patientfacilitychange" ("added_by_id", "created_at", "facility_id", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id") select added."added_by_id", added."created_at", added."facility_id", added."id", added."patient_id", now(), \'insert\', added."id" from added; return null;',
                                    hash="306c9922321f1e1fbc1af521ef3d5c5b319ecdca",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_69e70",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_patientfacility",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."patients_patientfacilitychange" ("added_by_id", "created_at", "facility_id", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id") select new."added_by_id", new."created_at", new."facility_id", new."id", new."patient_id", now(), \'update\', new."id"; return null;',
                                    hash="7ee0e6520efb1ba8aad0cef74cbf6036f9317291",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_476b9",
                                    table="patients_patientfacility",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_patientfacilitychange" ("added_by_id", "created_at", "facility_id", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id") select old."added_by_id", old."created_at", old."facility_id", old."id", old."patient_id", now(), \'delete\', old."id"; return null;',
                                    hash="fed831219655849abb691cf1103be3798d8ea6d1",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_4dd74",
                                    table="patients_patientfacility",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PatientFacilityChange",
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
                        ("patient", models.UUIDField(db_column="patient_id", null=True)),
                        ("facility", models.UUIDField(db_column="facility_id", null=True)),
                        ("added_by", models.UUIDField(db_column="added_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                    ],
                    options={
                        "verbose_name": "change of patient facility",
                        "verbose_name_plural": "change of patient facility",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="PatientIdentifier",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="identifiers",
                                to="patients.patient",
                            ),
                        ),
                        ("system", models.CharField(max_length=200, verbose_name="kind")),
                        ("value", models.CharField(max_length=120, verbose_name="number")),
                    ],
                    options={
                        "ordering": ["system"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("system", "value"), name="patients_patientidentifier_one_patient"
                            )
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_patientidentifierchange" ("created_at", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "system", "value") select added."created_at", added."id", added."patient_id", now(), \'insert\', added."id", added."system", added."value" from added; return null;',
                                    hash="7bd11951fb77f9fe517062d1bc07d87067796f5d",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_dafe2",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_patientidentifier",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."patients_patientidentifierchange" ("created_at", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "system", "value") select new."created_at", new."id", new."patient_id", now(), \'update\', new."id", new."system", new."value"; return null;',
                                    hash="84f64d1d40b83b241fba62b888243c8cc5538d91",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_04903",
                                    table="patients_patientidentifier",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_patientidentifierchange" ("created_at", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "system", "value") select old."created_at", old."id", old."patient_id", now(), \'delete\', old."id", old."system", old."value"; return null;',
                                    hash="4b82931ddbe424063e44228bca201c280b419d70",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_04da6",
                                    table="patients_patientidentifier",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PatientIdentifierChange",
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
                        ("patient", models.UUIDField(db_column="patient_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("system", models.CharField(max_length=200, null=True)),
                        ("value", models.CharField(max_length=120, null=True)),
                    ],
                    options={
                        "verbose_name": "change of patient identifier",
                        "verbose_name_plural": "change of patient identifier",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Contact",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="contacts",
                                to="patients.patient",
                            ),
                        ),
                        ("name", models.CharField(max_length=160, verbose_name="name")),
                        ("relationship", models.CharField(max_length=60, verbose_name="relationship")),
                        ("phone", models.CharField(max_length=40, verbose_name="phone")),
                        ("ended_at", models.DateTimeField(blank=True, editable=False, null=True)),
                    ],
                    options={
                        "ordering": ["created_at"],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_contactchange" ("created_at", "ended_at", "id", "name", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "relationship") select added."created_at", added."ended_at", added."id", added."name", added."patient_id", now(), \'insert\', added."id", added."phone", added."relationship" from added; return null;',
                                    hash="41ffa93125943690c3699439d86fcddc7cb88260",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_996fc",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_contact",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."patients_contactchange" ("created_at", "ended_at", "id", "name", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "relationship") select new."created_at", new."ended_at", new."id", new."name", new."patient_id", now(), \'update\', new."id", new."phone", new."relationship"; return null;',
                                    hash="c48e23d80a11a867436319083052848a7194b2a7",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_0b45c",
                                    table="patients_contact",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_contactchange" ("created_at", "ended_at", "id", "name", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "relationship") select old."created_at", old."ended_at", old."id", old."name", old."patient_id", now(), \'delete\', old."id", old."phone", old."relationship"; return null;',
                                    hash="a9fc9e20411fd6287809bfb269318545c68322bc",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_570d9",
                                    table="patients_contact",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ContactChange",
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
                        ("patient", models.UUIDField(db_column="patient_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("name", models.CharField(max_length=160, null=True)),
                        ("relationship", models.CharField(max_length=60, null=True)),
                        ("phone", models.CharField(max_length=40, null=True)),
                        ("ended_at", models.DateTimeField(editable=False, null=True)),
                    ],
                    options={
                        "verbose_name": "change of contact",
                        "verbose_name_plural": "change of contact",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Encounter",
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
                                related_name="encounters",
                                to="core.facility",
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="encounters",
                                to="patients.patient",
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
                        (
                            "attending",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="encounters",
                                to="staff.employee",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("outpatient", "Outpatient"),
                                    ("emergency", "Emergency"),
                                    ("inpatient", "Inpatient"),
                                    ("virtual", "Video"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("arrived", "Waiting"),
                                    ("in_progress", "In consultation"),
                                    ("finished", "Closed"),
                                    ("cancelled", "Cancelled"),
                                    ("entered_in_error", "Entered in error"),
                                    ("unended", "End not known"),
                                ],
                                default="arrived",
                                max_length=16,
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason for the visit")),
                        ("started_at", models.DateTimeField()),
                        ("seen_at", models.DateTimeField(blank=True, null=True)),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        ("end_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "part_of",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="parts",
                                to="patients.encounter",
                            ),
                        ),
                        ("imported", models.BooleanField(default=False, editable=False)),
                    ],
                    options={
                        "ordering": ["-started_at", "-id"],
                        "indexes": [
                            models.Index(fields=["patient", "-started_at"], name="patients_encounter_patient"),
                            models.Index(fields=["facility", "-started_at"], name="patients_encounter_facility"),
                            models.Index(
                                condition=models.Q(("status__in", ["arrived", "in_progress"])),
                                fields=["attending", "started_at"],
                                name="patients_encounter_open",
                            ),
                            models.Index(
                                models.F("department"),
                                django.db.models.functions.comparison.Coalesce(
                                    models.F("ended_at"),
                                    django.db.models.functions.comparison.Cast(
                                        models.Value("infinity"), models.DateTimeField()
                                    ),
                                ),
                                condition=models.Q(("imported", False)),
                                name="patients_encounter_lately",
                            ),
                            models.Index(
                                models.F("facility"),
                                django.db.models.functions.comparison.Coalesce(
                                    models.F("ended_at"),
                                    django.db.models.functions.comparison.Cast(
                                        models.Value("infinity"), models.DateTimeField()
                                    ),
                                ),
                                condition=models.Q(("imported", False)),
                                name="patients_encounter_there",
                            ),
                            models.Index(
                                models.F("attending"),
                                django.db.models.functions.comparison.Coalesce(
                                    models.F("ended_at"),
                                    django.db.models.functions.comparison.Cast(
                                        models.Value("infinity"), models.DateTimeField()
                                    ),
                                ),
                                name="patients_encounter_treated",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["outpatient", "emergency", "inpatient", "virtual"])),
                                name="patients_encounter_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ended_at__isnull", True),
                                    ("ended_at__gte", models.F("started_at")),
                                    _connector="OR",
                                ),
                                name="patients_encounter_forward",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("kind", "inpatient"), ("status__in", ["arrived", "in_progress"])),
                                fields=("patient",),
                                name="patients_encounter_one_open_stay",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        [
                                            "arrived",
                                            "in_progress",
                                            "finished",
                                            "cancelled",
                                            "entered_in_error",
                                            "unended",
                                        ],
                                    )
                                ),
                                name="patients_encounter_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("ended_at__isnull", True),
                                        ("status__in", ["arrived", "in_progress", "unended"]),
                                    ),
                                    models.Q(
                                        models.Q(("status__in", ["arrived", "in_progress", "unended"]), _negated=True),
                                        ("ended_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="patients_encounter_ended_when_not_open",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "unended"), _negated=True), ("imported", True), _connector="OR"
                                ),
                                name="patients_encounter_unended_elsewhere",
                            ),
                        ],
                        "permissions": [("cancel_encounter", "Can cancel a visit")],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_encounterchange" ("attending_id", "created_at", "department_id", "end_reason", "ended_at", "facility_id", "id", "imported", "kind", "part_of_id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "seen_at", "started_at", "status") select added."attending_id", added."created_at", added."department_id", added."end_reason", added."ended_at", added."facility_id", added."id", added."imported", added."kind", added."part_of_id", added."patient_id", now(), \'insert\', added."id", added."reason", added."seen_at", added."started_at", added."status" from added; return null;',
                                    hash="7b2702ef9676d4181dfccf6da2c2ca8499999a27",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_3996e",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_encounter",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."patients_encounterchange" ("attending_id", "created_at", "department_id", "end_reason", "ended_at", "facility_id", "id", "imported", "kind", "part_of_id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "seen_at", "started_at", "status") select new."attending_id", new."created_at", new."department_id", new."end_reason", new."ended_at", new."facility_id", new."id", new."imported", new."kind", new."part_of_id", new."patient_id", now(), \'update\', new."id", new."reason", new."seen_at", new."started_at", new."status"; return null;',
                                    hash="c7da23d8ee9e69ec3655216deb371557fb39162b",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_29d86",
                                    table="patients_encounter",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_encounterchange" ("attending_id", "created_at", "department_id", "end_reason", "ended_at", "facility_id", "id", "imported", "kind", "part_of_id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "seen_at", "started_at", "status") select old."attending_id", old."created_at", old."department_id", old."end_reason", old."ended_at", old."facility_id", old."id", old."imported", old."kind", old."part_of_id", old."patient_id", now(), \'delete\', old."id", old."reason", old."seen_at", old."started_at", old."status"; return null;',
                                    hash="8005857b0fa816bc9f18a2ebbe2c4b3be07bcb34",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_714ea",
                                    table="patients_encounter",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EncounterChange",
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
                        ("department", models.UUIDField(db_column="department_id", null=True)),
                        ("attending", models.UUIDField(db_column="attending_id", null=True)),
                        ("part_of", models.UUIDField(db_column="part_of_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("kind", models.CharField(max_length=12, null=True)),
                        ("status", models.CharField(max_length=16, null=True)),
                        ("reason", models.CharField(max_length=200, null=True)),
                        ("started_at", models.DateTimeField(null=True)),
                        ("seen_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("end_reason", models.CharField(max_length=300, null=True)),
                        ("imported", models.BooleanField(editable=False, null=True)),
                    ],
                    options={
                        "verbose_name": "change of encounter",
                        "verbose_name_plural": "change of encounter",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Allergy",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)s_set",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "encounter",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)s_set",
                                to="patients.encounter",
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("entered_in_error", models.BooleanField(default=False)),
                        ("error_reason", models.CharField(blank=True, max_length=300)),
                        ("substance", models.CharField(max_length=200, verbose_name="substance")),
                        ("code", models.CharField(blank=True, editable=False, max_length=40)),
                        (
                            "category",
                            models.CharField(
                                choices=[
                                    ("medication", "Medicine"),
                                    ("food", "Food"),
                                    ("environment", "Environment"),
                                    ("biologic", "Biological"),
                                ],
                                default="medication",
                                max_length=12,
                                verbose_name="kind",
                            ),
                        ),
                        (
                            "criticality",
                            models.CharField(
                                choices=[
                                    ("low", "Low risk"),
                                    ("high", "High risk"),
                                    ("unable-to-assess", "Not assessed"),
                                ],
                                default="unable-to-assess",
                                max_length=20,
                                verbose_name="risk",
                            ),
                        ),
                        ("reaction", models.CharField(blank=True, max_length=200, verbose_name="reaction")),
                        ("active", models.BooleanField(default=True)),
                        ("onset_on", models.DateField(blank=True, null=True, verbose_name="since")),
                    ],
                    options={
                        "verbose_name_plural": "allergies",
                        "ordering": ["-criticality", "substance"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("category__in", ["medication", "food", "environment", "biologic"])),
                                name="patients_allergy_category",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("criticality__in", ["low", "high", "unable-to-assess"])),
                                name="patients_allergy_criticality",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_allergychange" ("active", "category", "code", "created_at", "criticality", "encounter_id", "entered_in_error", "error_reason", "id", "onset_on", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reaction", "recorded_by_id", "substance") select added."active", added."category", added."code", added."created_at", added."criticality", added."encounter_id", added."entered_in_error", added."error_reason", added."id", added."onset_on", added."patient_id", now(), \'insert\', added."id", added."reaction", added."recorded_by_id", added."substance" from added; return null;',
                                    hash="1bdea8d8af915c0bcaf1e91f607ebcebf84f3c21",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_f2ba2",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_allergy",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."patients_allergychange" ("active", "category", "code", "created_at", "criticality", "encounter_id", "entered_in_error", "error_reason", "id", "onset_on", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reaction", "recorded_by_id", "substance") select new."active", new."category", new."code", new."created_at", new."criticality", new."encounter_id", new."entered_in_error", new."error_reason", new."id", new."onset_on", new."patient_id", now(), \'update\', new."id", new."reaction", new."recorded_by_id", new."substance"; return null;',
                                    hash="20138f95a48a9d72e4ee8821ea05878845210fbd",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_f7ef5",
                                    table="patients_allergy",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_allergychange" ("active", "category", "code", "created_at", "criticality", "encounter_id", "entered_in_error", "error_reason", "id", "onset_on", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reaction", "recorded_by_id", "substance") select old."active", old."category", old."code", old."created_at", old."criticality", old."encounter_id", old."entered_in_error", old."error_reason", old."id", old."onset_on", old."patient_id", now(), \'delete\', old."id", old."reaction", old."recorded_by_id", old."substance"; return null;',
                                    hash="0ebe5f41b934888f0e62d338992e34167efc9193",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_4acbe",
                                    table="patients_allergy",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AllergyChange",
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
                        ("patient", models.UUIDField(db_column="patient_id", null=True)),
                        ("encounter", models.UUIDField(db_column="encounter_id", null=True)),
                        ("recorded_by", models.UUIDField(db_column="recorded_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("entered_in_error", models.BooleanField(null=True)),
                        ("error_reason", models.CharField(max_length=300, null=True)),
                        ("substance", models.CharField(max_length=200, null=True)),
                        ("code", models.CharField(editable=False, max_length=40, null=True)),
                        ("category", models.CharField(max_length=12, null=True)),
                        ("criticality", models.CharField(max_length=20, null=True)),
                        ("reaction", models.CharField(max_length=200, null=True)),
                        ("active", models.BooleanField(null=True)),
                        ("onset_on", models.DateField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of allergy",
                        "verbose_name_plural": "change of allergy",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="DiagnosisCode",
                    fields=[
                        ("code", models.CharField(max_length=10, primary_key=True, serialize=False)),
                        ("title", models.CharField(max_length=300)),
                        ("billable", models.BooleanField()),
                        ("search", models.CharField(editable=False, max_length=320)),
                    ],
                    options={
                        "ordering": ["code"],
                        "indexes": [
                            models.Index(
                                django.contrib.postgres.indexes.OpClass(models.F("code"), name="text_pattern_ops"),
                                name="patients_diagnosiscode_prefix",
                            ),
                            django.contrib.postgres.indexes.GinIndex(
                                django.contrib.postgres.indexes.OpClass(models.F("search"), name="gin_trgm_ops"),
                                name="patients_diagnosiscode_words",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ClinicalNote",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "encounter",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="notes",
                                to="patients.encounter",
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="notes", to="patients.patient"
                            ),
                        ),
                        (
                            "author",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("complaint", models.TextField(blank=True, verbose_name="complaint and history")),
                        ("examination", models.TextField(blank=True, verbose_name="examination")),
                        ("assessment", models.TextField(blank=True, verbose_name="assessment")),
                        ("plan", models.TextField(blank=True, verbose_name="plan")),
                        ("draft_codes", models.JSONField(blank=True, default=list)),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("draft", "Draft"),
                                    ("signed", "Signed"),
                                    ("entered_in_error", "Entered in error"),
                                ],
                                default="draft",
                                max_length=16,
                            ),
                        ),
                        ("saved_at", models.DateTimeField()),
                        ("signed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "amends",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="addenda",
                                to="patients.clinicalnote",
                            ),
                        ),
                        ("error_reason", models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        "ordering": ["-created_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["draft", "signed", "entered_in_error"])),
                                name="patients_clinicalnote_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("signed_at__isnull", True), ("status", "draft")),
                                    models.Q(
                                        models.Q(("status", "draft"), _negated=True), ("signed_at__isnull", False)
                                    ),
                                    _connector="OR",
                                ),
                                name="patients_clinicalnote_signed_at",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("status", "draft")),
                                fields=("encounter", "author"),
                                name="patients_clinicalnote_one_draft",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_clinicalnotechange" ("amends_id", "assessment", "author_id", "complaint", "created_at", "draft_codes", "encounter_id", "error_reason", "examination", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan", "saved_at", "signed_at", "status") select added."amends_id", added."assessment", added."author_id", added."complaint", added."created_at", added."draft_codes", added."encounter_id", added."error_reason", added."examination", added."id", added."patient_id", now(), \'insert\', added."id", added."plan", added."saved_at", added."signed_at", added."status" from added where added."status" is distinct from \'draft\'; return null;',
                                    hash="34a990c45c583576b2d67711c1b210306decbc7a",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_d1436",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_clinicalnote",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."patients_clinicalnotechange" ("amends_id", "assessment", "author_id", "complaint", "created_at", "draft_codes", "encounter_id", "error_reason", "examination", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan", "saved_at", "signed_at", "status") select new."amends_id", new."assessment", new."author_id", new."complaint", new."created_at", new."draft_codes", new."encounter_id", new."error_reason", new."examination", new."id", new."patient_id", now(), \'update\', new."id", new."plan", new."saved_at", new."signed_at", new."status" where new."status" is distinct from \'draft\'; return null;',
                                    hash="af837d19e442c07f73914b3b6fe16be74a952cd7",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_458f8",
                                    table="patients_clinicalnote",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_clinicalnotechange" ("amends_id", "assessment", "author_id", "complaint", "created_at", "draft_codes", "encounter_id", "error_reason", "examination", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan", "saved_at", "signed_at", "status") select old."amends_id", old."assessment", old."author_id", old."complaint", old."created_at", old."draft_codes", old."encounter_id", old."error_reason", old."examination", old."id", old."patient_id", now(), \'delete\', old."id", old."plan", old."saved_at", old."signed_at", old."status" where old."status" is distinct from \'draft\'; return null;',
                                    hash="00184c434a90479d26ae17290e69ea2b9530e30e",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_ca5fe",
                                    table="patients_clinicalnote",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ClinicalNoteChange",
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
                        ("encounter", models.UUIDField(db_column="encounter_id", null=True)),
                        ("patient", models.UUIDField(db_column="patient_id", null=True)),
                        ("author", models.UUIDField(db_column="author_id", null=True)),
                        ("amends", models.UUIDField(db_column="amends_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("complaint", models.TextField(null=True)),
                        ("examination", models.TextField(null=True)),
                        ("assessment", models.TextField(null=True)),
                        ("plan", models.TextField(null=True)),
                        ("draft_codes", models.JSONField(null=True)),
                        ("status", models.CharField(max_length=16, null=True)),
                        ("saved_at", models.DateTimeField(null=True)),
                        ("signed_at", models.DateTimeField(null=True)),
                        ("error_reason", models.CharField(max_length=300, null=True)),
                    ],
                    options={
                        "verbose_name": "change of clinical note",
                        "verbose_name_plural": "change of clinical note",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Condition",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)s_set",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "encounter",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)s_set",
                                to="patients.encounter",
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("entered_in_error", models.BooleanField(default=False)),
                        ("error_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "note",
                            models.ForeignKey(
                                blank=True,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="diagnoses",
                                to="patients.clinicalnote",
                            ),
                        ),
                        (
                            "category",
                            models.CharField(
                                choices=[
                                    ("problem-list-item", "Problem"),
                                    ("encounter-diagnosis", "Diagnosis of the visit"),
                                ],
                                default="problem-list-item",
                                max_length=20,
                            ),
                        ),
                        (
                            "system",
                            models.CharField(
                                default="http://hl7.org/fhir/sid/icd-10-cm", editable=False, max_length=100
                            ),
                        ),
                        ("code", models.CharField(blank=True, max_length=40, verbose_name="code")),
                        ("display", models.CharField(max_length=300, verbose_name="problem")),
                        ("onset_on", models.DateField(blank=True, null=True, verbose_name="since")),
                        ("resolved_on", models.DateField(blank=True, null=True, verbose_name="resolved")),
                    ],
                    options={
                        "ordering": ["-onset_on", "-created_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("category__in", ["problem-list-item", "encounter-diagnosis"])),
                                name="patients_condition_category",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("resolved_on__isnull", True),
                                    ("onset_on__isnull", True),
                                    ("resolved_on__gte", models.F("onset_on")),
                                    _connector="OR",
                                ),
                                name="patients_condition_forward",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("entered_in_error", False), ("note__isnull", False)),
                                fields=("note", "code"),
                                name="patients_condition_once_per_note",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_conditionchange" ("category", "code", "created_at", "display", "encounter_id", "entered_in_error", "error_reason", "id", "note_id", "onset_on", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "resolved_on", "system") select added."category", added."code", added."created_at", added."display", added."encounter_id", added."entered_in_error", added."error_reason", added."id", added."note_id", added."onset_on", added."patient_id", now(), \'insert\', added."id", added."recorded_by_id", added."resolved_on", added."system" from added; return null;',
                                    hash="cbf21cc338bd5db6400f4424b9af942b76e86c55",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_69c88",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_condition",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."patients_conditionchange" ("category", "code", "created_at", "display", "encounter_id", "entered_in_error", "error_reason", "id", "note_id", "onset_on", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "resolved_on", "system") select new."category", new."code", new."created_at", new."display", new."encounter_id", new."entered_in_error", new."error_reason", new."id", new."note_id", new."onset_on", new."patient_id", now(), \'update\', new."id", new."recorded_by_id", new."resolved_on", new."system"; return null;',
                                    hash="77886fe52035826b7611751bf0adf415f29736c1",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_3d69b",
                                    table="patients_condition",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_conditionchange" ("category", "code", "created_at", "display", "encounter_id", "entered_in_error", "error_reason", "id", "note_id", "onset_on", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "resolved_on", "system") select old."category", old."code", old."created_at", old."display", old."encounter_id", old."entered_in_error", old."error_reason", old."id", old."note_id", old."onset_on", old."patient_id", now(), \'delete\', old."id", old."recorded_by_id", old."resolved_on", old."system"; return null;',
                                    hash="cc4b719fed9e361db68e05d5e793d60a0c2ae731",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_6363c",
                                    table="patients_condition",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ConditionChange",
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
                        ("patient", models.UUIDField(db_column="patient_id", null=True)),
                        ("encounter", models.UUIDField(db_column="encounter_id", null=True)),
                        ("recorded_by", models.UUIDField(db_column="recorded_by_id", null=True)),
                        ("note", models.UUIDField(db_column="note_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("entered_in_error", models.BooleanField(null=True)),
                        ("error_reason", models.CharField(max_length=300, null=True)),
                        ("category", models.CharField(max_length=20, null=True)),
                        ("system", models.CharField(editable=False, max_length=100, null=True)),
                        ("code", models.CharField(max_length=40, null=True)),
                        ("display", models.CharField(max_length=300, null=True)),
                        ("onset_on", models.DateField(null=True)),
                        ("resolved_on", models.DateField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of condition",
                        "verbose_name_plural": "change of condition",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Observation",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)s_set",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "encounter",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)s_set",
                                to="patients.encounter",
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("entered_in_error", models.BooleanField(default=False)),
                        ("error_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "category",
                            models.CharField(
                                choices=[
                                    ("vital-signs", "Vital signs"),
                                    ("laboratory", "Laboratory"),
                                    ("social-history", "Social history"),
                                    ("survey", "Survey"),
                                    ("other", "Other"),
                                ],
                                default="vital-signs",
                                max_length=16,
                            ),
                        ),
                        ("code", models.CharField(max_length=40)),
                        ("display", models.CharField(max_length=300)),
                        ("value", models.DecimalField(blank=True, decimal_places=6, max_digits=18, null=True)),
                        ("value_text", models.CharField(blank=True, max_length=1000)),
                        ("unit", models.CharField(blank=True, max_length=40)),
                        ("observed_at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["-observed_at", "code"],
                        "indexes": [
                            models.Index(fields=["patient", "code", "-observed_at"], name="patients_observation_series")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("category__in", ["vital-signs", "laboratory", "social-history", "survey", "other"])
                                ),
                                name="patients_observation_category",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("value__isnull", False),
                                    models.Q(("value_text", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="patients_observation_has_value",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_observationchange" ("category", "code", "created_at", "display", "encounter_id", "entered_in_error", "error_reason", "id", "observed_at", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "unit", "value", "value_text") select added."category", added."code", added."created_at", added."display", added."encounter_id", added."entered_in_error", added."error_reason", added."id", added."observed_at", added."patient_id", now(), \'insert\', added."id", added."recorded_by_id", added."unit", added."value", added."value_text" from added; return null;',
                                    hash="8545bfcfa4309290c8ed7e32927e390ed53f83f5",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_ab09d",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_observation",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."patients_observationchange" ("category", "code", "created_at", "display", "encounter_id", "entered_in_error", "error_reason", "id", "observed_at", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "unit", "value", "value_text") select new."category", new."code", new."created_at", new."display", new."encounter_id", new."entered_in_error", new."error_reason", new."id", new."observed_at", new."patient_id", now(), \'update\', new."id", new."recorded_by_id", new."unit", new."value", new."value_text"; return null;',
                                    hash="30d39155c80da3534080626e6685fc474643b504",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_d2f7b",
                                    table="patients_observation",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_observationchange" ("category", "code", "created_at", "display", "encounter_id", "entered_in_error", "error_reason", "id", "observed_at", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "unit", "value", "value_text") select old."category", old."code", old."created_at", old."display", old."encounter_id", old."entered_in_error", old."error_reason", old."id", old."observed_at", old."patient_id", now(), \'delete\', old."id", old."recorded_by_id", old."unit", old."value", old."value_text"; return null;',
                                    hash="8416889a105124dd6715440e95931e92134ef638",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_01e1d",
                                    table="patients_observation",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ObservationChange",
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
                        ("patient", models.UUIDField(db_column="patient_id", null=True)),
                        ("encounter", models.UUIDField(db_column="encounter_id", null=True)),
                        ("recorded_by", models.UUIDField(db_column="recorded_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("entered_in_error", models.BooleanField(null=True)),
                        ("error_reason", models.CharField(max_length=300, null=True)),
                        ("category", models.CharField(max_length=16, null=True)),
                        ("code", models.CharField(max_length=40, null=True)),
                        ("display", models.CharField(max_length=300, null=True)),
                        ("value", models.DecimalField(decimal_places=6, max_digits=18, null=True)),
                        ("value_text", models.CharField(max_length=1000, null=True)),
                        ("unit", models.CharField(max_length=40, null=True)),
                        ("observed_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of observation",
                        "verbose_name_plural": "change of observation",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Immunization",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)s_set",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "encounter",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)s_set",
                                to="patients.encounter",
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("entered_in_error", models.BooleanField(default=False)),
                        ("error_reason", models.CharField(blank=True, max_length=300)),
                        ("code", models.CharField(blank=True, max_length=40)),
                        ("vaccine", models.CharField(max_length=200, verbose_name="vaccine")),
                        ("given_at", models.DateTimeField(verbose_name="given")),
                        ("lot", models.CharField(blank=True, max_length=60, verbose_name="lot number")),
                    ],
                    options={
                        "ordering": ["-given_at"],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_immunizationchange" ("code", "created_at", "encounter_id", "entered_in_error", "error_reason", "given_at", "id", "lot", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "vaccine") select added."code", added."created_at", added."encounter_id", added."entered_in_error", added."error_reason", added."given_at", added."id", added."lot", added."patient_id", now(), \'insert\', added."id", added."recorded_by_id", added."vaccine" from added; return null;',
                                    hash="b7b77c21e4a2d8641d491041430f959f57a95cd7",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_c4375",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_immunization",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."patients_immunizationchange" ("code", "created_at", "encounter_id", "entered_in_error", "error_reason", "given_at", "id", "lot", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "vaccine") select new."code", new."created_at", new."encounter_id", new."entered_in_error", new."error_reason", new."given_at", new."id", new."lot", new."patient_id", now(), \'update\', new."id", new."recorded_by_id", new."vaccine"; return null;',
                                    hash="4182af76b54433b6082f7e3d910e4ecee679e78e",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_5554c",
                                    table="patients_immunization",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_immunizationchange" ("code", "created_at", "encounter_id", "entered_in_error", "error_reason", "given_at", "id", "lot", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "vaccine") select old."code", old."created_at", old."encounter_id", old."entered_in_error", old."error_reason", old."given_at", old."id", old."lot", old."patient_id", now(), \'delete\', old."id", old."recorded_by_id", old."vaccine"; return null;',
                                    hash="cc7e0c026a3fd8192095809838c8054ae66fa888",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_457a4",
                                    table="patients_immunization",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ImmunizationChange",
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
                        ("patient", models.UUIDField(db_column="patient_id", null=True)),
                        ("encounter", models.UUIDField(db_column="encounter_id", null=True)),
                        ("recorded_by", models.UUIDField(db_column="recorded_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("entered_in_error", models.BooleanField(null=True)),
                        ("error_reason", models.CharField(max_length=300, null=True)),
                        ("code", models.CharField(max_length=40, null=True)),
                        ("vaccine", models.CharField(max_length=200, null=True)),
                        ("given_at", models.DateTimeField(null=True)),
                        ("lot", models.CharField(max_length=60, null=True)),
                    ],
                    options={
                        "verbose_name": "change of immunization",
                        "verbose_name_plural": "change of immunization",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="Procedure",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)s_set",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "encounter",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)s_set",
                                to="patients.encounter",
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("entered_in_error", models.BooleanField(default=False)),
                        ("error_reason", models.CharField(blank=True, max_length=300)),
                        ("code", models.CharField(blank=True, max_length=40)),
                        ("display", models.CharField(max_length=300)),
                        ("performed_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["-performed_at"],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_procedurechange" ("code", "created_at", "display", "encounter_id", "ended_at", "entered_in_error", "error_reason", "id", "patient_id", "performed_at", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id") select added."code", added."created_at", added."display", added."encounter_id", added."ended_at", added."entered_in_error", added."error_reason", added."id", added."patient_id", added."performed_at", now(), \'insert\', added."id", added."recorded_by_id" from added; return null;',
                                    hash="bba558573af0b10e8b785d8843ff87fd7b68a50f",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_92787",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_procedure",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."patients_procedurechange" ("code", "created_at", "display", "encounter_id", "ended_at", "entered_in_error", "error_reason", "id", "patient_id", "performed_at", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id") select new."code", new."created_at", new."display", new."encounter_id", new."ended_at", new."entered_in_error", new."error_reason", new."id", new."patient_id", new."performed_at", now(), \'update\', new."id", new."recorded_by_id"; return null;',
                                    hash="e723f75cfeb6f9d3dcccc25dde90e2c9da0b6cd3",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_6ca73",
                                    table="patients_procedure",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_procedurechange" ("code", "created_at", "display", "encounter_id", "ended_at", "entered_in_error", "error_reason", "id", "patient_id", "performed_at", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id") select old."code", old."created_at", old."display", old."encounter_id", old."ended_at", old."entered_in_error", old."error_reason", old."id", old."patient_id", old."performed_at", now(), \'delete\', old."id", old."recorded_by_id"; return null;',
                                    hash="16a3eb4bfd0511591de5947252ffb4aab2d77a62",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_29fa8",
                                    table="patients_procedure",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProcedureChange",
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
                        ("patient", models.UUIDField(db_column="patient_id", null=True)),
                        ("encounter", models.UUIDField(db_column="encounter_id", null=True)),
                        ("recorded_by", models.UUIDField(db_column="recorded_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("entered_in_error", models.BooleanField(null=True)),
                        ("error_reason", models.CharField(max_length=300, null=True)),
                        ("code", models.CharField(max_length=40, null=True)),
                        ("display", models.CharField(max_length=300, null=True)),
                        ("performed_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of procedure",
                        "verbose_name_plural": "change of procedure",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="MedicationStatement",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)s_set",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "encounter",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)s_set",
                                to="patients.encounter",
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("entered_in_error", models.BooleanField(default=False)),
                        ("error_reason", models.CharField(blank=True, max_length=300)),
                        ("code", models.CharField(blank=True, max_length=40)),
                        ("display", models.CharField(max_length=300, verbose_name="medicine")),
                        ("dosage", models.CharField(blank=True, max_length=300, verbose_name="how it is taken")),
                        (
                            "status",
                            models.CharField(
                                choices=[("active", "Taking"), ("completed", "Finished"), ("stopped", "Stopped")],
                                default="active",
                                max_length=10,
                            ),
                        ),
                        ("started_on", models.DateField(blank=True, null=True, verbose_name="since")),
                    ],
                    options={
                        "ordering": ["status", "-started_on"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["active", "completed", "stopped"])),
                                name="patients_medicationstatement_status",
                            )
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_medicationstatementchange" ("code", "created_at", "display", "dosage", "encounter_id", "entered_in_error", "error_reason", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "started_on", "status") select added."code", added."created_at", added."display", added."dosage", added."encounter_id", added."entered_in_error", added."error_reason", added."id", added."patient_id", now(), \'insert\', added."id", added."recorded_by_id", added."started_on", added."status" from added; return null;',
                                    hash="221a2ecca62994cb56b7a2a2ad28649068800095",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_e8364",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_medicationstatement",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."patients_medicationstatementchange" ("code", "created_at", "display", "dosage", "encounter_id", "entered_in_error", "error_reason", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "started_on", "status") select new."code", new."created_at", new."display", new."dosage", new."encounter_id", new."entered_in_error", new."error_reason", new."id", new."patient_id", now(), \'update\', new."id", new."recorded_by_id", new."started_on", new."status"; return null;',
                                    hash="a3d9c4d3f6acf539e7e8c5b9ce1fb3e3c9c0e875",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_2b8b1",
                                    table="patients_medicationstatement",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_medicationstatementchange" ("code", "created_at", "display", "dosage", "encounter_id", "entered_in_error", "error_reason", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "started_on", "status") select old."code", old."created_at", old."display", old."dosage", old."encounter_id", old."entered_in_error", old."error_reason", old."id", old."patient_id", now(), \'delete\', old."id", old."recorded_by_id", old."started_on", old."status"; return null;',
                                    hash="38baa009062ffe8aa58d8023b9060f3200fd25df",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_8bf43",
                                    table="patients_medicationstatement",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MedicationStatementChange",
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
                        ("patient", models.UUIDField(db_column="patient_id", null=True)),
                        ("encounter", models.UUIDField(db_column="encounter_id", null=True)),
                        ("recorded_by", models.UUIDField(db_column="recorded_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("entered_in_error", models.BooleanField(null=True)),
                        ("error_reason", models.CharField(max_length=300, null=True)),
                        ("code", models.CharField(max_length=40, null=True)),
                        ("display", models.CharField(max_length=300, null=True)),
                        ("dosage", models.CharField(max_length=300, null=True)),
                        ("status", models.CharField(max_length=10, null=True)),
                        ("started_on", models.DateField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of medication statement",
                        "verbose_name_plural": "change of medication statement",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="CarePlan",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=hms.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)s_set",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "encounter",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)s_set",
                                to="patients.encounter",
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("entered_in_error", models.BooleanField(default=False)),
                        ("error_reason", models.CharField(blank=True, max_length=300)),
                        ("title", models.CharField(max_length=200, verbose_name="goal")),
                        ("activities", models.TextField(verbose_name="what is done")),
                        ("review_on", models.DateField(blank=True, null=True, verbose_name="review on")),
                        (
                            "status",
                            models.CharField(
                                choices=[("active", "Active"), ("completed", "Completed"), ("revoked", "Stopped")],
                                default="active",
                                max_length=10,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["status", "-created_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["active", "completed", "revoked"])),
                                name="patients_careplan_status",
                            )
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_careplanchange" ("activities", "created_at", "encounter_id", "entered_in_error", "error_reason", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "review_on", "status", "title") select added."activities", added."created_at", added."encounter_id", added."entered_in_error", added."error_reason", added."id", added."patient_id", now(), \'insert\', added."id", added."recorded_by_id", added."review_on", added."status", added."title" from added; return null;',
                                    hash="acf176731568e52f63b147eae2796a9bd8caf72a",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_04e47",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_careplan",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."patients_careplanchange" ("activities", "created_at", "encounter_id", "entered_in_error", "error_reason", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "review_on", "status", "title") select new."activities", new."created_at", new."encounter_id", new."entered_in_error", new."error_reason", new."id", new."patient_id", now(), \'update\', new."id", new."recorded_by_id", new."review_on", new."status", new."title"; return null;',
                                    hash="d7c97b1abba89250fc0538789430438592ff9295",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_257ba",
                                    table="patients_careplan",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_careplanchange" ("activities", "created_at", "encounter_id", "entered_in_error", "error_reason", "id", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recorded_by_id", "review_on", "status", "title") select old."activities", old."created_at", old."encounter_id", old."entered_in_error", old."error_reason", old."id", old."patient_id", now(), \'delete\', old."id", old."recorded_by_id", old."review_on", old."status", old."title"; return null;',
                                    hash="9eeb3e6342849a69fbad4399ce3a41fe04f121b1",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_8feb3",
                                    table="patients_careplan",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CarePlanChange",
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
                        ("patient", models.UUIDField(db_column="patient_id", null=True)),
                        ("encounter", models.UUIDField(db_column="encounter_id", null=True)),
                        ("recorded_by", models.UUIDField(db_column="recorded_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("entered_in_error", models.BooleanField(null=True)),
                        ("error_reason", models.CharField(max_length=300, null=True)),
                        ("title", models.CharField(max_length=200, null=True)),
                        ("activities", models.TextField(null=True)),
                        ("review_on", models.DateField(null=True)),
                        ("status", models.CharField(max_length=10, null=True)),
                    ],
                    options={
                        "verbose_name": "change of care plan",
                        "verbose_name_plural": "change of care plan",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="AmendmentRequest",
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
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.facility"
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="amendment_requests",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "record_type",
                            models.CharField(blank=True, editable=False, max_length=80, verbose_name="kind of entry"),
                        ),
                        ("record_id", models.UUIDField(blank=True, editable=False, null=True, verbose_name="entry")),
                        ("about", models.CharField(max_length=200, verbose_name="about")),
                        (
                            "author",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("wanted", models.TextField(verbose_name="what it should say")),
                        ("why", models.TextField(verbose_name="why")),
                        ("asker", models.CharField(max_length=160, verbose_name="who asks")),
                        ("identity", models.CharField(max_length=200, verbose_name="how that was checked")),
                        ("received_on", models.DateField(verbose_name="received")),
                        (
                            "entered_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("due_on", models.DateField(verbose_name="to be answered by")),
                        ("extended_on", models.DateField(blank=True, null=True, verbose_name="extended")),
                        (
                            "extension_reason",
                            models.CharField(blank=True, max_length=300, verbose_name="reason for more time"),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("open", "To be decided"),
                                    ("accepted", "Accepted"),
                                    ("denied", "Denied"),
                                    ("withdrawn", "Withdrawn"),
                                ],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                        (
                            "ground",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("accurate", "The entry is accurate and complete"),
                                    ("not_ours", "It was not made here, and whoever made it can still be asked"),
                                    ("not_the_record", "It is not part of the record on which care or bills rest"),
                                    ("not_open", "The patient has no right to see this part of the record"),
                                ],
                                max_length=14,
                                verbose_name="ground",
                            ),
                        ),
                        ("answer", models.TextField(blank=True, verbose_name="answer")),
                        (
                            "addendum",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="patients.clinicalnote",
                            ),
                        ),
                        (
                            "withdrawn_reason",
                            models.CharField(blank=True, max_length=300, verbose_name="reason for withdrawing"),
                        ),
                        ("disagreement", models.TextField(blank=True, verbose_name="statement of disagreement")),
                        ("disagreed_on", models.DateField(blank=True, null=True, verbose_name="disagreed")),
                        ("rebuttal", models.TextField(blank=True, verbose_name="answer to the disagreement")),
                        (
                            "rebutted_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "rebutted_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="disagreement answered"),
                        ),
                    ],
                    options={
                        "verbose_name": "request for correction",
                        "verbose_name_plural": "requests for correction",
                        "ordering": ["due_on", "id"],
                        "permissions": [
                            ("enter_amendment", "Can enter a patient's request for correction"),
                            ("decide_amendment", "Can decide on a patient's request for correction"),
                            ("review_amendment", "Can watch over the answers to requests for correction"),
                        ],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("status", "open")),
                                fields=["facility", "due_on", "id"],
                                name="patients_amendment_open",
                            ),
                            models.Index(
                                fields=["facility", "-received_on", "-id"], name="patients_amendment_facility"
                            ),
                            models.Index(
                                fields=["patient", "record_type", "record_id"], name="patients_amendment_entry"
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["open", "accepted", "denied", "withdrawn"])),
                                name="patients_amendment_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("record_id", None), ("record_type", "")),
                                    models.Q(
                                        models.Q(("record_type", ""), _negated=True), ("record_id__isnull", False)
                                    ),
                                    _connector="OR",
                                ),
                                name="patients_amendment_entry_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("wanted", ""), _negated=True),
                                    models.Q(("why", ""), _negated=True),
                                    models.Q(("asker", ""), _negated=True),
                                    models.Q(("identity", ""), _negated=True),
                                ),
                                name="patients_amendment_says_what",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("due_on__gte", models.F("received_on"))),
                                name="patients_amendment_due_after",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("extended_on", None), ("extension_reason", "")),
                                    models.Q(
                                        ("extended_on__isnull", False),
                                        models.Q(("extension_reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="patients_amendment_extended_says_why",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("answer", ""),
                                        ("decided_at", None),
                                        ("decided_by", None),
                                        ("ground", ""),
                                        ("status__in", ["open", "withdrawn"]),
                                    ),
                                    models.Q(
                                        ("decided_at__isnull", False),
                                        ("decided_by__isnull", False),
                                        ("ground", ""),
                                        ("status", "accepted"),
                                        models.Q(("answer", ""), _negated=True),
                                    ),
                                    models.Q(
                                        ("decided_at__isnull", False),
                                        ("decided_by__isnull", False),
                                        ("ground__in", ["accurate", "not_ours", "not_the_record", "not_open"]),
                                        ("status", "denied"),
                                        models.Q(("answer", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="patients_amendment_decision_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("decided_by", None),
                                    models.Q(("decided_by", models.F("entered_by")), _negated=True),
                                    _connector="OR",
                                ),
                                name="patients_amendment_by_another",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("addendum", None),
                                    models.Q(("record_type", "patients.clinicalnote"), ("status", "accepted")),
                                    _connector="OR",
                                ),
                                name="patients_amendment_addendum",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("status", "withdrawn"), models.Q(("withdrawn_reason", ""), _negated=True)
                                    ),
                                    models.Q(
                                        models.Q(("status", "withdrawn"), _negated=True), ("withdrawn_reason", "")
                                    ),
                                    _connector="OR",
                                ),
                                name="patients_amendment_withdrawn_says_why",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("disagreed_on", None), ("disagreement", "")),
                                    models.Q(
                                        ("disagreed_on__isnull", False),
                                        ("status", "denied"),
                                        models.Q(("disagreement", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="patients_amendment_disagreement",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("rebuttal", ""), ("rebutted_at", None), ("rebutted_by", None)),
                                    models.Q(
                                        ("rebutted_at__isnull", False),
                                        ("rebutted_by__isnull", False),
                                        models.Q(("rebuttal", ""), _negated=True),
                                        models.Q(("disagreement", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="patients_amendment_rebuttal",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("record_id__isnull", False), ("status", "open")),
                                fields=("patient", "record_type", "record_id"),
                                name="patients_amendment_one_open",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_amendmentrequestchange" ("about", "addendum_id", "answer", "asker", "author_id", "created_at", "decided_at", "decided_by_id", "disagreed_on", "disagreement", "due_on", "entered_by_id", "extended_on", "extension_reason", "facility_id", "ground", "id", "identity", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rebuttal", "rebutted_at", "rebutted_by_id", "received_on", "record_id", "record_type", "status", "wanted", "why", "withdrawn_reason") select added."about", added."addendum_id", added."answer", added."asker", added."author_id", added."created_at", added."decided_at", added."decided_by_id", added."disagreed_on", added."disagreement", added."due_on", added."entered_by_id", added."extended_on", added."extension_reason", added."facility_id", added."ground", added."id", added."identity", added."patient_id", now(), \'insert\', added."id", added."rebuttal", added."rebutted_at", added."rebutted_by_id", added."received_on", added."record_id", added."record_type", added."status", added."wanted", added."why", added."withdrawn_reason" from added; return null;',
                                    hash="c5cb83696e3756468436e13a4d448cd8af88ac5a",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_6b08b",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_amendmentrequest",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."patients_amendmentrequestchange" ("about", "addendum_id", "answer", "asker", "author_id", "created_at", "decided_at", "decided_by_id", "disagreed_on", "disagreement", "due_on", "entered_by_id", "extended_on", "extension_reason", "facility_id", "ground", "id", "identity", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rebuttal", "rebutted_at", "rebutted_by_id", "received_on", "record_id", "record_type", "status", "wanted", "why", "withdrawn_reason") select new."about", new."addendum_id", new."answer", new."asker", new."author_id", new."created_at", new."decided_at", new."decided_by_id", new."disagreed_on", new."disagreement", new."due_on", new."entered_by_id", new."extended_on", new."extension_reason", new."facility_id", new."ground", new."id", new."identity", new."patient_id", now(), \'update\', new."id", new."rebuttal", new."rebutted_at", new."rebutted_by_id", new."received_on", new."record_id", new."record_type", new."status", new."wanted", new."why", new."withdrawn_reason"; return null;',
                                    hash="2fd380fa28c715d8c2611e2620395a4b64dd1a61",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_4e77e",
                                    table="patients_amendmentrequest",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_amendmentrequestchange" ("about", "addendum_id", "answer", "asker", "author_id", "created_at", "decided_at", "decided_by_id", "disagreed_on", "disagreement", "due_on", "entered_by_id", "extended_on", "extension_reason", "facility_id", "ground", "id", "identity", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rebuttal", "rebutted_at", "rebutted_by_id", "received_on", "record_id", "record_type", "status", "wanted", "why", "withdrawn_reason") select old."about", old."addendum_id", old."answer", old."asker", old."author_id", old."created_at", old."decided_at", old."decided_by_id", old."disagreed_on", old."disagreement", old."due_on", old."entered_by_id", old."extended_on", old."extension_reason", old."facility_id", old."ground", old."id", old."identity", old."patient_id", now(), \'delete\', old."id", old."rebuttal", old."rebutted_at", old."rebutted_by_id", old."received_on", old."record_id", old."record_type", old."status", old."wanted", old."why", old."withdrawn_reason"; return null;',
                                    hash="415d25f20cf289278f859207a86e386ea1dff1df",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_84a61",
                                    table="patients_amendmentrequest",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AmendmentRequestChange",
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
                        ("author", models.UUIDField(db_column="author_id", null=True)),
                        ("entered_by", models.UUIDField(db_column="entered_by_id", null=True)),
                        ("decided_by", models.UUIDField(db_column="decided_by_id", null=True)),
                        ("addendum", models.UUIDField(db_column="addendum_id", null=True)),
                        ("rebutted_by", models.UUIDField(db_column="rebutted_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("record_type", models.CharField(editable=False, max_length=80, null=True)),
                        ("record_id", models.UUIDField(editable=False, null=True)),
                        ("about", models.CharField(max_length=200, null=True)),
                        ("wanted", models.TextField(null=True)),
                        ("why", models.TextField(null=True)),
                        ("asker", models.CharField(max_length=160, null=True)),
                        ("identity", models.CharField(max_length=200, null=True)),
                        ("received_on", models.DateField(null=True)),
                        ("due_on", models.DateField(null=True)),
                        ("extended_on", models.DateField(null=True)),
                        ("extension_reason", models.CharField(max_length=300, null=True)),
                        ("status", models.CharField(max_length=10, null=True)),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("ground", models.CharField(max_length=14, null=True)),
                        ("answer", models.TextField(null=True)),
                        ("withdrawn_reason", models.CharField(max_length=300, null=True)),
                        ("disagreement", models.TextField(null=True)),
                        ("disagreed_on", models.DateField(null=True)),
                        ("rebuttal", models.TextField(null=True)),
                        ("rebutted_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of request for correction",
                        "verbose_name_plural": "change of request for correction",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="ChartGrant",
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
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.facility"
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="chart_grants",
                                to="patients.patient",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="colleague",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[("break_glass", "Emergency access"), ("shared", "Shared")], max_length=12
                            ),
                        ),
                        ("reason", models.CharField(max_length=300, verbose_name="reason")),
                        (
                            "granted_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("until", models.DateTimeField(verbose_name="until")),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "verdict",
                            models.CharField(
                                blank=True,
                                choices=[("justified", "Justified"), ("not_justified", "Not justified")],
                                max_length=14,
                                verbose_name="verdict",
                            ),
                        ),
                        ("comment", models.CharField(blank=True, max_length=300, verbose_name="comment")),
                        (
                            "reviewed_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["-created_at", "-id"],
                        "permissions": [
                            ("break_glass", "Can open a chart in an emergency"),
                            ("share_chart", "Can share a chart with a colleague"),
                            ("review_grant", "Can review emergency access"),
                        ],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("kind", "break_glass"), ("verdict", "")),
                                fields=["facility", "created_at"],
                                name="patients_chartgrant_to_review",
                            ),
                            models.Index(fields=["patient", "-created_at"], name="patients_chartgrant_patient"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["break_glass", "shared"])),
                                name="patients_chartgrant_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True), name="patients_chartgrant_says_why"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("until__gt", models.F("created_at"))),
                                name="patients_chartgrant_forward",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("kind", "shared"), models.Q(("granted_by", models.F("user")), _negated=True)
                                    ),
                                    models.Q(("granted_by", models.F("user")), ("kind", "break_glass")),
                                    _connector="OR",
                                ),
                                name="patients_chartgrant_shared_by_another",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("reviewed_at", None), ("reviewed_by", None), ("verdict", "")),
                                    models.Q(
                                        ("kind", "break_glass"),
                                        ("reviewed_at__isnull", False),
                                        ("reviewed_by__isnull", False),
                                        ("verdict__in", ["justified", "not_justified"]),
                                    ),
                                    _connector="OR",
                                ),
                                name="patients_chartgrant_verdict_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("reviewed_by", None),
                                    models.Q(("reviewed_by", models.F("user")), _negated=True),
                                    _connector="OR",
                                ),
                                name="patients_chartgrant_judged_by_another",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_chartgrantchange" ("comment", "created_at", "ended_at", "facility_id", "granted_by_id", "id", "kind", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "reviewed_at", "reviewed_by_id", "until", "user_id", "verdict") select added."comment", added."created_at", added."ended_at", added."facility_id", added."granted_by_id", added."id", added."kind", added."patient_id", now(), \'insert\', added."id", added."reason", added."reviewed_at", added."reviewed_by_id", added."until", added."user_id", added."verdict" from added; return null;',
                                    hash="5e32f7e37b3d3e5ab0cda3ff8f08dbd3a6ce5776",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_0645f",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_chartgrant",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."patients_chartgrantchange" ("comment", "created_at", "ended_at", "facility_id", "granted_by_id", "id", "kind", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "reviewed_at", "reviewed_by_id", "until", "user_id", "verdict") select new."comment", new."created_at", new."ended_at", new."facility_id", new."granted_by_id", new."id", new."kind", new."patient_id", now(), \'update\', new."id", new."reason", new."reviewed_at", new."reviewed_by_id", new."until", new."user_id", new."verdict"; return null;',
                                    hash="5eba499fc2b5073231c43498aba19f1e3038adfe",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_7e508",
                                    table="patients_chartgrant",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_chartgrantchange" ("comment", "created_at", "ended_at", "facility_id", "granted_by_id", "id", "kind", "patient_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "reviewed_at", "reviewed_by_id", "until", "user_id", "verdict") select old."comment", old."created_at", old."ended_at", old."facility_id", old."granted_by_id", old."id", old."kind", old."patient_id", now(), \'delete\', old."id", old."reason", old."reviewed_at", old."reviewed_by_id", old."until", old."user_id", old."verdict"; return null;',
                                    hash="454acdbaad23b756948a30087832afd847faebb7",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_b2f1b",
                                    table="patients_chartgrant",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ChartGrantChange",
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
                        ("user", models.UUIDField(db_column="user_id", null=True)),
                        ("granted_by", models.UUIDField(db_column="granted_by_id", null=True)),
                        ("reviewed_by", models.UUIDField(db_column="reviewed_by_id", null=True)),
                        ("pgh_obj_id", models.UUIDField(db_index=True, null=True)),
                        ("id", models.UUIDField(editable=False, null=True, serialize=False)),
                        ("created_at", models.DateTimeField(editable=False, null=True)),
                        ("kind", models.CharField(max_length=12, null=True)),
                        ("reason", models.CharField(max_length=300, null=True)),
                        ("until", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("verdict", models.CharField(max_length=14, null=True)),
                        ("comment", models.CharField(max_length=300, null=True)),
                        ("reviewed_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "verbose_name": "change of chart grant",
                        "verbose_name_plural": "change of chart grant",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
                migrations.CreateModel(
                    name="PatientUserObjectPermission",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "permission",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission"),
                        ),
                        (
                            "user",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                        ),
                        (
                            "content_object",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="patients.patient"
                            ),
                        ),
                        (
                            "grant",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="opens",
                                to="patients.chartgrant",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "exception for a patient",
                        "verbose_name_plural": "exceptions for patients",
                        "abstract": False,
                        "unique_together": {("user", "permission", "content_object")},
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="insert",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_patientuserobjectpermissionchange" ("content_object_id", "grant_id", "id", "permission_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") select added."content_object_id", added."grant_id", added."id", added."permission_id", now(), \'insert\', added."id", added."user_id" from added; return null;',
                                    hash="667a852bfc067fb9bed566e714f8460a3053ccf1",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_5e7fd",
                                    referencing="REFERENCING NEW TABLE AS added ",
                                    table="patients_patientuserobjectpermission",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="update",
                                sql=hms.core.models.tracking.AsOwner(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='insert into public."patients_patientuserobjectpermissionchange" ("content_object_id", "grant_id", "id", "permission_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") select new."content_object_id", new."grant_id", new."id", new."permission_id", now(), \'update\', new."id", new."user_id"; return null;',
                                    hash="204971bdcd37a5794c4b825b0a80a7516022252b",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_f7798",
                                    table="patients_patientuserobjectpermission",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="delete",
                                sql=hms.core.models.tracking.AsOwner(
                                    func='insert into public."patients_patientuserobjectpermissionchange" ("content_object_id", "grant_id", "id", "permission_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") select old."content_object_id", old."grant_id", old."id", old."permission_id", now(), \'delete\', old."id", old."user_id"; return null;',
                                    hash="2d9607e3df67857e049a4d5f2f564e2a9a10c65e",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_da4bc",
                                    table="patients_patientuserobjectpermission",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PatientUserObjectPermissionChange",
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
                        ("permission", models.BigIntegerField(db_column="permission_id", null=True)),
                        ("user", models.UUIDField(db_column="user_id", null=True)),
                        ("content_object", models.UUIDField(db_column="content_object_id", null=True)),
                        ("grant", models.UUIDField(db_column="grant_id", null=True)),
                        ("pgh_obj_id", models.BigIntegerField(db_index=True, null=True)),
                        ("id", models.BigIntegerField()),
                    ],
                    options={
                        "verbose_name": "change of exception for a patient",
                        "verbose_name_plural": "change of exception for a patient",
                        "abstract": False,
                        "default_permissions": (),
                    },
                ),
            ],
        ),
        migrations.RunSQL(SIGNED_NOTES),
        # What was asked stays as it was asked.
        appendonly.freeze(
            "patients_amendmentrequest",
            "facility_id",
            "patient_id",
            "record_type",
            "record_id",
            "about",
            "author_id",
            "wanted",
            "why",
            "asker",
            "identity",
            "received_on",
            "entered_by_id",
            "created_at",
        ),
        *(appendonly.forbid_changes(appendonly.change_table(table)) for table in TRACKED),
    ]
