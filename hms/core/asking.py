"""The two pages that ask: a form to fill in, and a last question before an act that takes something back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from hms.core import approvals
from hms.core.forms import Form, ModelForm
from hms.core.models import Approval

Crumb = tuple[Any, str]  # what it says, and where it leads; an empty address where it is only said


def fill_in(
    request: HttpRequest,
    form: Form | ModelForm | None,
    *,
    heading: str,
    back: str,
    label: str = _("Save"),
    icon: str = "",
    banner: object = None,
    crumbs: Sequence[Crumb] = (),
    template: str = "form_page.html",
    **more: Any,
) -> HttpResponse:
    """A form to fill in. `back` is the address of the way out; `banner` a patient's, on every page about one.

    `template` is a page that extends `form_page.html` and shows what is in `more`.
    """
    context = {
        "form": form,
        "heading": heading,
        "back": back,
        "label": label,
        "icon": icon,
        "banner": banner,
        "crumbs": crumbs,
        **more,
    }
    return render(request, template, context)


def answered(request: HttpRequest, result: Any, done: str | Callable[[], str]) -> None:
    """The message after an act that a second person may have to approve first: `done`, or that it waits, and for whom."""
    if isinstance(result, Approval):
        messages.warning(request, approvals.explained(result))
    else:
        messages.success(request, done() if callable(done) else done)


def confirm(
    request: HttpRequest,
    form: Form | ModelForm | None,
    *,
    heading: str,
    label: str,
    back: str,
    question: str = "",
    who: str = "",
    detail: str = "",
    banner: object = None,
    crumbs: Sequence[Crumb] = (),
    template: str = "confirm_page.html",
    **more: Any,
) -> HttpResponse:
    """The last question before an act, most often with the reason for it; otherwise as `fill_in`.

    `who` is the name that the question ends with, kept apart so that it reads right in any script.
    """
    context = {
        "form": form,
        "heading": heading,
        "label": label,
        "back": back,
        "question": question,
        "who": who,
        "detail": detail,
        "banner": banner,
        "crumbs": crumbs,
        **more,
    }
    return render(request, template, context)
