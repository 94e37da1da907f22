"""What is recorded of bookings and the queue, in words."""

from django.utils.translation import gettext_lazy as _

from hms.core import actions


def register() -> None:
    actions.register(
        {
            "appointments.appointment.booked": _("Appointment booked"),
            "appointments.appointment.cancelled": _("Appointment cancelled"),
            "appointments.appointment.check_in_undone": _("Check-in undone"),
            "appointments.appointment.checked_in": _("Patient checked in"),
            "appointments.appointment.fulfilled": _("Appointment took place"),
            "appointments.appointment.no_show": _("Patient did not come"),
            "appointments.appointment.no_show_undone": _("Patient came after all"),
            "appointments.appointment.rescheduled": _("Appointment moved"),
            "appointments.appointment.viewed": _("Appointment looked at"),
            "appointments.appointments.viewed": _("Patient's appointments looked at"),
            "appointments.day.viewed": _("Day of appointments looked at"),
            "appointments.displaced.viewed": _("Appointments to be moved looked at"),
            "appointments.queue.viewed": _("Queue looked at"),
            "appointments.slots.searched": _("Free times searched"),
            "appointments.token.called": _("Patient called from the queue"),
            "appointments.token.finished": _("Queue token finished"),
            "appointments.token.given": _("Queue token given"),
            "appointments.token.put_back": _("Patient put back into the queue"),
            "appointments.token.viewed": _("Queue token looked at"),
            "appointments.week.viewed": _("Week of appointments looked at"),
        }
    )
