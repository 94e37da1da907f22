"""Care and charge commit together: every act that costs money calls `post` in its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from billing.models import Charge, InvoiceLine, Service
from billing.models.ledger import Account
from billing.services import invoices, ledger
from hms.core import approvals, audit, clock, money, outbox
from hms.core.models import Approval, User
from hms.core.refusals import Refused
from patients.models import Encounter
from patients.models.encounter import EncounterStatus
from patients.services.encounters import locked

CHARGED_AFTER_CLOSE = "billing.charged_after_close"


def revenue_account(service: Service) -> str:
    return Account(f"revenue-{service.category}")


@transaction.atomic
def post(
    actor: User,
    *,
    encounter: Encounter,
    source: models.Model,
    service: Service,
    quantity: Decimal | int = 1,
    unit_price: Decimal | None = None,
    description: str = "",
    occurred_at: datetime | None = None,
) -> Charge:
    """Charge one act, at the service's price unless `unit_price` says otherwise; `occurred_at` when it was not just now.

    Asked twice for the same source and service, it answers with the charge that stands; after a reversal
    it charges anew. A charge that comes after the visit was closed goes onto a further invoice. Refuses
    on a cancelled visit, a service of another facility and one that is out of use. Locks: the encounter.
    """
    return _post(
        actor,
        Charge(
            encounter=encounter,
            service=service,
            source_type=source._meta.label_lower,
            source_id=source.pk,
            description=(description or service.name)[:200],
            quantity=Decimal(quantity),
            unit_price=service.price if unit_price is None else unit_price,
            occurred_at=occurred_at,
        ),
    )


def _post(actor: User, charge: Charge) -> Charge:
    visit = locked(charge.encounter_id)
    if visit.status in (EncounterStatus.CANCELLED, EncounterStatus.ENTERED_IN_ERROR):
        raise Refused(_("This visit was cancelled, so nothing can be charged to it."))
    if charge.service.facility_id != visit.facility_id:
        raise Refused(_("“%(service)s” is not a service of this facility.") % {"service": charge.service.name})
    standing, charge.after = _of_act(charge)
    if standing:
        return standing
    if not charge.service.active:
        raise Refused(
            _(
                "“%(service)s” is out of use in the price list, so it cannot be charged. Accounting can put it back under Prices."
            )
            % {"service": charge.service.name}
        )
    charge.encounter, charge.facility, charge.patient_id = visit, visit.facility, visit.patient_id
    charge.amount = money.rounded(charge.quantity * charge.unit_price)
    charge.posted_by, charge.posted_at = actor, clock.now()
    charge.occurred_at = charge.occurred_at or charge.posted_at
    charge.save(force_insert=True)
    ledger.post(
        actor,
        facility=visit.facility,
        kind="charge",
        source=charge,
        entries=[(Account.UNBILLED, charge.amount), (revenue_account(charge.service), -charge.amount)],
        patient_id=visit.patient_id,
        occurred_at=charge.occurred_at,
    )
    if visit.status == EncounterStatus.FINISHED:
        outbox.publish(CHARGED_AFTER_CLOSE, encounter_id=str(visit.pk))
    audit.record(actor, "billing.charge.posted", charge, detail={"source": charge.source_type})
    return charge


def _of_act(charge: Charge) -> tuple[Charge | None, Charge | None]:
    """Of the act and service of a charge: the charge that stands, and the reversal that no charge came after."""
    rows = list(
        Charge.objects.filter(source_type=charge.source_type, source_id=charge.source_id, service_id=charge.service_id)
    )
    gone = {row.reverses_id for row in rows} | {row.after_id for row in rows}
    left = [row for row in rows if row.pk not in gone]
    return next((row for row in left if not row.reverses_id), None), next(
        (row for row in left if row.reverses_id), None
    )


@transaction.atomic
def charge_again(actor: User, *, charge_id: object) -> Charge:
    """Charge an act anew, as before, whose charge was reversed by mistake.

    Refuses while a charge of it stands, and when the act itself was undone. Locks: the encounter.
    """
    old = Charge.objects.select_related("service", "encounter").get(pk=charge_id)
    locked(old.encounter_id)
    standing, last = _of_act(old)
    if standing or last is None:
        raise Refused(_("This is charged. Reverse the charge first, if it is wrong."))
    if last.act_undone:
        raise Refused(_("What this was charged for was undone. It is charged when it is done again."))
    return _post(
        actor,
        Charge(
            encounter=old.encounter,
            service=old.service,
            source_type=old.source_type,
            source_id=old.source_id,
            description=old.description,
            quantity=abs(old.quantity),
            unit_price=old.unit_price,
            occurred_at=old.occurred_at,
        ),
    )


@transaction.atomic
def reverse(actor: User, *, charge_id: object, reason: str, waived: bool = False) -> Charge | Approval:
    """Take back a wrong charge; where it stands on an invoice, a credit note takes it back there. `waived`
    says that the act stands and stays free of charge; otherwise it is to be charged again, or undone.

    Above one's limit, ask for it; counted together is what one reversed of the same visit. Reversed twice it is reversed once. Refuses a reversal. Locks: the encounter, the invoice, the counter.
    """
    charge = Charge.objects.visible_to(actor).get(pk=charge_id)
    locked(charge.encounter_id)
    if charge.reverses_id:
        raise Refused(_("This is a reversal itself."))
    if earlier := Charge.objects.filter(reverses=charge).first():
        return earlier
    asked = approvals.ask(
        actor,
        "billing.waiver" if waived else "billing.charge_reversal",
        subject=charge,
        label=_label(charge),
        amount=charge.amount,
        reason=reason,
        arguments={"charge_id": charge.pk, "waived": waived},
        pool=charge.encounter_id,
        patient_id=charge.patient_id,
    )
    if asked.waits:
        return asked.waits
    (reversal,) = _reverse(actor, Charge.objects.filter(pk=charge.pk), reason, waived=waived)
    asked.done(reversal)
    return reversal


def _label(charge: Charge) -> str:
    """By where it stands, not by what was done: that may be nobody's business."""
    line = InvoiceLine.objects.filter(charge=charge).select_related("invoice").first()
    if line:
        return _("Invoice %(number)s, line %(line)s") % {"number": line.invoice.number, "line": line.position}
    day = clock.local(charge.facility, charge.occurred_at).strftime("%d %b %Y")
    return _("Charge of %(day)s, not invoiced") % {"day": day}


@transaction.atomic
def undo(actor: User, *, sources: Sequence[models.Model], reason: str) -> list[Charge]:
    """Reverse whatever acts of one visit were charged, because the acts themselves were undone.

    What stands on an invoice is credited there, once: whoever may undo the act need not be of accounting.
    Call it last: it locks the encounter, then the invoices by id, then the counter.
    """
    if not sources:
        return []
    acts = Q(source_type=sources[0]._meta.label_lower, source_id__in=[source.pk for source in sources])
    for encounter_id in Charge.objects.filter(acts).values_list("encounter_id", flat=True).distinct():
        locked(encounter_id)
    return _reverse(actor, Charge.objects.standing().filter(acts), reason, act_undone=True)


def _reverse(
    actor: User, rows: models.QuerySet, reason: str, *, act_undone: bool = False, waived: bool = False
) -> list[Charge]:
    """Reverse the charges, with one credit note for each invoice on which some stand; under the visit's lock."""
    charges = list(rows.select_related("service", "facility", "invoice_line").order_by("occurred_at", "id"))
    on_invoice: dict[UUID, list[Charge]] = {}
    for charge in charges:
        if hasattr(charge, "invoice_line"):
            on_invoice.setdefault(charge.invoice_line.invoice_id, []).append(charge)
    notes = invoices.credit_lines(actor, on_invoice, reason=reason)
    reversals = []
    now = clock.now()
    for charge in charges:
        invoiced = charge.invoice_line.invoice_id if hasattr(charge, "invoice_line") else None
        reversal = Charge.objects.create(
            facility=charge.facility,
            patient_id=charge.patient_id,
            encounter_id=charge.encounter_id,
            service=charge.service,
            source_type=charge.source_type,
            source_id=charge.source_id,
            description=charge.description,
            quantity=-charge.quantity,
            unit_price=charge.unit_price,
            amount=-charge.amount,
            posted_by=actor,
            occurred_at=now,
            posted_at=now,
            reverses=charge,
            act_undone=act_undone,
            waived=waived,
            credit_note=notes.get(invoiced),
            reason=reason,
        )
        # The note granted a credit; here the revenue goes that was never earned, and the grant with it.
        against = Account.CREDITS if invoiced else Account.UNBILLED
        ledger.post(
            actor,
            facility=charge.facility,
            kind="charge-reversal",
            source=reversal,
            entries=[(against, reversal.amount), (revenue_account(charge.service), -reversal.amount)],
            patient_id=charge.patient_id,
        )
        audit.record(
            actor,
            "billing.charge.reversed",
            reversal,
            reason=reason,
            detail={"act_undone": act_undone, "waived": waived},
        )
        reversals.append(reversal)
    return reversals
