"""Who is signed in, where, and since when."""

from __future__ import annotations

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q

from hms.core.models.identity import User


class Session(AbstractBaseSession):
    """One browser's session. Written and judged by `hms.core.sign_in.sessions` alone.

    Nobody signed in: `user` is empty. Signed in: it ends at `expire_date`, whatever is done in it, and earlier
    when nothing was done since `active_at` for too long.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="sessions")
    signed_in_at = models.DateTimeField(null=True)
    active_at = models.DateTimeField(null=True)

    deletable = True
    untracked = "who is signed in now; signing in and out are acts in the audit"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=True) | Q(signed_in_at__isnull=False, active_at__isnull=False),
                name="core_session_of_somebody_has_its_times",
            ),
        ]

    @classmethod
    def get_session_store_class(cls) -> type:
        from hms.core.sign_in.sessions import SessionStore

        return SessionStore

    def __str__(self) -> str:
        return f"session of {self.user_id or 'nobody'}"
