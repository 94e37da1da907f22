"""What of the patients' own tables is not given out with a record, and why."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hms.core import given
from patients.models import ChartGrant, ClinicalNote, Patient


def register() -> None:
    given.keep_back(
        Patient,
        "search_name",
        "name_tokens",
        "phone_digits",
        "name_vector",
        why=_("made from the names and the phone number, for searching"),
    )
    given.keep_back(
        ClinicalNote,
        rows=Q(status="draft"),
        why=_("drafts: their writers have not signed them, and nothing was done by them; what is signed is given"),
    )
    given.keep_back(
        ChartGrant,
        "verdict",
        "comment",
        "reviewed_by",
        "reviewed_at",
        why=_("judges how a colleague worked; who opened the chart, when and why is given"),
    )
