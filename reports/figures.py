"""The figures: every question is one grouped query over the rows of a facility and a period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Avg, Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from appointments.models import Appointment
from billing.models import Charge, Invoice, Payment
from billing.models.invoicing import PaymentMethod
from billing.models.services import ServiceCategory
from hms.core import clock
from hms.core.counting import count_of, sum_of
from hms.core.models import Facility
from hms.core.money import ZERO
from laboratory.models import LabOrder
from patients.models import Encounter, PatientFacility
from pharmacy.models import Prescription, ReorderAlert
from staff.models import Employee
from wards.models import Admission, Bed, BedStay


@dataclass(frozen=True)
class Period:
    """Hospital days from `first` to `last`, both included, as instants [start, end)."""

    facility: Facility
    first: date
    last: date

    @property
    def start(self) -> datetime:
        return clock.day_bounds(self.facility, self.first)[0]

    @property
    def end(self) -> datetime:
        return clock.day_bounds(self.facility, self.last)[1]

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def within(self, field: str) -> Q:
        return Q(**{f"{field}__gte": self.start, f"{field}__lt": self.end})


@dataclass(frozen=True)
class Day:
    """One hospital day in numbers. Money in the facility's currency."""

    registered: int
    visits: int
    waiting: int
    seen: int
    mean_wait_minutes: int | None
    booked: int
    missed: int
    admitted: int
    discharged: int
    beds: int
    occupied: int
    orders: int
    prescriptions: int
    low_stock: int
    charged: Decimal
    invoiced: Decimal
    taken: list[tuple[str, Decimal]]
    departments: list[tuple[str, int]]

    @property
    def paid(self) -> Decimal:
        return sum((amount for _method, amount in self.taken), ZERO)


def day(facility: Facility, on: date) -> Day:
    """The day at a glance."""
    period = Period(facility, on, on)
    visits = Encounter.objects.filter(period.within("started_at"), facility=facility, imported=False)
    counts = visits.aggregate(
        visits=Count("id"),
        waiting=Count("id", filter=Q(status="arrived")),
        seen=Count("id", filter=Q(seen_at__isnull=False)),
        wait=Avg(F("seen_at") - F("started_at"), filter=Q(seen_at__isnull=False)),
    )
    booked = Appointment.objects.filter(period.within("starts_at"), facility=facility).aggregate(
        booked=Count("id", filter=~Q(status__in=["cancelled", "moved"])), missed=Count("id", filter=Q(status="no_show"))
    )
    stays = Admission.objects.filter(facility=facility).aggregate(
        admitted=Count("id", filter=period.within("admitted_at") & ~Q(status="cancelled")),
        discharged=Count("id", filter=period.within("ended_at") & Q(status="discharged")),
    )
    night = min(period.end - timedelta(seconds=1), clock.now())
    beside = Facility.objects.values_list(
        count_of(PatientFacility.objects.filter(period.within("created_at"), facility=facility)),
        count_of(Bed.objects.filter(room__ward__facility=facility, room__ward__active=True)),
        count_of(BedStay.objects.filter(bed__room__ward__facility=facility, period__contains=night)),
        count_of(LabOrder.objects.filter(period.within("ordered_at"), facility=facility)),
        count_of(Prescription.objects.filter(period.within("prescribed_at"), facility=facility)),
        count_of(ReorderAlert.objects.filter(facility=facility, resolved_at=None)),
        sum_of(Charge.objects.filter(period.within("occurred_at"), facility=facility), "amount"),
        sum_of(Invoice.objects.filter(period.within("issued_at"), facility=facility), "total"),
    )
    registered, beds, occupied, orders, prescriptions, low_stock, charged, invoiced = beside.get(pk=facility.pk)
    methods = dict(PaymentMethod.choices)
    taken = (
        Payment.objects.filter(period.within("received_at"), facility=facility)
        .values_list("method")
        .annotate(sum=Sum("amount"))
        .order_by("method")
    )
    return Day(
        registered=registered,
        visits=counts["visits"],
        waiting=counts["waiting"],
        seen=counts["seen"],
        mean_wait_minutes=round(counts["wait"] / timedelta(minutes=1)) if counts["wait"] else None,
        booked=booked["booked"],
        missed=booked["missed"],
        admitted=stays["admitted"],
        discharged=stays["discharged"],
        beds=beds,
        occupied=occupied,
        orders=orders,
        prescriptions=prescriptions,
        low_stock=low_stock,
        charged=charged,
        invoiced=invoiced,
        taken=[(str(methods[method]), amount) for method, amount in taken],
        departments=[
            (name or "–", count)
            for name, count in visits.values_list("department__name").annotate(n=Count("id")).order_by("-n")[:8]
        ],
    )


@dataclass(frozen=True)
class RevenueRow:
    """A day: what was charged by category, invoiced, taken."""

    day: date
    by_category: list[Decimal]
    charged: Decimal
    invoiced: Decimal
    paid: Decimal


def categories() -> list[tuple[str, str]]:
    return [(value, str(label)) for value, label in ServiceCategory.choices]


def revenue(period: Period) -> list[RevenueRow]:
    """Revenue day by day, by the charge's day; reversals count against it."""
    zone = clock.zone(period.facility)

    def by_day(rows: QuerySet, moment: str, amount: str, *also: str) -> dict[tuple, Decimal]:
        grouped = (
            rows.filter(period.within(moment), facility=period.facility)
            .annotate(day=TruncDate(moment, tzinfo=zone))
            .values_list("day", *also)
            .annotate(sum=Sum(amount))
            .order_by()
        )
        return {tuple(row[:-1]): row[-1] for row in grouped}

    charged = by_day(Charge.objects.all(), "occurred_at", "amount", "service__category")
    invoiced = by_day(Invoice.objects.all(), "issued_at", "total")
    paid = by_day(Payment.objects.all(), "received_at", "amount")
    rows = []
    for on in period.days:
        split = [charged.get((on, category), ZERO) for category, _label in categories()]
        rows.append(RevenueRow(on, split, sum(split, ZERO), invoiced.get((on,), ZERO), paid.get((on,), ZERO)))
    return rows


@dataclass(frozen=True)
class AppointmentRow:
    name: str
    booked: int
    seen: int
    missed: int
    cancelled: int

    @property
    def missed_rate(self) -> int | None:
        """Percent of those who were expected and whose time has come; None where nobody was."""
        expected = self.seen + self.missed
        return round(100 * self.missed / expected) if expected else None


def appointments(period: Period, by: str) -> list[AppointmentRow]:
    """Appointment statistics by "doctor", "specialty" or "weekday"."""
    rows = Appointment.objects.filter(period.within("starts_at"), facility=period.facility)
    keys: Sequence[str]
    rows = rows.exclude(status="moved")  # counted where it was moved to
    if by == "weekday":
        rows = rows.annotate(day=TruncDate("starts_at", tzinfo=clock.zone(period.facility)))
        keys = ["day"]
    elif by == "specialty":
        keys = ["doctor__specialty__name"]
    else:
        keys = ["doctor__employee"]
    grouped = (
        rows.values_list(*keys)
        .annotate(
            booked=Count("id"),
            seen=Count("id", filter=Q(status__in=["arrived", "fulfilled"])),
            missed=Count("id", filter=Q(status="no_show")),
            cancelled=Count("id", filter=Q(status="cancelled")),
        )
        .order_by(*keys)
    )
    if by != "weekday":
        found = {what: figures for what, *figures in grouped}
        names = _employees(found) if by == "doctor" else {what: what for what in found}
        return [AppointmentRow(name, *found[key]) for key, name in names.items()]
    week = [[0, 0, 0, 0] for _day in range(7)]
    for on, *figures in grouped:
        for place, figure in enumerate(figures):
            week[on.weekday()][place] += figure
    monday = date(2024, 1, 1)
    return [AppointmentRow(f"{monday + timedelta(days=n):%A}", *figures) for n, figures in enumerate(week)]


def median_wait(period: Period) -> int | None:
    """The median minutes from arrival to being seen; None where nobody was seen."""
    waits = sorted(
        Encounter.objects.filter(
            period.within("started_at"), facility=period.facility, imported=False, seen_at__isnull=False
        ).values_list(F("seen_at") - F("started_at"), flat=True)
    )
    return round(waits[len(waits) // 2] / timedelta(minutes=1)) if waits else None


def _employees(keys: Iterable[UUID]) -> dict[UUID, str]:
    """Names by employee, in the order of family names. Two people of one name stay two."""
    return {employee.pk: employee.name for employee in Employee.objects.filter(pk__in=keys)}


@dataclass(frozen=True)
class DoctorRow:
    """A doctor's visits and what was charged in them. Waits in minutes."""

    name: str
    specialty: str
    visits: int
    patients: int
    mean_wait: int | None
    charged: Decimal
    consultations: Decimal


def doctors(period: Period) -> list[DoctorRow]:
    """Each doctor's work in the period, by name."""
    visits = {
        row["attending"]: row
        for row in Encounter.objects.filter(
            period.within("started_at"), facility=period.facility, imported=False, attending__doctor__isnull=False
        )
        .exclude(status__in=["cancelled", "entered_in_error"])
        .values("attending", "attending__doctor__specialty__name")
        .annotate(
            visits=Count("id"),
            patients=Count("patient", distinct=True),
            wait=Avg(F("seen_at") - F("started_at"), filter=Q(seen_at__isnull=False)),
        )
    }
    money = {
        row["encounter__attending"]: row
        for row in Charge.objects.filter(period.within("occurred_at"), facility=period.facility)
        .values("encounter__attending")
        .annotate(all=Sum("amount"), own=Sum("amount", filter=Q(service__category="consultation")))
    }
    return [
        DoctorRow(
            name=name,
            specialty=visits[key]["attending__doctor__specialty__name"],
            visits=visits[key]["visits"],
            patients=visits[key]["patients"],
            mean_wait=round(visits[key]["wait"] / timedelta(minutes=1)) if visits[key]["wait"] else None,
            charged=money.get(key, {}).get("all") or ZERO,
            consultations=money.get(key, {}).get("own") or ZERO,
        )
        for key, name in _employees(visits).items()
    ]
