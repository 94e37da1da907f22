from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PatientsConfig(AppConfig):
    name = "patients"

    def ready(self) -> None:
        from hms.core import access, outbox, panels
        from patients import actions, amendable, care, erasures, faults, given, histories, search, waiting
        from staff.services import ENTERED

        actions.register()
        erasures.register()
        histories.register()
        faults.register()
        given.register()
        amendable.register_own()
        care.register_own()
        outbox.register(ENTERED, "patients.receivers.employee_entered")
        access.ask_for_care(access.Care(care.CLINICAL, care.treats_of, care.known, care.door))
        access.concerns(
            patient_id="patients.Patient:id",
            encounter_id="patients.Encounter",
            note_id="patients.ClinicalNote",
            condition_id="patients.Condition",
            contact_id="patients.Contact",
            plan_id="patients.CarePlan",
            grant_id="patients.ChartGrant",
            amendment_id="patients.AmendmentRequest",
            hold_id="core.LegalHold",
            erasure_id="core.Erasure",
        )
        panels.searches(_("Patients"), permission="patients.search_patient", order=10, find=search.hits)
        panels.navigation(
            "patients",
            label=_("Patients"),
            url_name="patients:list",
            icon="people",
            permission="patients.search_patient",
            order=20,
        )
        panels.navigation(
            "visits",
            label=_("Visits"),
            url_name="patients:visits",
            icon="person-walking",
            permission="patients.view_encounter",
            order=30,
            count=waiting.visits,
        )
        panels.navigation(
            "grants",
            label=_("Emergency access"),
            url_name="patients:grants",
            icon="unlock",
            permission="patients.review_grant",
            order=35,
            count=waiting.grants,
            urgent=True,
        )
        panels.navigation(
            "emergency",
            label=_("Emergency chart"),
            url_name="patients:emergency",
            icon="key",
            permission="patients.break_glass",
            order=34,
        )
        panels.navigation(
            "corrections",
            label=_("Corrections"),
            url_name="patients:amendments",
            icon="pencil-square",
            permission="patients.view_amendmentrequest",
            order=36,
            count=waiting.amendments,
        )
        panels.register(
            "dashboard",
            title=_("Corrections asked for"),
            url_name="patients:amendments-panel",
            permission="patients.view_amendmentrequest",
            order=60,
            when=waiting.has_amendments,
        )
        panels.register(
            "chart",
            title=_("Corrections asked for"),
            url_name="patients:chart-amendments",
            permission="patients.view_amendmentrequest",
            order=95,
            column="side",
            when=waiting.has_amendments_of,
        )
        panels.register(
            "chart-acts",
            title=_("Correction asked for"),
            url_name="patients:amendment-enter",
            permission="patients.enter_amendment",
            order=40,
        )
        panels.navigation(
            "erasures",
            label=_("Erasures"),
            url_name="patients:erasures",
            icon="eraser",
            permission="core.view_erasure",
            order=94,
            count=waiting.erasures,
        )
        panels.register(
            "dashboard",
            title=_("Emergency access"),
            url_name="patients:grants-panel",
            permission="patients.review_grant",
            order=5,
        )
        chart = [
            (_("Allergies"), "chart-allergies", "patients.view_chart", 10, "side"),
            (_("Problems"), "chart-problems", "patients.view_chart", 20, "side"),
            (_("Medicines taken"), "chart-medicines", "patients.view_chart", 30, "side"),
            (_("Vital signs"), "chart-vitals", "patients.view_chart", 10, "main"),
            (_("Treatment plan"), "chart-plans", "patients.view_chart", 15, "main"),
            (_("Visits"), "chart-visits", "patients.view_chart", 20, "main"),
            (_("Notes"), "chart-notes", "patients.view_chart", 70, "main"),
            (_("Vaccines and procedures"), "chart-prevention", "patients.view_chart", 80, "side"),
            (_("Holds and erasure"), "chart-keeping", "core.view_legalhold", 95, "side"),
            (_("Person"), "chart-person", "patients.view_patient", 90, "side"),
        ]
        for title, name, permission, order, column in chart:
            panels.register(
                "chart", title=title, url_name=f"patients:{name}", permission=permission, order=order, column=column
            )
