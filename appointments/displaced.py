"""Booked patients whose doctor is not there any more: their hours changed, or they left."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import ngettext

from appointments.models import Appointment
from doctors import schedule
from doctors.models import Doctor
from hms.core import clock, notify
from hms.core.models import Facility


def of(facility: Facility, *, doctor: Doctor | None = None) -> list[Appointment]:
    """What is booked from now on, here, outside its doctor's hours; by time. Three queries."""
    booked = Appointment.objects.booked().for_lists().select_related("doctor__employee__facility")
    booked = booked.filter(facility=facility, starts_at__gte=clock.now())
    rows = list(booked.filter(doctor=doctor) if doctor else booked)
    if not rows:
        return []

    def day(moment: datetime):
        return clock.local(facility, moment).date()

    doctors = {row.doctor_id: row.doctor for row in rows}.values()
    sessions = schedule.sessions_between(doctors, day(rows[0].starts_at), day(rows[-1].starts_at))
    return [
        row
        for row in rows
        if not any(
            session.start <= row.period.lower and row.period.upper <= session.end
            for session in sessions.get((row.doctor_id, day(row.starts_at)), [])
        )
    ]


def tell(doctor: Doctor) -> int:
    """Let reception know how many booked patients a change of hours has hit; returns how many."""
    facility = doctor.employee.facility
    rows = of(facility, doctor=doctor)
    if rows:
        first = date_format(clock.local(facility, rows[0].starts_at), "d M Y")
        notify.everyone(
            facility,
            permission="appointments.change_appointment",
            text=ngettext(
                "%(doctor)s: %(count)s booked patient outside the changed hours, on %(first)s",
                "%(doctor)s: %(count)s booked patients outside the changed hours, the first on %(first)s",
                len(rows),
            )
            % {"doctor": doctor.name, "count": len(rows), "first": first},
            url=reverse("appointments:displaced"),
            level="warning",
        )
    return len(rows)
