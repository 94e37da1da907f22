from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hms.core.models.base import Record
from hms.core.models.identity import Facility, User


class Level(models.TextChoices):
    INFO = "info", _("Information")
    WARNING = "warning", _("Needs attention")
    CRITICAL = "critical", _("Urgent")


class Notification(Record):
    """A line under someone's bell. It names no patient: the page behind the link does, to who may read it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notifications")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=10, choices=Level, default=Level.INFO)
    text = models.CharField(max_length=200)
    url = models.CharField(max_length=300, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    untracked = "a line under the bell; what it tells of has its own history"

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["user", "facility", "-created_at"],
                condition=Q(read_at__isnull=True),
                name="core_notification_unread",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(level__in=Level.values), name="core_notification_level"),
        ]

    def __str__(self) -> str:
        return self.text
