"""The roles of a hospital and what each may do. `manage.py sync_roles` writes them into Django's groups.

Read as: role → (its name on screen, why it exists, its permissions). This table is the truth; the
groups mirror it for the admin. A permission that no model declares fails the command and a test.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Role:
    code: str
    label: str
    why: str
    permissions: frozenset[str]


def _role(code: str, label: str, why: str, *groups: str) -> Role:
    return Role(code, label, why, frozenset(word for group in groups for word in group.split()))


# Shared bundles, so that a rule is written once.
FRONT = "patients.view_patient patients.search_patient appointments.view_appointment doctors.view_doctor"
CHART = "patients.view_patient patients.search_patient patients.view_chart"
RECORDS = (
    CHART + " laboratory.view_laborder pharmacy.view_prescription wards.view_admission appointments.view_appointment"
)

ROLES: dict[str, Role] = {
    role.code: role
    for role in [
        _role(
            "administrator",
            _("Administrator"),
            "Runs the system: people, roles, facilities, master data. Reads no chart.",
            "core.view_facility core.change_facility core.add_facility core.view_department core.add_department",
            "core.change_department core.view_user core.add_user core.change_user core.view_membership",
            "core.add_membership core.change_membership core.view_outboxmessage core.resend_outboxmessage",
            "interop.view_sourcerecord interop.view_unresolvedreference",
            # Sets up to how much each role does alone; decides nothing itself.
            "core.view_approvallimit core.change_approvallimit core.ask_approval",
            "core.view_auditseal core.view_counter core.view_document auth.view_group django_celery_beat.view_periodictask",
            "staff.view_employee staff.add_employee staff.change_employee staff.view_roster",
            "doctors.view_doctor doctors.add_doctor doctors.change_doctor doctors.view_specialty",
            "doctors.add_specialty doctors.change_specialty",
            "billing.view_service billing.add_service billing.change_service",
            "pharmacy.view_medicine pharmacy.add_medicine pharmacy.change_medicine pharmacy.view_product",
            "pharmacy.view_batch pharmacy.view_stockmovement pharmacy.view_stock doctors.change_availability",
            "laboratory.view_testdefinition laboratory.add_testdefinition laboratory.change_testdefinition",
            "laboratory.view_referencerange laboratory.add_referencerange laboratory.change_referencerange",
            "wards.view_ward wards.add_ward wards.change_ward wards.view_room wards.add_room wards.change_room",
            "wards.view_bed wards.add_bed wards.change_bed",
        ),
        _role(
            "manager",
            _("Manager"),
            "Sees how the hospital runs, in figures, and is the second person for what is above others' limits, and for erasures.",
            "core.view_approval core.decide_approval core.view_approvallimit billing.view_account pharmacy.view_stock",
            "core.view_erasure core.decide_erasure",
            "reports.view_day reports.view_revenue reports.view_appointments reports.view_doctors",
            "appointments.view_appointment doctors.view_doctor staff.view_employee staff.view_roster",
            "wards.view_board billing.view_invoice billing.view_service",
        ),
        _role(
            "receptionist",
            _("Reception"),
            "Registers patients, books, checks in, admits to a bed, and takes the patient's money at the desk.",
            FRONT,
            "patients.add_patient patients.change_patient patients.deactivate_patient patients.view_encounter patients.add_encounter",
            "patients.cancel_encounter patients.view_restricted patients.restrict_patient",
            # Takes down what a patient wants corrected; who the patient is, another at the desk decides.
            "patients.view_amendmentrequest patients.enter_amendment patients.decide_amendment",
            "appointments.add_appointment appointments.change_appointment appointments.check_in appointments.call_token",
            "wards.view_board wards.admit wards.view_admission billing.view_invoice billing.view_account billing.print_invoice",
            "billing.take_payment staff.view_roster",
        ),
        _role(
            "doctor",
            _("Doctor"),
            "Examines, decides, orders, prescribes, admits and discharges.",
            RECORDS,
            "patients.break_glass patients.share_chart patients.view_amendmentrequest patients.decide_amendment",
            "patients.change_clinical patients.change_allergies patients.record_vitals patients.view_encounter patients.add_encounter patients.change_encounter",
            "patients.cancel_encounter appointments.call_token doctors.use_desk doctors.view_doctor doctors.change_availability",
            "laboratory.add_laborder laboratory.cancel_laborder pharmacy.prescribe pharmacy.end_prescription pharmacy.view_medicine",
            "wards.view_board wards.admit wards.transfer wards.discharge wards.add_note appointments.add_appointment",
            "staff.view_roster",
        ),
        _role(
            "nurse",
            _("Nurse"),
            "Observes and cares: vital signs, notes, beds, specimens at the bedside.",
            RECORDS,
            "patients.break_glass patients.share_chart patients.view_amendmentrequest patients.decide_amendment",
            "patients.record_vitals patients.change_allergies patients.view_encounter patients.add_encounter wards.view_board wards.admit",
            "patients.cancel_encounter appointments.call_token",
            "wards.transfer wards.add_note wards.change_bed_state laboratory.collect",
            "staff.view_roster doctors.view_doctor",
        ),
        _role(
            "pharmacist",
            _("Pharmacist"),
            "Checks, dispenses, and keeps the stock.",
            "patients.view_patient patients.search_patient patients.break_glass pharmacy.view_prescription pharmacy.dispense pharmacy.end_prescription",
            "pharmacy.view_medicine pharmacy.add_medicine pharmacy.change_medicine pharmacy.view_stock",
            "pharmacy.receive_stock pharmacy.adjust_stock pharmacy.view_reorderalert core.ask_approval staff.view_roster",
        ),
        _role(
            "lab_technician",
            _("Laboratory technician"),
            "Collects specimens and enters results; may not verify their own.",
            "patients.view_patient patients.search_patient laboratory.view_laborder laboratory.collect",
            "laboratory.enter_result laboratory.view_testdefinition laboratory.cancel_laborder staff.view_roster",
        ),
        _role(
            "pathologist",
            _("Pathologist"),
            "Verifies results and answers for the report.",
            "patients.view_patient patients.search_patient patients.view_chart patients.break_glass laboratory.view_laborder",
            "laboratory.enter_result laboratory.verify_result laboratory.view_testdefinition",
            "laboratory.cancel_laborder staff.view_roster patients.view_amendmentrequest patients.decide_amendment",
        ),
        _role(
            "cashier",
            _("Cashier"),
            "Takes payments, gives back what was credited, prints receipts.",
            "patients.view_patient patients.search_patient billing.view_invoice billing.view_account billing.print_invoice",
            "billing.take_payment billing.give_refund billing.give_discount core.ask_approval staff.view_roster",
        ),
        _role(
            "accountant",
            _("Accountant"),
            "Keeps prices and books: credit notes, reversals, the ledger. The cash desk's second person.",
            "core.view_approval core.decide_approval core.ask_approval core.view_approvallimit billing.give_discount",
            "patients.view_patient patients.search_patient billing.view_invoice billing.view_account billing.print_invoice",
            "billing.view_service billing.add_service billing.change_service billing.issue_invoice",
            "billing.view_charge billing.view_payment billing.view_creditnote",
            "billing.credit_invoice billing.reverse_payment billing.give_refund billing.reverse_charge billing.view_ledger",
            "reports.view_day reports.view_revenue staff.view_roster",
        ),
        _role(
            "hr",
            _("HR officer"),
            "Keeps employees, their departments, roster and attendance.",
            "staff.view_employee staff.add_employee staff.change_employee staff.view_roster staff.change_roster",
            "staff.view_attendance staff.record_attendance doctors.view_doctor doctors.add_doctor doctors.change_doctor",
            "doctors.change_availability",
        ),
        _role(
            "auditor",
            _("Auditor"),
            "Reads what was done, and by whom; judges emergency access, keeps records narrow, sees that patients get what they may ask for, and asks for what is to be erased.",
            "patients.view_restricted patients.restrict_patient patients.release_patient patients.review_grant",
            # Gives out the whole record, as a file and without reading it here; sees that requests are answered in time.
            "patients.release_record patients.view_amendmentrequest patients.enter_amendment patients.review_amendment",
            "core.view_approval core.view_approvallimit",
            "core.view_erasure core.ask_erasure core.view_legalhold core.keep_legalhold",
            "core.view_auditevent core.view_auditseal core.view_document core.view_counter patients.view_patient patients.search_patient",
            "billing.view_invoice billing.view_account billing.print_invoice billing.view_ledger staff.view_roster",
        ),
        _role(
            "patient",
            _("Patient"),
            "Signs in to no page yet: what patients may read of themselves is given to them (docs/security.md).",
        ),
    ]
}


@lru_cache(maxsize=256)
def _union(codes: tuple[str, ...]) -> frozenset[str]:
    return frozenset().union(*(ROLES[code].permissions for code in codes if code in ROLES))


def permissions_of(codes: Iterable[str]) -> set[str]:
    """Every permission, as `app.codename`, of someone who holds these roles."""
    return set(_union(tuple(sorted(codes))))


def label(code: str) -> str:
    return str(ROLES[code].label) if code in ROLES else code
