"""What the auditor does, in words."""

from django.utils.translation import gettext_lazy as _

from hms.core import actions


def register() -> None:
    actions.register(
        {
            "core.audit.finding_judged": _("Verdict on unusual access"),
            "core.audit.searched": _("Audit: patient or colleague searched"),
            "patients.disclosures.printed": _("Accounting of disclosures printed"),
            "patients.record.disclosed": _("Given out of the house"),
            "patients.record.exported": _("Whole record given out"),
        }
    )
