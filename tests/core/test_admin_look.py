"""The administration looks like the rest of the house and keeps its content security policy."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask

pytestmark = pytest.mark.django_db


def test_the_administration_wears_the_colours_and_names_of_the_house(client_as):
    page = client_as("administrator").get(reverse("admin:index")).content.decode()
    assert "css/tokens" in page and "css/admin" in page and "img/icon" in page
    assert "Northgate Hospital" in page
    assert reverse("account_logout") in page and reverse("account_change_password") in page, "one door for both"
    assert "dark_mode" not in page


def test_the_chosen_theme_holds_in_the_administration(client_as):
    client = client_as("administrator")
    client.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in client.get(reverse("admin:index")).content.decode()


def test_a_periodic_task_is_shown_without_a_script_in_the_page(client_as):
    every = IntervalSchedule.objects.create(every=1, period="hours")
    task = PeriodicTask.objects.create(name="Count the spoons", task="spoons.count", interval=every)
    page = client_as("administrator").get(reverse("admin:django_celery_beat_periodictask_change", args=[task.pk]))
    assert page.status_code == 200
    inline = [tag for tag in re.findall(r"<script[^>]*>", page.content.decode()) if "src=" not in tag]
    assert [tag for tag in inline if "application/json" not in tag] == []
