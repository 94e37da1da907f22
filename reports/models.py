"""Reports own no rows: this declares who may read which."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Report(models.Model):
    class Meta:
        managed = False
        default_permissions = ()
        verbose_name = _("report")
        permissions = [
            ("view_day", "Can read the day at a glance"),
            ("view_revenue", "Can read the revenue report"),
            ("view_appointments", "Can read the appointment statistics"),
            ("view_doctors", "Can read the doctor summary"),
        ]
