"""The two pages that ask look alike in every department."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from hms.core.models import AuditEvent
from patients.models import Patient

pytestmark = pytest.mark.django_db


def shown(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_form_to_fill_in_is_guarded_and_ends_with_its_button(client_as) -> None:
    page = shown(client_as("hr"), "staff:hire")
    assert "data-guard" in page
    way_out = page.index(f'<a class="btn" href="{reverse("staff:employees")}">Cancel</a>')
    assert way_out < page.index('<button class="btn btn-primary end" data-primary>Hire ')
    assert f'<a href="{reverse("staff:employees")}"><bdi>Staff</bdi></a> / Hire' in page


def test_a_question_keeps_things_as_they_are_first(client_as, patient: Patient) -> None:
    page = shown(client_as("receptionist"), "patients:deactivate", patient.pk)
    way_out = page.index(f'<a class="btn" href="{reverse("patients:chart", args=[patient.pk])}">Keep as it is</a>')
    assert way_out < page.index('<button class="btn btn-danger end" data-primary>Deactivate</button>')


def test_a_page_that_asks_about_a_patient_shows_who_it_is_and_is_recorded(client_as, patient: Patient) -> None:
    page = shown(client_as("receptionist"), "patients:identifier-add", patient.pk)
    assert f'<span class="banner-name"><bdi>{patient.name}</bdi>' in page or f"<bdi>{patient.name}</bdi></a>" in page
    assert AuditEvent.objects.filter(action="patients.patient.seen", patient_id=patient.pk).count() == 1
