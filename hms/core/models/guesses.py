"""How often somebody was at the door and did not come in."""

from django.db import models
from django.db.models import Q


class GuessCount(models.Model):
    """Failed attempts under one key: an account at an address, a known browser, an address, an account.

    The key is a keyed hash. What was typed as a user name stands nowhere: it may have been a password.
    Counting is up to `hms.core.sign_in.throttle` alone; rows that nobody needs any more go.
    """

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    closed_until = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)

    deletable = True
    untracked = "counts of failed attempts, forgotten when nobody needs them"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_until__isnull=True) | Q(failed_at__isnull=False),
                name="core_guesscount_closed_by_failure",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.failures} failures"
