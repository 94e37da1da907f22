"""Facilities, departments, people with roles, doctors, and the catalogue."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from billing.models import Service
from billing.models.services import ServiceCategory
from billing.services import prices
from doctors.models import Doctor, Specialty
from hms.core import clock, people
from hms.core.models import Department, Facility, User
from hms.demo import catalogue, formulary, measures, names, signatures
from laboratory.models import ReferenceRange, TestDefinition
from pharmacy.models import Medicine, Product
from staff.models import Credential, Employee
from staff.services import hire
from wards.models import Bed, Room, Ward

FACILITIES = [
    ("N", "Northgate Hospital", "14 Canal Road, Northgate", "+44 20 7946 0101", "40-1182", "Europe/London", "GBP"),
    ("R", "Riverside Clinic", "3 Quay Street, Ferrybank", "+353 1 555 0142", "IE-77-204", "Europe/Dublin", "EUR"),
]
# sign-in, role, given name, family name, profession, department
SIGN_INS = [
    ("admin", "administrator", "Ines", "Quaye", "administrator", "administration"),
    ("reception", "receptionist", "Lena", "Moreau", "receptionist", "outpatients"),
    ("doctor", "doctor", "Adaeze", "Obi", "doctor", "outpatients"),
    ("nurse", "nurse", "Ben", "Nilsson", "nurse", "medicine"),
    ("pharmacist", "pharmacist", "Tariq", "Duarte", "pharmacist", "pharmacy"),
    ("labtech", "lab_technician", "Olena", "Varga", "lab_technician", "laboratory"),
    ("pathologist", "pathologist", "Henrik", "Sørensen", "pathologist", "laboratory"),
    ("cashier", "cashier", "Wanjiru", "Mensah", "cashier", "outpatients"),
    ("accountant", "accountant", "Dorota", "Zielińska", "accountant", "administration"),
    ("hr", "hr", "Mateo", "Ibarra", "hr", "administration"),
    ("manager", "manager", "Ruth", "Bergström", "manager", "administration"),
    ("auditor", "auditor", "Niall", "Castellano", "auditor", "administration"),
]
# Whose role holds in every department, so that whoever tries the hospital out may follow any patient.
EVERYWHERE = {"doctor", "nurse"}
# profession → the paper they work under
PAPERS = {
    "doctor": "licence", "nurse": "licence", "pharmacist": "licence", "pathologist": "licence",
    "lab_technician": "registration", "radiographer": "registration", "physiotherapist": "registration",
}  # fmt: skip
# Whose paper ends in so many days, so that the screens show it: the first of them who is no sign-in of the table.
ENDS = {("N", "doctor"): 40, ("N", "pharmacist"): -5}
ROLE_OF = {
    "doctor": "doctor", "nurse": "nurse", "pharmacist": "pharmacist", "lab_technician": "lab_technician",
    "pathologist": "pathologist", "receptionist": "receptionist", "cashier": "cashier",
}  # fmt: skip
# profession, department, how many, at each facility beside the sign-ins
CREW = {
    "N": [("doctor", "outpatients", 7), ("doctor", "surgery", 2), ("doctor", "emergency", 4), ("nurse", "medicine", 4),
          ("nurse", "surgery", 5), ("nurse", "maternity", 4), ("nurse", "paediatrics", 4), ("nurse", "emergency", 4),
          ("pharmacist", "pharmacy", 2), ("lab_technician", "laboratory", 3), ("pathologist", "laboratory", 1),
          ("receptionist", "outpatients", 2), ("cashier", "outpatients", 2), ("porter", "emergency", 3),
          ("cleaner", "administration", 3), ("radiographer", "outpatients", 1), ("physiotherapist", "outpatients", 1)],
    "R": [("doctor", "outpatients", 4), ("nurse", "medicine", 4), ("pharmacist", "pharmacy", 2),
          ("lab_technician", "laboratory", 2), ("pathologist", "laboratory", 2), ("receptionist", "outpatients", 2),
          ("cashier", "outpatients", 2), ("cleaner", "administration", 1)],
}  # fmt: skip


@dataclass
class House:
    """What one facility of the demonstration has."""

    facility: Facility
    departments: dict[str, Department] = field(default_factory=dict)
    employees: list[Employee] = field(default_factory=list)
    doctors: list[Doctor] = field(default_factory=list)  # with consultation hours
    rescue: list[Doctor] = field(default_factory=list)  # of the emergency department
    users: dict[str, list[User]] = field(default_factory=dict)
    tests: dict[str, TestDefinition] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    consult: dict[str, Service] = field(default_factory=dict)
    procedures: dict[str, Service] = field(default_factory=dict)
    wards: list[Ward] = field(default_factory=list)


class Staffing:
    """Builds the houses. `first` is the first day of the history."""

    def __init__(self, dice: random.Random, password: str, first: date) -> None:
        self.dice = dice
        # Papers have dice of their own, so that another kind of paper does not tell another history.
        self.of_papers = random.Random("papers")
        self.password = make_password(password)
        self.first = first
        self.used: set[str] = set()
        self.ends = dict(ENDS)

    def build(self, row: tuple[str, ...]) -> House:
        code, name, address, phone, registration, zone, currency = row
        facility = Facility.objects.create(
            code=code,
            name=name,
            address=address,
            phone=phone,
            registration=registration,
            time_zone=zone,
            currency=currency,
        )
        house = House(facility)
        for slug, label in catalogue.DEPARTMENTS:
            house.departments[slug] = Department.objects.create(
                facility=facility, code=slug, name=label, sees_patients=slug not in catalogue.BEHIND_THE_SCENES
            )
        self._people(house)
        self._catalogue(house)
        self._doctors(house)
        self._wards(house)
        return house

    def _user(self, username: str, given: str, family: str, role: str, house: House, department: str) -> User:
        user, _made = User.objects.get_or_create(
            username=username,
            defaults={
                "first_name": given,
                "last_name": family,
                "password": self.password,
                "is_staff": role in ("administrator", "auditor", "accountant"),
            },
        )
        place = None if username in EVERYWHERE else house.departments[department]
        people.grant(None, user=user, facility=house.facility, role=role, department=place)
        house.users.setdefault(role, []).append(user)
        return user

    def _people(self, house: House) -> None:
        system = User.objects.system().at(house.facility)
        hired = self.first - timedelta(days=400)
        if house.facility.code == "N":
            for username, role, given, family, profession, department in SIGN_INS:
                user = self._user(username, given, family, role, house, department)
                self._hire(system, house, given, family, profession, department, hired, user)
        else:
            for username in ("admin", "manager"):
                role = "administrator" if username == "admin" else "manager"
                self._user(username, "", "", role, house, "administration")
        for profession, department, count in CREW[house.facility.code]:
            for _n in range(count):
                given, family = self._fresh_name()
                user = None
                if profession in ROLE_OF:
                    plain = f"{profession}-{house.facility.code}{len(house.employees)}".lower().replace("_", "-")
                    user = self._user(plain, given, family, ROLE_OF[profession], house, department)
                self._hire(system, house, given, family, profession, department, hired, user)

    def _fresh_name(self) -> tuple[str, str]:
        while True:
            given, family = self.dice.choice(names.FEMALE + names.MALE), self.dice.choice(names.FAMILY)
            if f"{given} {family}" not in self.used:
                self.used.add(f"{given} {family}")
                return given, family

    def _hire(
        self,
        system: User,
        house: House,
        given: str,
        family: str,
        profession: str,
        department: str,
        hired: date,
        user: User | None,
    ) -> None:
        employee = hire(
            system,
            department=house.departments[department],
            title="Dr" if profession in ("doctor", "pathologist") else "",
            given_name=given,
            family_name=family,
            profession=profession,
            hired_on=hired - timedelta(days=self.dice.randint(0, 2000)),
            phone=f"+44 20 7946 {self.dice.randint(200, 999):04d}",
            user=user,
        )
        house.employees.append(employee)
        if profession in PAPERS:
            today = clock.today(house.facility)
            left = self.of_papers.randint(120, 700)
            if user is None or user.username not in [row[0] for row in SIGN_INS]:
                left = self.ends.pop((house.facility.code, profession), left)
            if left < 0 and user:  # signs nothing: others stand in
                house.users[profession].remove(user)
            Credential.objects.create(
                employee=employee,
                kind=PAPERS[profession],
                number=f"GM-{self.of_papers.randint(100, 999)} {self.of_papers.randint(100, 999)}",
                issuer="Medical Council",
                issued_on=today - timedelta(days=700),
                valid_until=today + timedelta(days=left),
            )

    def _doctors(self, house: House) -> None:
        for place, employee in enumerate(e for e in house.employees if e.profession == "doctor"):
            rescue = employee.department.code == "emergency"
            usual = [row for row in catalogue.SPECIALTIES if row[0] != "EM"]
            code, _name, fee = catalogue.SPECIALTIES[-1] if rescue else usual[1 if place == 0 else place % len(usual)]
            licence = employee.credentials.get(kind="licence").number
            doctor = Doctor.objects.create(
                employee=employee,
                specialty=Specialty.objects.get(code=code),
                licence_number=licence,
                fee=fee + 25 if place == 0 else None,  # the first has a fee of their own, the others the list's
                room="Emergency" if rescue else f"Room {place + 1}",
                signature=signatures.drawn(f"{employee.given_name} {employee.family_name}"),
            )
            (house.rescue if rescue else house.doctors).append(doctor)

    def _catalogue(self, house: House) -> None:
        facility = house.facility
        for code, name, fee in catalogue.SPECIALTIES:
            Specialty.objects.get_or_create(code=code, defaults={"name": name})
            house.consult[code] = prices.ensure(
                facility,
                code=f"CONSULT-{code}",
                name=f"Consultation, {name}",
                category=ServiceCategory.CONSULTATION,
                price=fee,
            )
        for code, name, price in catalogue.PROCEDURES:
            house.procedures[code] = prices.ensure(
                facility, code=f"PROC-{code}", name=name, category=ServiceCategory.PROCEDURE, price=price
            )
        for code, name, loinc, specimen, unit, decimals, price, ranges in measures.TESTS:
            test = self._test(house, code, name, loinc, specimen, price, unit=unit, decimals=decimals)
            for sex, since, until, low, high, critical_low, critical_high in ranges:
                ReferenceRange.objects.create(
                    test=test,
                    sex=sex,
                    from_days=since,
                    until_days=until,
                    low=low,
                    high=high,
                    critical_low=critical_low,
                    critical_high=critical_high,
                )
        for code, name, loinc, specimen, price, usual in measures.WORD_TESTS:
            test = self._test(house, code, name, loinc, specimen, price, numeric=False, decimals=0)
            ReferenceRange.objects.create(test=test, usual_text=usual)
        for name, strength, form, unit, allergens, price, level, quantity in formulary.MEDICINES:
            medicine, _made = Medicine.objects.get_or_create(
                name=name,
                strength=strength,
                form=form,
                defaults={"unit": unit, "allergens": [word.lower() for word in allergens]},
            )
            scale = 1 if facility.code == "N" else 3
            house.products[name] = Product.objects.create(
                facility=facility,
                medicine=medicine,
                service=prices.ensure(
                    facility,
                    code=f"RX-{str(medicine.pk)[-12:].upper()}",
                    name=str(medicine),
                    category=ServiceCategory.PHARMACY,
                    price=price,
                ),
                reorder_level=max(level // scale, 5),
                reorder_quantity=max(quantity // scale, 20),
            )

    def _test(
        self, house: House, code: str, name: str, loinc: str, specimen: str, price: Decimal, **details: object
    ) -> TestDefinition:
        service = prices.ensure(
            house.facility, code=f"LAB-{code}", name=name, category=ServiceCategory.LABORATORY, price=price
        )
        house.tests[code] = TestDefinition.objects.create(
            facility=house.facility, service=service, code=code, name=name, loinc=loinc, specimen=specimen, **details
        )
        return house.tests[code]

    def _wards(self, house: House) -> None:
        for code, name, department, price, rooms, beds in catalogue.WARDS[house.facility.code]:
            service = prices.ensure(
                house.facility, code=f"BED-{code}", name=f"Bed-day, {name}", category=ServiceCategory.BED, price=price
            )
            ward = Ward.objects.create(
                facility=house.facility,
                department=house.departments[department],
                code=code,
                name=name,
                bed_service=service,
            )
            house.wards.append(ward)
            label = 0
            for n in range(1, rooms + 1):
                room = Room.objects.create(ward=ward, name=f"Room {n}")
                for _bed in range(beds):
                    label += 1
                    Bed.objects.create(room=room, label=f"{code}-{label:02d}")
