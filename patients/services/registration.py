"""Registering a patient and keeping who they are up to date."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from hms.core import audit, clock, numbering
from hms.core.models import User
from hms.core.refusals import Refused
from patients import colleagues, duplicates, names
from patients.models import Contact, Encounter, Patient, PatientFacility, PatientIdentifier
from patients.services import grants
from staff.services import KNOWN_BY

FIELDS = [
    "given_name",
    "family_name",
    "other_names",
    "sex",
    "birth_date",
    "birth_date_estimated",
    "phone",
    "email",
    "address",
    "city",
    "postal_code",
    "country",
    "language",
]
NATIONAL_ID = "national identity number"


@transaction.atomic
def register(
    actor: User,
    *,
    duplicates_seen: bool = False,
    identifier: str = "",
    contact_name: str = "",
    contact_relationship: str = "",
    contact_phone: str = "",
    **details: Any,
) -> Patient:
    """Open a record and give it an MRN.

    Refuses a birth date in the future; refuses when a record looks like the same person, unless the
    one who registers has seen it (`duplicates_seen`) — and always when the identity number is taken.
    Of somebody who works here the record is kept as a colleague's.
    """
    _check(actor, details["birth_date"])
    identifier = identifier.strip()
    if identifier and PatientIdentifier.objects.filter(system=NATIONAL_ID, value=identifier).exists():
        raise Refused(
            _("This identity number already belongs to a patient. Search for it instead."), field="identifier"
        )
    if not duplicates_seen:
        found = duplicates.find(
            actor,
            **{k: details.get(k) or "" for k in ("given_name", "family_name", "sex", "phone")},
            birth_date=details["birth_date"],
            identifier=identifier,
        )
        if found:
            raise Refused(
                _("A record like this exists already: see the warning. Open it, or say that it is another person."),
                field="duplicates_seen",
            )
    patient = Patient(registered_at=actor.facility, **{k: v for k, v in details.items() if k in FIELDS})
    derive(patient)
    patient.mrn = numbering.next_mrn(actor.facility)
    patient.save(force_insert=True)
    PatientFacility.objects.create(patient=patient, facility=actor.facility, added_by=actor)
    if identifier:
        try:
            with transaction.atomic():
                PatientIdentifier.objects.create(patient=patient, system=NATIONAL_ID, value=identifier)
        except IntegrityError:  # another desk was quicker
            raise Refused(
                _("This identity number already belongs to a patient. Search for it instead."), field="identifier"
            ) from None
    if contact_name:
        Contact.objects.create(
            patient=patient, name=contact_name, relationship=contact_relationship, phone=contact_phone
        )
    audit.record(actor, "patients.patient.registered", patient, detail={"duplicates_seen": duplicates_seen})
    _keep_if_colleague(actor, patient)
    return patient


def _keep_if_colleague(actor: User, patient: Patient) -> None:
    grants.keep_as_staff(actor, patient_ids=colleagues.among([patient.pk]))
    patient.refresh_from_db(fields=["confidentiality"])


def derive(patient: Patient) -> None:
    """Fill what the search reads from the names and the phone number."""
    patient.search_name = names.folded(patient.name)[:260]
    patient.name_tokens = names.tokens(f"{patient.name} {patient.other_names}")
    patient.phone_digits = names.digits(patient.phone)


def _check(actor: User, birth_date: date) -> None:
    if birth_date > clock.today(actor.facility):
        raise Refused(_("The birth date lies in the future."), field="birth_date")
    if birth_date.year < 1880:
        raise Refused(_("The birth date is too long ago. Check the year."), field="birth_date")


@transaction.atomic
def update(actor: User, *, patient_id: object, **details: Any) -> Patient:
    """Correct who the patient is. The audit names the fields that changed. Somebody who is found by a new name,
    telephone or e-mail to work here is kept as a colleague. Locks: the patient."""
    _check(actor, details["birth_date"])
    patient = Patient.objects.select_for_update().get(pk=patient_id)
    changed = [name for name in FIELDS if name in details and getattr(patient, name) != details[name]]
    for name in changed:
        setattr(patient, name, details[name])
    if changed:
        derive(patient)
        patient.save()
        audit.record(actor, "patients.patient.updated", patient, detail={"fields": changed})
    if KNOWN_BY.intersection(changed):
        _keep_if_colleague(actor, patient)
    return patient


@transaction.atomic
def deactivate(actor: User, *, patient_id: object, reason: str) -> Patient:
    """Take a record out of use, with a reason; nothing is deleted. Refuses while a visit is open.

    Locks: the patient.
    """
    patient = Patient.objects.select_for_update().get(pk=patient_id)
    if Encounter.objects.filter(patient=patient).open().exists():
        raise Refused(_("This patient has an open visit. Close or cancel it first."))
    patient.active = False
    patient.inactive_reason = reason
    patient.save(update_fields=["active", "inactive_reason"])
    audit.record(actor, "patients.patient.deactivated", patient, reason=reason)
    return patient


@transaction.atomic
def reactivate(actor: User, *, patient_id: object) -> Patient:
    """Bring a record back into use. Locks: the patient."""
    patient = Patient.objects.select_for_update().get(pk=patient_id)
    patient.active = True
    patient.inactive_reason = ""
    patient.save(update_fields=["active", "inactive_reason"])
    audit.record(actor, "patients.patient.reactivated", patient)
    return patient


@transaction.atomic
def bring_over(actor: User, *, mrn: str, birth_date: date) -> Patient:
    """Make a patient of another branch known here: their MRN and birth date together, exactly.

    A wrong pair is refused in the same words whether the MRN exists or not, and recorded.
    """
    patient = Patient.objects.filter(mrn=mrn.strip().upper()).first()
    if patient is None or patient.birth_date != birth_date or not patient.active:
        audit.attempted("patients.patient.bring_over_refused", patient_id=patient.pk if patient else None)
        raise Refused(_("No patient of the network has this MRN and this birth date. Check both."), field="mrn")
    PatientFacility.objects.get_or_create(patient=patient, facility=actor.facility, defaults={"added_by": actor})
    audit.record(actor, "patients.patient.brought_over", patient)
    return patient


@transaction.atomic
def add_contact(actor: User, *, patient_id: object, name: str, relationship: str, phone: str) -> Contact:
    contact = Contact.objects.create(patient_id=patient_id, name=name, relationship=relationship, phone=phone)
    audit.record(actor, "patients.contact.added", contact)
    return contact


@transaction.atomic
def end_contact(actor: User, *, contact_id: object) -> Contact:
    """This is no longer the person to call. Locks: the contact."""
    contact = Contact.objects.select_for_update().get(pk=contact_id)
    if contact.ended_at is None:
        contact.ended_at = clock.now()
        contact.save(update_fields=["ended_at"])
        audit.record(actor, "patients.contact.ended", contact)
    return contact


@transaction.atomic
def add_identifier(actor: User, *, patient_id: object, system: str, value: str) -> PatientIdentifier:
    """Record a number someone else gave the patient. Refuses one that another patient has."""
    try:
        with transaction.atomic():
            identifier = PatientIdentifier.objects.create(patient_id=patient_id, system=system, value=value)
    except IntegrityError:
        raise Refused(_("Another patient already has this number. Check it."), field="value") from None
    audit.record(actor, "patients.identifier.added", identifier)
    return identifier
