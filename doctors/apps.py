from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DoctorsConfig(AppConfig):
    name = "doctors"
    verbose_name = _("Doctors")

    def ready(self) -> None:
        from django.urls import reverse

        from billing import uses
        from doctors import actions, desk, faults, fees, histories, second_person
        from doctors.models import Availability
        from hms.core import panels, setup

        actions.register()
        histories.register()
        faults.register()
        uses.register(fees.uses)
        second_person.register()
        panels.navigation(
            "desk",
            label=_("Desk"),
            url_name="doctors:desk",
            icon="clipboard2-pulse",
            permission="doctors.use_desk",
            order=10,
            count=desk.waiting,
        )
        panels.navigation(
            "doctors",
            label=_("Doctors"),
            url_name="doctors:doctors",
            icon="person-vcard",
            permission="doctors.view_doctor",
            order=75,
        )
        panels.register(
            "dashboard",
            title=_("My patients today"),
            url_name="doctors:desk-panel",
            permission="doctors.use_desk",
            order=10,
        )
        setup.step(
            "hours",
            label=_("Doctors and their hours"),
            text=_("Who of the staff sees patients, and when: then they can be booked."),
            permission="doctors.add_doctor",
            order=80,
            url=lambda facility: reverse("doctors:doctors"),
            done=lambda facility: Availability.objects.filter(doctor__employee__facility=facility),
        )
