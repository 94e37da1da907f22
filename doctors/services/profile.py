"""Who consults, at what fee, and how they sign."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from doctors import fees
from doctors.models import SIGNATURE_BYTES, Doctor, Specialty
from hms.core import approvals, audit, money, outbox
from hms.core.models import Approval, User
from hms.core.refusals import Refused
from staff.models import Employee

DETAILS = ["specialty", "licence_number", "room", "accepts_new"]
STOPPED = "doctors.stopped_consulting"
WIDTH, HEIGHT = 900, 300  # pixels of a stored signature, at most
PIXELS = 40_000_000  # a picture above this is not opened


@transaction.atomic
def set_specialty(actor: User, *, code: str, name: str, specialty_id: object | None = None) -> Specialty:
    """Make a specialty, or rename one; its code stays, because charges name it. Refuses what is taken."""
    if specialty_id:
        specialty = Specialty.objects.select_for_update().get(pk=specialty_id)
        specialty.name = name
    else:
        specialty = Specialty(code=code, name=name)
    try:
        with transaction.atomic():
            specialty.save()
    except IntegrityError:
        raise Refused(_("Another specialty has this code or name."), field="name") from None
    audit.record(actor, "doctors.specialty.set", specialty)
    return specialty


@transaction.atomic
def add_doctor(
    actor: User,
    *,
    employee: Employee,
    specialty: Specialty,
    licence_number: str,
    fee: Decimal | None = None,
    room: str = "",
    accepts_new: bool = True,
    reason: str = "",
) -> Doctor:
    """Let an employee consult. A fee of their own that is further from the price list than one sets alone has to be
    approved (`set_fee`): until then the doctor's consultations cost what the list says.

    Refuses one who has left or consults already, a licence that a colleague has, and a specialty that the price list
    lacks where there is no fee or one above what one sets alone. Locks: the employee.
    """
    employee = Employee.objects.select_for_update().get(pk=employee.pk)
    if not employee.active:
        raise Refused(_("This employee has left."), field="employee")
    if Doctor.objects.filter(employee=employee).exists():
        raise Refused(_("This employee has a doctor's profile already."), field="employee")
    fee = None if fee is None else money.rounded(Decimal(fee))
    doctor = Doctor(
        employee=employee,
        specialty=specialty,
        licence_number=licence_number.strip(),
        fee=fee,
        room=room,
        accepts_new=accepts_new,
    )
    _check(doctor)
    if not fees.listed(employee.facility, specialty):
        fees.list_at(actor, doctor, fee)
    asked = _ask_fee(actor, doctor, before=fees.service(doctor).price, reason=reason)
    if asked and asked.waits:
        doctor.fee = None
    doctor.save(force_insert=True)
    if asked:
        asked.done(doctor)
    audit.record(actor, "doctors.doctor.added", doctor, reason=reason)
    return doctor


@transaction.atomic
def change_doctor(actor: User, *, doctor_id: object, reason: str = "", **details: Any) -> Doctor | Approval:
    """Correct a profile, and set another fee, which may have to wait for a second person (`set_fee`); the rest does
    not wait with it. Refuses another specialty that would move what a consultation costs. Locks: the doctor."""
    doctor = locked(doctor_id)
    fee = details.pop("fee", doctor.fee)
    changed = [name for name in DETAILS if name in details and getattr(doctor, name) != details[name]]
    before = fees.price(doctor)
    for name in changed:
        setattr(doctor, name, details[name])
    if changed:
        _check(doctor)
        fees.service(doctor)
        if (after := fees.price(doctor)) != before:
            raise Refused(
                _(
                    "In %(specialty)s a consultation costs %(after)s, now it costs %(before)s. First give the doctor a fee of their own of %(before)s; change the specialty, and then the fee."
                )
                % {"specialty": doctor.specialty.name, "after": after, "before": before},
                field="specialty",
            )
        doctor.save(update_fields=changed)
        audit.record(actor, "doctors.doctor.changed", doctor, detail={"fields": changed})
    return doctor if fee == doctor.fee else set_fee(actor, doctor_id=doctor.pk, fee=fee, reason=reason)


@transaction.atomic
def set_fee(
    actor: User, *, doctor_id: object, fee: Decimal | str | None, was: str | None = None, reason: str = ""
) -> Doctor | Approval:
    """Set what the doctor's consultations cost, None for the price list's price; what was charged keeps its price.
    What moves the price by more than one's limit, in money or in per cent, has to be approved; counted together is
    what one changed of this doctor's fee in a month.

    Refuses, where it says what it `was`, a price that is another by now. Locks: the doctor.
    """
    doctor = locked(doctor_id)
    before, had = fees.price(doctor), "" if doctor.fee is None else str(doctor.fee)
    doctor.fee = None if fee is None else money.rounded(Decimal(fee))
    _check(doctor)
    if was is not None and was != str(before):
        raise Refused(_("This was changed in the meantime: a consultation costs %(price)s now.") % {"price": before})
    asked = _ask_fee(actor, doctor, before=before, reason=reason)
    if asked and asked.waits:
        return asked.waits
    doctor.save(update_fields=["fee"])
    if asked:
        asked.done(doctor)
    audit.record(actor, "doctors.doctor.changed", doctor, reason=reason, detail={"fields": ["fee"], "fee": had})
    return doctor


def _ask_fee(actor: User, doctor: Doctor, *, before: Decimal, reason: str) -> approvals.Asked | None:
    """May one let the doctor's consultations cost what their fee says now? None where that moves no price."""
    after = fees.price(doctor)
    if after == before:
        return None
    return approvals.ask(
        actor,
        "doctors.fee",
        subject=doctor,
        label=_("Fee of %(name)s, %(before)s → %(after)s") % {"name": doctor.name, "before": before, "after": after},
        amount=after - before,
        base=before,
        reason=reason,
        arguments={"doctor_id": doctor.pk, "fee": doctor.fee, "was": str(before)},
    )


def locked(doctor_id: object) -> Doctor:
    return (
        Doctor.objects.select_for_update(of=("self",))
        .select_related("employee__facility", "specialty")
        .get(pk=doctor_id)
    )


def _check(doctor: Doctor) -> None:
    if not doctor.licence_number:
        raise Refused(_("A doctor needs a licence number."), field="licence_number")
    if doctor.fee is not None and doctor.fee < 0:
        raise Refused(_("A fee cannot be negative."), field="fee")
    twins = Doctor.objects.filter(
        employee__facility_id=doctor.employee.facility_id, licence_number__iexact=doctor.licence_number
    )
    if twins.exclude(pk=doctor.pk).exists():
        raise Refused(_("Another doctor here has this licence number."), field="licence_number")


@transaction.atomic
def stop_consulting(actor: User, *, doctor_id: object, reason: str) -> Doctor:
    """The doctor sees no patients for now; nothing can be booked with them. Locks: the doctor."""
    return _set_active(actor, doctor_id, False, "stopped", reason)


@transaction.atomic
def resume_consulting(actor: User, *, doctor_id: object, reason: str) -> Doctor:
    """The doctor sees patients again, in the hours that are planned. Locks: the doctor."""
    return _set_active(actor, doctor_id, True, "resumed", reason)


def _set_active(actor: User, doctor_id: object, active: bool, verb: str, reason: str) -> Doctor:
    doctor = locked(doctor_id)
    if doctor.active != active:
        doctor.active = active
        doctor.save(update_fields=["active"])
        if not active:
            outbox.publish(STOPPED, doctor_id=str(doctor.pk))
        audit.record(actor, f"doctors.doctor.{verb}", doctor, reason=reason)
    return doctor


@transaction.atomic
def set_signature(actor: User, *, doctor_id: object, picture: bytes | None) -> Doctor:
    """Keep a doctor's drawn signature, which their prescriptions and reports carry; None takes it away.

    Refuses anyone but the doctor, and what is not a picture. Stored is a picture drawn anew from
    the upload: nothing else of the file is kept. Locks: the doctor.
    """
    doctor = locked(doctor_id)
    if doctor.employee.user_id != actor.pk:
        raise Refused(_("Only the doctor can set their own signature."))
    doctor.signature = _drawn(picture) if picture else None
    doctor.save(update_fields=["signature"])
    audit.record(actor, "doctors.signature.set" if picture else "doctors.signature.removed", doctor)
    return doctor


def _drawn(picture: bytes) -> bytes:
    try:
        image = Image.open(io.BytesIO(picture), formats=["PNG", "JPEG", "WEBP"])
        if image.width * image.height > PIXELS:
            raise Refused(_("This picture is too large. Scan the signature alone."), field="picture")
        image = ImageOps.exif_transpose(image).convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise Refused(_("This is not a picture that can be read. Use PNG or JPEG."), field="picture") from None
    image.thumbnail((WIDTH, HEIGHT))
    for shrink in range(1, 9):
        out = io.BytesIO()
        image.resize((max(image.width // shrink, 1), max(image.height // shrink, 1))).save(out, "PNG", optimize=True)
        if out.tell() <= SIGNATURE_BYTES:
            return out.getvalue()
    raise Refused(_("This picture is too large. Scan the signature alone."), field="picture")
