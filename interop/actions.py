"""What is recorded of records from other systems, in words."""

from django.utils.translation import gettext_lazy as _

from hms.core import actions


def register() -> None:
    actions.register(
        {
            "interop.audit.exported": _("Audit exported (FHIR)"),
            "interop.fhir.imported": _("Records imported (FHIR)"),
            "interop.fhir.references_found": _("References of imported records found"),
        }
    )
