"""What is recorded of doctors and their desk, in words."""

from django.utils.translation import gettext_lazy as _

from doctors.models import Availability, AvailabilityException, Doctor, Specialty
from hms.core import actions


def register() -> None:
    actions.call(Doctor, "employee__given_name", "employee__family_name")
    actions.call(Availability, "doctor__employee__given_name", "doctor__employee__family_name")
    actions.call(AvailabilityException, "doctor__employee__given_name", "doctor__employee__family_name")
    actions.call(Specialty, "name")
    actions.register(
        {
            "doctors.availability.ended": _("Weekly hours ended"),
            "doctors.availability.removed": _("Weekly hours removed"),
            "doctors.availability.set": _("Weekly hours set"),
            "doctors.desk.opened": _("Consultation opened on the desk"),
            "doctors.doctor.added": _("Doctor's profile added"),
            "doctors.doctor.changed": _("Doctor's profile changed"),
            "doctors.doctor.resumed": _("Doctor takes appointments again"),
            "doctors.doctor.stopped": _("Doctor takes no more appointments"),
            "doctors.exception.away": _("Doctor's absence entered"),
            "doctors.exception.extra": _("Doctor's extra hours entered"),
            "doctors.exception.removed": _("Doctor's absence or extra hours removed"),
            "doctors.plans.viewed": _("Treatment plans looked at on the desk"),
            "doctors.signature.removed": _("Drawn signature removed"),
            "doctors.signature.set": _("Drawn signature set"),
            "doctors.specialty.set": _("Specialty set"),
        }
    )
