"""The newest seal of the audit on paper, and whether one that was put away is still held."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from hms.core import access, anchors
from hms.core.forms import Form


class AnchorForm(Form):
    code = forms.CharField(
        label=_("Seal and digest"),
        max_length=200,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "17:9F3A 02BC 77D1 E0A4"}
        ),
        help_text=_("Scan the code of the paper, or type the number, a colon, and at least four groups."),
    )


@access.needs("core.view_auditseal", reads_by_post=True)
def anchor(request: HttpRequest) -> HttpResponse:
    """The newest seal, and the check of an older one."""
    form = AnchorForm(request.POST or None)
    form.carried_out(lambda data: anchors.examine(request.user, **data))
    context = {"form": form, "anchor": anchors.newest(), "found": form.result}
    return render(request, "core/anchor.html", context, status=422 if form.is_bound and not form.is_valid() else 200)


@access.needs("core.view_auditseal")
@require_safe
def anchor_pdf(request: HttpRequest) -> HttpResponse:
    """The newest seal as a document to be put away."""
    if anchors.newest() is None:
        messages.info(request, _("Nothing is sealed yet. The first seal is made within a minute of the first act."))
        return redirect("core:anchor")
    printed, content = anchors.hand_out(request.user)
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="anchor-{printed.seal.pk}.pdf"'
    return response
