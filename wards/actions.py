"""What the wards record, in words."""

from django.utils.translation import gettext_lazy as _

from hms.core import actions
from wards.models import Bed, Room, Ward


def register() -> None:
    actions.call(Ward, "code", "name")
    actions.call(Room, "name")
    actions.call(Bed, "label")
    actions.register(
        {
            "wards.admission.admitted": _("Patient admitted"),
            "wards.admission.cancelled": _("Admission cancelled"),
            "wards.admission.discharged": _("Patient discharged"),
            "wards.admission.transferred": _("Patient moved to another bed"),
            "wards.admission.viewed": _("Stay looked at"),
            "wards.admissions.viewed": _("Patient's stays looked at"),
            "wards.bed.blocked": _("Bed put out of use"),
            "wards.bed.cleaning": _("Bed to be cleaned"),
            "wards.bed.ready": _("Bed ready"),
            "wards.board.viewed": _("Bed board looked at"),
            "wards.note.corrected": _("Nursing note corrected"),
            "wards.note.written": _("Nursing note written"),
        }
    )
