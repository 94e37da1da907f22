"""What personnel records, in words."""

from django.utils.translation import gettext_lazy as _

from hms.core import actions
from staff.models import Attendance, Credential, Employee, RosterEntry, Shift


def register() -> None:
    actions.call(Employee, "given_name", "family_name")
    actions.call(Credential, "employee__given_name", "employee__family_name")
    actions.call(Attendance, "employee__given_name", "employee__family_name")
    actions.call(RosterEntry, "employee__given_name", "employee__family_name")
    actions.call(Shift, "name")
    actions.register(
        {
            "staff.attendance.came": _("Came to work"),
            "staff.attendance.corrected": _("Attendance corrected"),
            "staff.attendance.left": _("Left work"),
            "staff.attendance.voided": _("Attendance struck out"),
            "staff.credential.added": _("Licence or certificate added"),
            "staff.credential.withdrawn": _("Licence or certificate withdrawn"),
            "staff.employee.came_back": _("Employee came back"),
            "staff.employee.changed": _("Employee's details changed"),
            "staff.employee.hired": _("Employee hired"),
            "staff.employee.left": _("Employee left the hospital"),
            "staff.employee.viewed": _("Employee's page looked at"),
            "staff.licence.demanded": _("Refused: no valid licence for this act"),
            "staff.roster.planned": _("Shift planned"),
            "staff.roster.unplanned": _("Shift taken off the roster"),
            "staff.shift.set": _("Kind of shift set"),
        }
    )
