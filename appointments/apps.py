from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AppointmentsConfig(AppConfig):
    name = "appointments"
    verbose_name = _("Appointments")

    def ready(self) -> None:
        from appointments import actions, erasures, faults, histories, relations, waiting
        from doctors.services import hours, profile
        from hms.core import access, outbox, panels
        from patients import care
        from patients.services import death, encounters
        from staff import services as staff

        care.register("appointment", permission="patients.view_chart", rows=relations.expects)
        access.concerns(
            appointment_id="appointments.Appointment",
            token_id="appointments.QueueToken:encounter__patient_id",
        )
        actions.register()
        erasures.register()
        histories.register()
        faults.register()
        outbox.register(encounters.CLOSED, "appointments.receivers.visit_closed")
        outbox.register(encounters.CANCELLED, "appointments.receivers.visit_cancelled")
        outbox.register(death.DIED, "appointments.receivers.patient_died")
        outbox.register(hours.CHANGED, "appointments.receivers.hours_changed")
        outbox.register(profile.STOPPED, "appointments.receivers.hours_changed")
        outbox.register(staff.LEFT, "appointments.receivers.employee_left")
        seen = "appointments.view_appointment"
        panels.register(
            "chart", title=_("Appointments"), url_name="appointments:chart-panel", permission=seen, order=25
        )
        panels.register(
            "chart-acts",
            title=_("Book"),
            url_name="appointments:find-for",
            permission="appointments.add_appointment",
            order=10,
        )
        panels.register(
            "desk",
            title=_("Queue"),
            url_name="appointments:token-panel",
            permission="appointments.check_in",
            order=5,
            column="side",
        )
        panels.register(
            "dashboard",
            title=_("Today"),
            url_name="appointments:today-panel",
            permission="appointments.check_in",
            order=10,
        )
        panels.register(
            "dashboard",
            title=_("Waiting"),
            url_name="appointments:waiting-panel",
            permission="appointments.check_in",
            order=10,
            column="side",
        )
        panels.register(
            "dashboard",
            title=_("Still to come"),
            url_name="appointments:mine-panel",
            permission="doctors.use_desk",
            order=10,
        )
        panels.navigation(
            "appointments",
            label=_("Appointments"),
            url_name="appointments:day",
            icon="calendar3",
            permission=seen,
            order=22,
            count=waiting.to_come,
        )
        panels.navigation(
            "queue",
            label=_("Queue"),
            url_name="appointments:queue",
            icon="list-ol",
            permission=seen,
            order=24,
            count=waiting.in_queue,
            urgent=True,
        )
