"""A hospital in which one patient has walked through every department, so that each address leads somewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse

from appointments import slots
from appointments.services import arrival, booking
from billing.services import invoices, payments, prices
from doctors.models import Doctor, Specialty
from doctors.services import consultation, hours, profile
from hms.core import clock, notify, roles
from hms.core.models import Department, Facility, User
from laboratory.services import catalogue, orders
from patients.models import Patient
from patients.services import amendments, clinical, encounters, erasing, grants, legal_holds, registration
from staff import services as staff
from staff.models import Employee
from tests.conftest import drain, make_patient
from tests.doctors.conftest import list_price
from tests.laboratory.conftest import enter, make_test, order, verify
from tests.pharmacy.conftest import hand_out, make_product, prescribe, receive
from tests.project.routes import Route
from tests.wards.conftest import admit, discharge, make_ward
from wards.services import notes as ward_notes

GIVEN, FAMILY = "Zephyrine", "Quillfeather"


@dataclass
class Walked:
    """`ids`: what each argument of a route leads to; `users`: one person for each role; `mark`: what stands in whatever
    was written of the patient."""

    patient: Patient
    ids: dict[str, Any]
    users: dict[str, User]
    mark: str = ""

    def url(self, route: Route) -> str:
        """The route's address of a row of this patient, or of their hospital."""
        return reverse(route.name, kwargs={name: self.ids[name] for name in route.arguments})

    def who_may(self, route: Route) -> User:
        """The first role, in the order of the table, that the route lets in."""
        return next(user for code, user in self.users.items() if self.lets_in(route, code))

    def lets_in(self, route: Route, code: str) -> bool:
        """Whether the table of roles gives what the route demands at this patient's row."""
        wanted = route.access.asked_of(self.users[code], self.ids).permission
        return not wanted or wanted in roles.ROLES[code].permissions


def walk(
    facility: Facility,
    person: Callable[..., User],
    *,
    mark: str = "",
    house: str | None = None,
    department: Department | None = None,
    **details: Any,
) -> Walked:
    """A booked visit with order, prescription, note, invoice and payment; a stay; and one of each thing
    of the hospital itself. Give a frozen morning: the appointment is today.

    `mark` stands in whatever is written of the patient, so that any of it is known where it turns up; `house`, or
    else the mark, in what belongs to the hospital. In another `department` than the first, with its own doctor, ward
    and catalogue. `details`: more of who the patient is.
    """
    house = mark if house is None else house
    users = {code: person(code, facility) for code in roles.ROLES}
    if department:
        Employee.objects.filter(user__in=users.values()).update(department=department)
    desk, doctor, nurse, hr = (users[code] for code in ("receptionist", "doctor", "nurse", "hr"))
    pharmacist, technician, pathologist = (users[code] for code in ("pharmacist", "lab_technician", "pathologist"))
    ids: dict[str, Any] = {
        "code": "AAAAA-BBBBB",
        "kind": "allergy",
        "department": "outpatients",
        "pk": 7,
        "provider_id": "sso",
    }
    today = clock.today(facility)

    employee = staff.change(hr, employee_id=doctor.employee.pk, given_name="Ama", family_name="Weber", title="Dr")
    shift = staff.set_shift(hr, name=f"Early{house}", starts=time(7), ends=time(15))
    entry = staff.plan_roster(hr, employee_id=employee.pk, shift=shift, days=[today + timedelta(days=1)]).entries[0]
    paper = staff.add_credential(
        hr, employee_id=employee.pk, kind="registration", number="GM-1", issuer="Council", issued_on=date(2020, 1, 1)
    )
    ids |= {"employee_id": employee.pk, "shift_id": shift.pk, "entry_id": entry.pk, "credential_id": paper.pk}
    ids["attendance_id"] = staff.clock_in(hr, employee_id=employee.pk).pk
    specialty, _made = Specialty.objects.get_or_create(code="gp", defaults={"name": "General practice"})
    list_price(hr, specialty, Decimal("60.00"))
    consults = profile.add_doctor(
        hr,
        employee=employee,
        specialty=specialty,
        licence_number=f"L-1{house}",
        fee=Decimal("60.00"),
        room=f"Room 4{house}",
    )
    weekly = hours.set_availability(
        hr, doctor_id=consults.pk, weekday=today.weekday(), starts=time(8), ends=time(18), slot_minutes=20,
        valid_from=today,
    )  # fmt: skip
    away = hours.add_exception(hr, doctor_id=consults.pk, kind="away", first=today + timedelta(days=40))[0]
    ids |= {"doctor_id": consults.pk, "availability_id": weekly.pk, "exception_id": away.pk}
    consults = Doctor.objects.visible_to(desk).get(pk=consults.pk)
    test = make_test(pathologist, f"HB{house}")
    usual = catalogue.set_range(
        pathologist, test_id=test.pk, sex="any", from_days=0, until_days=55_000, low=Decimal(12), high=Decimal(16)
    )
    product = make_product(pharmacist, f"Amoxicillin{house}")
    lot = receive(pharmacist, product, 100)
    beds = make_ward(facility, "1A", "1B", code=f"W1{house}", department=department)
    ids |= {"test_id": test.pk, "range_id": usual.pk, "service_id": test.service_id, "product_id": product.pk}
    ids |= {"batch_id": lot.pk, "bed_id": beds[0].pk, "ward_id": beds[0].room.ward_id}

    details = {"phone": "+44 20 7946 0958" if not mark else "+44 20 7946 0533", **details}
    patient = make_patient(
        desk, f"{GIVEN}{mark}", f"{FAMILY}{mark}", address=f"{mark}14 Canal Road",
        email=f"{mark or 'own'}@example.org", identifier=f"{mark}ID-7", **details,
    )  # fmt: skip
    officer = users["auditor"]
    asked = erasing.ask(officer, patient_id=patient.pk, ground="ordered", reason=f"Order{mark}")
    hold = legal_holds.place(officer, patient_id=patient.pk, asked_for="court", reason=f"Trial{mark}", reference=mark)
    ids |= {"erasure_id": asked.pk, "hold_id": hold.pk}
    grant = grants.break_glass(nurse, patient_id=patient.pk, reason=f"Collapsed{mark}")
    ids["grant_id"] = grant.pk
    kin = registration.add_contact(desk, patient_id=patient.pk, name=f"Kin{mark}", relationship="son", phone="1")
    slot = slots.free([consults], today, today)[0]
    booked = booking.book(desk, patient_id=patient.pk, doctor_id=consults.pk, start=slot.start, kind="new", reason=mark)
    token = arrival.check_in(desk, appointment_id=booked.pk).tokens.get()
    visit = token.encounter
    ids |= {"patient_id": patient.pk, "contact_id": kin.pk, "appointment_id": booked.pk, "token_id": token.pk}
    consultation.start(doctor, encounter_id=visit.pk)
    clinical.record_vitals(nurse, encounter_id=visit.pk, values={"pulse": Decimal(72)})
    allergy = clinical.record_allergy(doctor, patient_id=patient.pk, substance=f"Latex{mark}", reaction=f"Rash{mark}")
    problem = clinical.add_condition(doctor, patient_id=patient.pk, display=f"Asthma{mark}")
    plan = clinical.add_care_plan(
        doctor, encounter_id=visit.pk, title=f"Breathe{mark}", activities=f"Inhale{mark}", review_on=None
    )
    ids |= {"record_id": allergy.pk, "record": "patients.allergy", "row_id": allergy.pk}
    ids |= {"condition_id": problem.pk, "plan_id": plan.pk}
    prescription = prescribe(doctor, visit, product, dosage=f"1 three times a day{mark}")
    dispense = hand_out(pharmacist, prescription, 4)
    made = order(doctor, visit, test)
    specimen = orders.collect(technician, order_id=made.pk)[0]
    enter(technician, made, **{test.code: "9.4"})
    verify(pathologist, made)
    drain()
    made.refresh_from_db()
    ids |= {"prescription_id": prescription.pk, "dispense_id": dispense.pk, "order_id": made.pk}
    ids |= {"specimen_id": specimen.pk, "result_id": made.results.get().pk, "report_id": made.report.pk}
    note = consultation.sign(doctor, encounter_id=visit.pk, codes=[], complaint=f"Cough{mark}", close=True)
    drain()
    invoice = patient.invoices.get()
    payment = payments.take(users["cashier"], invoice_id=invoice.pk, amount=Decimal("5.00"), method="cash")
    credit = invoices.credit(users["accountant"], invoice_id=invoice.pk, amount=Decimal("1.00"), reason=f"Kind{mark}")
    asked = {"wanted": f"Not so{mark}", "why": f"Ask my son{mark}", "asker": f"The patient{mark}"}
    asked["identity"] = f"Passport{mark}"
    for row in (note, allergy):
        amendment = amendments.enter(
            desk, patient_id=patient.pk, record_type=row._meta.label_lower, record_id=row.pk, received_on=today, **asked
        )
        ids.setdefault("amendment_id", amendment.pk)
    amendments.deny(doctor, request_id=ids["amendment_id"], ground="accurate", answer=f"Seen{mark}")
    ids |= {"encounter_id": visit.pk, "note_id": note.pk, "invoice_id": invoice.pk, "payment_id": payment.pk}
    ids |= {"credit_id": credit.pk, "charge_id": patient.charges.first().pk}
    asked = invoices.discount(
        users["cashier"], invoice_id=invoice.pk, amount=Decimal("25.00"), reason=f"Lost the day's wage{mark}"
    )
    ids |= {"approval_id": asked.pk, "act": "billing.discount", "role": "cashier"}

    past = admit(nurse, patient, beds[0], reason=f"Pneumonia{mark}")
    discharge(doctor, past, mark)
    stay = admit(nurse, patient, beds[1], reason=f"Pneumonia{mark}")
    noted = ward_notes.write(nurse, admission_id=stay.pk, kind="nursing", text=f"Sleeps{mark}")
    ids |= {"admission_id": past.pk, "nursing_note_id": noted.pk}
    drain()
    notify.person(desk, facility, text="Hello", url="/")
    ids["notification_id"] = desk.notifications.first().pk
    return Walked(patient, ids, users, mark)


def more(walked: Walked, facility: Facility, times: int) -> None:
    """So many more of everything: visits of the same patient, with all that hangs on them, and other people."""
    desk, doctor, nurse, hr = (walked.users[code] for code in ("receptionist", "doctor", "nurse", "hr"))
    pharmacist, technician, pathologist = (
        walked.users[code] for code in ("pharmacist", "lab_technician", "pathologist")
    )
    department = facility.departments.get()
    consults = Doctor.objects.visible_to(desk).get()
    today = clock.today(facility)
    free = slots.free([consults], today, today)
    patient = Patient.objects.get(pk=walked.patient.pk)
    beds = make_ward(facility, *(f"B{n}" for n in range(times)), code=f"X{times}")
    shift = staff.set_shift(hr, name=f"Late {times}", starts=time(15), ends=time(22))
    for n in range(times):
        product = make_product(pharmacist, f"Medicine {times}-{n}", level=1)
        receive(pharmacist, product, 20, number=f"LOT-{n}")
        test = make_test(pathologist, f"T{times}X{n}", f"Test {times}-{n}")
        prices.change_service(
            walked.users["accountant"], service_id=test.service_id, name=test.name, price=Decimal(900), active=True,
            reason="Reagents",
        )  # fmt: skip
        employee = staff.hire(
            hr, department=department, given_name=f"Nurse {times}-{n}", family_name="Mensah", profession="nurse",
            hired_on=date(2020, 1, 6),
        )  # fmt: skip
        staff.plan_roster(hr, employee_id=employee.pk, shift=shift, days=[today, today + timedelta(days=1)])
        staff.clock_in(hr, employee_id=employee.pk)
        other = make_patient(desk, f"Other {times}-{n}", FAMILY)
        admit(nurse, other, beds[n])
        if n < len(free):
            booked = booking.book(
                desk, patient_id=other.pk, doctor_id=consults.pk, start=free[n].start, kind="new", reason=""
            )
            if n % 2 == 0:
                arrival.check_in(desk, appointment_id=booked.pk)
        clinical.record_allergy(doctor, patient_id=patient.pk, substance=f"Substance {times}-{n}", reaction="Rash")
        clinical.add_condition(doctor, patient_id=patient.pk, display=f"Problem {times}-{n}")
        for closed in (True, False):
            visit = encounters.open_encounter(desk, patient=patient, department=department)
            clinical.record_vitals(nurse, encounter_id=visit.pk, values={"pulse": Decimal(72)})
            prescription = prescribe(doctor, visit, product, 4)
            placed = order(doctor, visit, test)
            orders.collect(technician, order_id=placed.pk)
            if closed:
                hand_out(pharmacist, prescription, 2)
                enter(technician, placed, **{test.code: "9.4"})
                verify(pathologist, placed)
                encounters.close(doctor, encounter_id=visit.pk)
    drain()
    for invoice in patient.invoices.all():
        payments.take(walked.users["cashier"], invoice_id=invoice.pk, amount=Decimal("0.50"), method="cash")
