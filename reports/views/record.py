"""The whole record, given to the patient or to whom they name."""

from __future__ import annotations

from uuid import UUID

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from hms.core import access, asking, lists
from hms.core.views.factors import way_to_sign_in_again
from patients import banner
from patients.models import Patient
from reports import services
from reports.forms import ReleaseForm


@access.needs("patients.release_record", reads_by_post=True)
def record_release(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Asks for whom it is, then answers with the file. Whoever asks proves first that it is really them."""
    patient = access.find(request, Patient.objects.visible_to(request.user), patient_id)
    if not did_recently_reauthenticate(request):
        return redirect(way_to_sign_in_again(request, request.get_full_path()))
    form = ReleaseForm(request.POST or None)
    if form.carried_out(lambda data: services.release(request.user, patient_id=patient.pk, **data)):
        whose, file = form.result
        response = StreamingHttpResponse(lists.sent(file), content_type="application/zip")
        response.headers["Content-Disposition"] = f'attachment; filename="record-{whose.mrn}.zip"'
        response.headers["Cache-Control"] = "no-store"
        return response
    answer = asking.fill_in(
        request,
        form,
        heading=_("Give out the whole record"),
        label=_("Make the file"),
        icon="file-earmark-zip",
        note=_(
            "One file with everything that any branch holds on this patient, to read and for programs."
            " It is recorded to whom it was given. Making it can take a minute."
        ),
        template="reports/record_release.html",
        **banner.around(request.user, patient),
    )
    answer.status_code = 422 if form.errors else 200
    return answer
