"""Who reads what changed in an appointment: whoever opens its page, and so may also know the patient."""

from django.db.models import QuerySet
from django.urls import reverse

from appointments.models import Appointment
from hms.core import history
from hms.core.models import User
from hms.core.templatetags.hms import daytime
from patients import banner


def _rows(user: User) -> QuerySet:
    found = Appointment.objects.visible_to(user).select_related("patient")
    return found if user.has_perm("patients.view_patient") else found.none()


def register() -> None:
    history.name(Appointment, lambda row: f"{row.get_kind_display()}, {daytime(row.period.lower)}")
    history.register(
        Appointment,
        permission="appointments.view_appointment",
        rows=_rows,
        patient="patient_id",
        around=lambda user, row: banner.around(
            user, row.patient, back=reverse("appointments:appointment", args=[row.pk])
        ),
    )
