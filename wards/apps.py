from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WardsConfig(AppConfig):
    name = "wards"

    def ready(self) -> None:
        from django.urls import reverse

        from billing import uses
        from hms.core import access, panels, setup
        from patients import amendable, care, holds
        from wards import actions, erasures, faults, histories, relations, waiting
        from wards import holds as own_holds
        from wards.models import Bed, DischargeSummary, NursingNote

        amendable.register(
            NursingNote,
            label=_("Ward note"),
            permission="wards.add_note",
            day="written_at",
            author="author_id",
            facility="admission__facility",
        )
        amendable.register(
            DischargeSummary,
            label=_("Discharge summary"),
            permission="wards.discharge",
            day="signed_at",
            author="signed_by_id",
            patient="admission__patient_id",
            said="number",
            facility="admission__facility",
        )
        access.concerns(
            admission_id="wards.Admission",
            nursing_note_id="wards.NursingNote",
        )
        actions.register()
        erasures.register()
        histories.register()
        faults.register()
        care.register(
            "lies in the ward",
            permission="patients.view_chart",
            rows=relations.lies_in_own_ward,
            patient="admission__patient_id",
        )
        uses.register(waiting.uses)
        holds.register(forbids_end=own_holds.forbids_end)
        panels.register(
            "chart", title=_("Stays"), url_name="wards:chart-panel", permission="wards.view_admission", order=50
        )
        panels.register(
            "desk-acts",
            title=_("Stay and discharge"),
            url_name="wards:stay",
            permission="wards.view_admission",
            order=10,
        )
        panels.register(
            "chart-acts",
            title=_("Admit"),
            url_name="wards:admit",
            permission="wards.admit",
            order=30,
            when=waiting.is_not_in_a_bed,
        )
        panels.register(
            "dashboard",
            title=_("Patients in the ward"),
            url_name="wards:patients-panel",
            permission="wards.add_note",
            order=30,
        )
        panels.register(
            "dashboard",
            title=_("Beds"),
            url_name="wards:dashboard-panel",
            permission="wards.view_board",
            order=40,
            column="side",
        )
        panels.navigation(
            "beds",
            label=_("Beds"),
            url_name="wards:board",
            icon="hospital",
            permission="wards.view_board",
            order=40,
            count=waiting.inpatients,
        )
        setup.step(
            "beds",
            label=_("Wards, rooms and beds"),
            text=_("In this order. A ward needs the service that its bed-days are charged as."),
            permission="wards.add_bed",
            order=70,
            url=lambda facility: reverse("admin:app_list", args=["wards"]),
            done=lambda facility: Bed.objects.filter(room__ward__facility=facility),
            optional=True,
        )
