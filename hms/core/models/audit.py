"""The memory that cannot be talked out of what it saw. Rows are written by `hms.core.audit` only."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hms.core.models.base import CurrentTransaction  # migrations find it here
from hms.core.models.identity import Facility, User


class ActKind(models.TextChoices):
    """What an action was, read off its code by the database (`hms_audit_kind`)."""

    READ = "read", _("Looked at")
    PRINT = "print", _("Printed")
    EXPORT = "export", _("Taken out")
    REFUSAL = "refusal", _("Refused")
    CHANGE = "change", _("Changed")
    SIGN_IN = "sign_in", _("Signed in or out")


class AuditEvent(models.Model):
    """One act, one look or one refusal. Append-only: a trigger refuses UPDATE, DELETE and TRUNCATE.

    In the database the table is parted by the month of `at` (UTC), and its key is (at, id): ask for a period
    wherever there is one. Ids come from one sequence and are unique all the same.
    """

    id = models.BigAutoField(primary_key=True)
    transaction = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    actor_name = models.CharField(max_length=160)
    role = models.CharField(max_length=120, blank=True)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    action = models.CharField(max_length=80)
    object_type = models.CharField(max_length=80, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    patient_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)
    source = models.CharField(max_length=60, blank=True)
    kind = models.GeneratedField(
        expression=Func(F("action"), function="hms_audit_kind"),
        output_field=models.CharField(max_length=10, choices=ActKind),
        db_persist=True,
    )

    append_only = True

    class Meta:
        ordering = ["-id"]
        # Each begins with what is asked for and goes on in the order of the list, so that a page is read
        # off its end: within a month's part, and within the period that was asked for.
        indexes = [
            models.Index(
                fields=["patient_id", "-at", "-id"],
                condition=Q(patient_id__isnull=False),
                name="core_audit_patient",
            ),
            models.Index(fields=["actor", "-at", "-id"], name="core_audit_actor"),
            models.Index(fields=["facility", "-at", "-id"], name="core_audit_facility"),
            models.Index(fields=["facility", "kind", "-at", "-id"], name="core_audit_kind"),
            models.Index(fields=["source", "-at", "-id"], name="core_audit_source"),
            models.Index(fields=["transaction"], name="core_audit_transaction"),
            # Whom a list showed: {"patients": [ids]}.
            GinIndex(
                fields=["detail"],
                opclasses=["jsonb_path_ops"],
                condition=Q(detail__has_key="patients"),
                name="core_audit_lists",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.action}"


class AuditSeal(models.Model):
    """A link of the chain: a hash over every audit row of a range of finished transactions.

    A seal covers the transactions [first_transaction, next_transaction). It is made only once no
    transaction below `next_transaction` is still running, so that its rows are final.

    `content` is the hash of the rows, `marks` a short one of each (`hms.core.audit.Marks`), by which a row that was
    changed or removed is named; both stand in `digest`, so that a link holds when its rows were retired. Seals
    of before have neither: their digest is of the rows themselves.
    """

    id = models.BigAutoField(primary_key=True)
    made_at = models.DateTimeField(default=timezone.now)
    first_transaction = models.BigIntegerField()
    next_transaction = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    # Where the rows lie in time, so that checking a seal reads one month and not all of them.
    rows_from = models.DateTimeField(null=True)
    rows_until = models.DateTimeField(null=True)
    last_id = models.BigIntegerField(null=True)
    content = models.CharField(max_length=64, blank=True)
    marks = models.BinaryField(null=True)
    digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True)

    append_only = True

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["first_transaction"], name="core_auditseal_one_start"),
            models.UniqueConstraint(fields=["previous"], name="core_auditseal_one_chain"),
            models.CheckConstraint(
                condition=Q(next_transaction__gt=F("first_transaction")), name="core_auditseal_forward"
            ),
            models.CheckConstraint(
                condition=Q(content="", marks=None, rows_from=None, rows_until=None)
                | ~Q(content="") & Q(marks__isnull=False, rows_from__isnull=False, rows_until__gte=F("rows_from")),
                name="core_auditseal_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"seal {self.pk}: {self.rows} rows, {self.digest[:12]}"


class AuditRetirement(models.Model):
    """Months of audit rows that were kept for the years set, and then let go by the owner of the tables.

    `whole`: ranges of seals, [first, last], of whose rows none is left; `partial`: seal → [rows left, their hash].
    An audit row (`core.audit.retired`) holds the hash of this one, and is sealed as any other.
    """

    id = models.BigAutoField(primary_key=True)
    made_at = models.DateTimeField(default=timezone.now)
    years = models.PositiveSmallIntegerField()
    before = models.DateTimeField()
    months = ArrayField(models.CharField(max_length=7))
    rows = models.BigIntegerField()
    last_seal = models.ForeignKey(AuditSeal, on_delete=models.PROTECT, related_name="+")
    whole = models.JSONField()
    partial = models.JSONField()

    append_only = True

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["before"], name="core_auditretirement_once"),
            models.CheckConstraint(condition=Q(before__lt=F("made_at")), name="core_auditretirement_past"),
            models.CheckConstraint(condition=Q(years__gte=1), name="core_auditretirement_years"),
        ]

    def __str__(self) -> str:
        return f"{self.rows} rows before {self.before:%Y-%m-%d}"


class FindingKind(models.TextChoices):
    OWN_RECORD = "own_record", _("Own record")
    OWN_NAME = "own_name", _("Patient of the same family name")
    COLLEAGUE = "colleague", _("Record of a colleague")
    MANY_CHARTS = "many_charts", _("Many charts within an hour")
    TAKEN_OUT = "taken_out", _("Many patients taken out")
    MANY_LISTED = "many_listed", _("Many patients read off lists")
    OFF_DUTY = "off_duty", _("At night, outside the roster")
    AFTER_LEAVING = "after_leaving", _("After the last working day")
    EMERGENCY = "emergency", _("Emergency access")


class FindingVerdict(models.TextChoices):
    JUSTIFIED = "justified", _("Justified")
    NOT_JUSTIFIED = "not_justified", _("Not justified")
    FOLLOWED_UP = "followed_up", _("Being followed up")


class FindingReview(models.Model):
    """What the auditor thought of one person's unusual looks of one day. The newest of them counts."""

    id = models.BigAutoField(primary_key=True)
    made_at = models.DateTimeField(default=timezone.now)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=14, choices=FindingKind)
    day = models.DateField()
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    patient_id = models.UUIDField(null=True)
    verdict = models.CharField(_("verdict"), max_length=14, choices=FindingVerdict)
    note = models.CharField(_("note"), max_length=300)
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["facility", "day"], name="core_findingreview_day")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=FindingKind.values), name="core_findingreview_kind"),
            models.CheckConstraint(condition=Q(verdict__in=FindingVerdict.values), name="core_findingreview_verdict"),
            models.CheckConstraint(condition=~Q(note=""), name="core_findingreview_says_why"),
            models.CheckConstraint(condition=~Q(reviewer=F("person")), name="core_findingreview_by_another"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.day} {self.verdict}"


class SoftwareUpdate(models.Model):
    """A migration, and the transaction it ran in: what it changed in rows was done by no person. Written by a trigger
    on the list of migrations, so that no migration can forget it."""

    transaction = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    name = models.CharField(max_length=520)

    append_only = True
    written_by_triggers = True

    class Meta:
        ordering = ["at"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
