"""Colleagues who take turns at one computer."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hms.core.models.base import Record
from hms.core.models.identity import Facility, User

WRONG_PINS = 5


class Presence(Record):
    """Somebody who has signed in fully at a browser. Until their sign-in is over they may lock it and come
    back with a PIN or a passkey; whoever signs out, or types five wrong PINs, signs in fully again."""

    device = models.UUIDField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="presences")
    signed_in_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    wrong_pins = models.PositiveSmallIntegerField(default=0)
    # As in a session: another password, and this one is over.
    password_mark = models.CharField(max_length=64)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, null=True, related_name="+")

    deletable = True
    untracked = "who sits at a computer now; each turn is an act in the audit"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device", "user"], name="core_presence_one_per_person_and_device"),
            models.CheckConstraint(
                condition=Q(wrong_pins__lte=WRONG_PINS) & (Q(wrong_pins__lt=WRONG_PINS) | Q(ended_at__isnull=False)),
                name="core_presence_over_after_wrong_pins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.device}"


class Pin(models.Model):
    """What somebody types to come back at a computer they have signed in at. Opens nothing else."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, primary_key=True, related_name="pin")
    hashed = models.CharField(max_length=200)
    set_at = models.DateTimeField(_("set at"), default=timezone.now)

    deletable = True
    untracked = "a secret; setting and removing it are acts in the audit"

    def __str__(self) -> str:
        return f"PIN of {self.user_id}"
