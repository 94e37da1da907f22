"""What the wards say before a visit ends."""

from django.utils.translation import gettext as _

from patients.models import Encounter
from patients.models.encounter import EncounterKind
from wards.models import Admission, AdmissionStatus


def forbids_end(encounter: Encounter) -> str:
    lies_here = Admission.objects.filter(encounter=encounter, status=AdmissionStatus.ADMITTED)
    if encounter.kind == EncounterKind.INPATIENT and lies_here.exists():
        return _("The patient lies in a bed. Discharge them, or cancel the admission; that ends the visit too.")
    return ""
