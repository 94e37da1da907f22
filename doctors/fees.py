"""What a consultation costs: the price list's price for the specialty, unless the doctor has a fee of their own."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Service
from billing.models.services import ServiceCategory
from billing.services import prices
from doctors.models import Doctor, Specialty
from hms.core import approvals
from hms.core.models import Facility, User
from hms.core.refusals import Refused

PREFIX = "CONSULT-"


def code(specialty: Specialty) -> str:
    return f"{PREFIX}{specialty.code.upper()}"


def listed(facility: Facility, specialty: Specialty) -> Service | None:
    """The specialty's line of the price list."""
    return Service.objects.filter(facility=facility, code=code(specialty)).first()


def service(doctor: Doctor) -> Service:
    """What the doctor's consultations are charged as. Refused where the price list lacks the specialty."""
    if found := listed(doctor.employee.facility, doctor.specialty):
        return found
    raise Refused(
        _(
            "The price list has no price for consultations in %(specialty)s. Let accounting add %(code)s under Prices first."
        )
        % {"specialty": doctor.specialty.name, "code": code(doctor.specialty)},
        field="specialty",
    )


def list_at(actor: User, doctor: Doctor, fee: Decimal | None) -> None:
    """List a specialty that the price list lacks at the first doctor's fee, where one sets as much alone.

    Refused above that: a price for all of a specialty is accounting's to enter, with a second person. The doctor is
    not added meanwhile, because without a price nothing they do could be charged.
    """
    named = {"specialty": doctor.specialty.name, "code": code(doctor.specialty), "fee": fee}
    if fee is None:
        raise Refused(
            _(
                "The price list has no price for consultations in %(specialty)s. Enter a fee, or let accounting add %(code)s under Prices."
            )
            % named,
            field="fee",
        )
    if not approvals.alone(actor, "doctors.fee", fee):
        raise Refused(
            _(
                "The price list has no price for consultations in %(specialty)s yet, and %(fee)s is above what you set alone. Let accounting add %(code)s under Prices, where a second person approves it; then add the doctor."
            )
            % named,
            field="fee",
        )
    asked = approvals.ask(
        actor,
        "doctors.fee",
        subject=doctor,
        label=_("First price of %(code)s, %(fee)s") % named,
        amount=fee,
        reason="",
        arguments={"doctor_id": doctor.pk, "fee": fee},
    )
    prices.ensure(
        doctor.employee.facility,
        code=code(doctor.specialty),
        name=_("Consultation, %(specialty)s") % {"specialty": doctor.specialty.name},
        category=ServiceCategory.CONSULTATION,
        price=fee,
    )
    asked.done(doctor)


def price(doctor: Doctor) -> Decimal:
    """What a consultation with the doctor costs. Refused where neither they nor the price list has a price."""
    return service(doctor).price if doctor.fee is None else doctor.fee


def uses(services: Sequence[Service]) -> dict[UUID, list[str]]:
    """For the price page: how many doctors charge a consultation, and who has a fee of their own."""
    by_key = {(row.facility_id, row.code): row.pk for row in services if row.code.startswith(PREFIX)}
    found: dict[UUID, list[str]] = {}
    if not by_key:
        return found
    doctors: dict[UUID, list[Doctor]] = {}
    for doctor in (
        Doctor.objects.consulting()
        .filter(employee__facility__in={facility_id for facility_id, _code in by_key})
        .select_related("employee", "specialty")
    ):
        if pk := by_key.get((doctor.employee.facility_id, code(doctor.specialty))):
            doctors.setdefault(pk, []).append(doctor)
    for pk, rows in doctors.items():
        own = [
            _("own fee of %(name)s %(fee)s") % {"name": row.name, "fee": row.fee} for row in rows if row.fee is not None
        ]
        found[pk] = [ngettext("%(count)s doctor", "%(count)s doctors", len(rows)) % {"count": len(rows)}, *own]
    return found
