"""The numbers people wait with, of the last days and of today."""

from __future__ import annotations

from datetime import datetime, timedelta

from appointments.models import Appointment, QueueToken
from appointments.services.queue import series
from doctors.models import Doctor
from hms.demo.scene import Scene
from patients.models import Encounter

KEPT = 6  # days


class Tokens:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.calling = False

    def give(self, visit: Encounter, doctor: Doctor | None, appointment: Appointment | None, *, at: datetime) -> None:
        """The next number of the department that day; called when it is their turn."""
        scene = self.scene
        day = scene.day_of(at)
        if (scene.today - day).days > KEPT:
            return
        called = visit.seen_at - timedelta(minutes=2) if visit.seen_at else None
        if called and called < at:
            called = at
        status = "done"
        if visit.status == "cancelled":
            status = "left"
        elif visit.status == "arrived":
            # Whose time has come is called; the door opens in a moment.
            turn = appointment and appointment.period.lower < scene.now - timedelta(minutes=12)
            status = "called" if turn and (scene.dice.random() < 0.35 or not self.calling) else "waiting"
            self.calling = self.calling or status == "called"
            called = scene.now - timedelta(minutes=1) if status == "called" else None
        token = QueueToken(
            facility=scene.facility,
            department=visit.department,
            day=day,
            appointment=appointment,
            doctor=doctor,
            encounter=visit,
            status=status,
            called_at=called,
            room=doctor.room if called and doctor else "",
            created_at=at,
        )

        def number(value: int) -> None:
            token.number = value

        scene.books.later(series(visit.department, day), at, number)
        scene.rows.add(token)
