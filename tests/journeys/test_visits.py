"""Two whole visits through the running hospital, each role at its own browser, ending in money and paper."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.conftest import Hospital, Person, SignIn, wait_for

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def register(reception: Person, given: str, family: str, born: str) -> str:
    """Register a patient; answers with the address of the chart."""
    reception.go("/patients/register")
    reception.fill(given_name=given, family_name=family, birth_date=born)
    reception.choose(sex="female")
    reception.press(re.compile("^Register"))
    assert reception.sees("Registered. MRN N-")
    return reception.path()


def link(person: Person, pattern: str) -> str:
    """The first address on the page that fits."""
    for anchor in person.page.locator("main a[href]").all():
        href = anchor.get_attribute("href") or ""
        if re.fullmatch(pattern, href):
            return href
    raise AssertionError(f"no link like {pattern} on {person.page.url}")


def test_an_outpatient_visit_from_the_front_desk_to_a_paid_invoice(hospital: Hospital, sign_in: SignIn) -> None:
    reception = sign_in("reception")
    chart = register(reception, "Zoë Anaïs", "Lindqvist-Okonjo", "1984-06-17")
    banner = reception.page.get_by_label("Patient", exact=True).inner_text()
    assert "Lindqvist-Okonjo" in banner and "Allergies" not in banner, "those belong to the chart"

    # A second registration of the same person is stopped while one types.
    reception.go("/patients/register")
    reception.fill(given_name="Zoe Anais", family_name="Lindqvist-Okonjo", birth_date="1984-06-17")
    reception.page.locator("[name=phone]").press_sequentially("1")
    reception.page.locator("[name=phone]").blur()
    reception.page.get_by_text("almost certainly registered already").wait_for()

    # The first free slot is booked; when it is today the patient is checked in, else she walks in.
    reception.go(chart)
    reception.press("Book")
    reception.page.locator("main a[data-primary]").click()
    reception.settle()
    reception.fill(reason="Cough for a week")
    reception.press(re.compile("^Book"))
    assert reception.sees("Booked")
    is_today = reception.page.get_by_role("button", name=re.compile("^Check in")).count()
    if 8 <= datetime.now(ZoneInfo("Europe/London")).hour < 16:
        assert is_today, "the demonstration has a free slot on every day"
    if is_today:
        reception.press(re.compile("^Check in"))
        visit = link(reception, rf"/patients/visits/{UUID}/")
    else:
        reception.go(chart)
        reception.press("Open a visit")
        reception.fill(reason="Cough for a week")
        reception.press(re.compile("^Save"))
        visit = reception.path()

    nurse = sign_in("nurse")
    nurse.go(visit)
    nurse.press("Vital signs")
    nurse.fill(systolic="128", diastolic="78", pulse="72", temperature="37.9", saturation="97", weight="64.5")
    nurse.press(re.compile("^Save"))
    assert nurse.sees("128/78")
    nurse.go(chart)
    assert nurse.page.get_by_label("Patient", exact=True).inner_text().count("Allergies not recorded") == 1
    nurse.press("Asked: none known")
    assert nurse.page.get_by_label("Patient", exact=True).inner_text().count("No known allergies") == 1

    doctor = sign_in("doctor")
    encounter = re.search(UUID, visit)[0]
    desk = f"/doctors/desk/{encounter}/"
    doctor.go(desk)
    doctor.press(re.compile("^Start consultation"))
    doctor.go(f"/laboratory/visits/{encounter}/order")
    doctor.pick("tests", "C-reactive", "C-reactive protein")
    doctor.pick("tests", "Leuco", "Leucocytes")
    doctor.press(re.compile("^Order"))
    order = doctor.path()
    doctor.go(f"/pharmacy/visits/{encounter}/prescribe")
    doctor.pick("product-1", "Doxy", "Doxycycline 100 mg")
    doctor.fill(**{"dosage-1": "1 capsule twice a day", "days-1": "5", "quantity-1": "10"})
    doctor.press(re.compile("^Prescribe"))
    prescription = doctor.path()
    paper = doctor.read_pdf(f"{prescription}pdf")
    assert "Doxycycline 100 mg capsule" in paper
    assert "Lindqvist-Okonjo" in paper

    technician = sign_in("labtech")
    technician.go(order)
    technician.press("Collected")
    label = technician.read_pdf(link(technician, rf"/laboratory/specimens/{UUID}/label"))
    assert "Lindqvist-Okonjo" in label
    technician.press("Enter results")
    for result in technician.page.locator("main input[name^=result-]").all():
        result.fill("14.2")
    technician.press(re.compile("^Enter"))
    assert technician.sees("To be verified")

    pathologist = sign_in("pathologist")
    pathologist.go(order)
    pathologist.press("Verify")
    assert pathologist.sees("Verified")

    def report_is_there() -> bool:
        pathologist.page.reload()
        return pathologist.page.get_by_role("main").get_by_role("link", name="Report").count() > 0

    assert wait_for(report_is_there)
    report = pathologist.read_pdf(link(pathologist, rf"/laboratory/reports/{UUID}/pdf"))
    assert "C-reactive protein" in report
    assert "high" in report

    pharmacist = sign_in("pharmacist")
    pharmacist.go(prescription)
    pharmacist.press("Dispense")
    pharmacist.press(re.compile("^Hand out"))
    assert pharmacist.sees("Handed out and charged")

    doctor.go(desk)
    doctor.fill(complaint="Cough with sputum and fever for a week.", plan="Antibiotic. Return if worse.")
    doctor.pick("codes", "J20.9", "J20.9")
    doctor.press(re.compile("^Sign and close"))

    cashier = sign_in("cashier")
    cashier.go(chart)

    def invoice_is_there() -> bool:
        cashier.page.reload()
        cashier.page.wait_for_load_state("networkidle")
        return cashier.page.locator("main a[href^='/billing/invoices/']").count() > 0

    assert wait_for(invoice_is_there), "the worker made no invoice"
    invoice = link(cashier, rf"/billing/invoices/{UUID}/")
    cashier.go(invoice)
    text = cashier.read_pdf(f"{invoice}pdf")
    for line in ("Consultation", "C-reactive protein", "Leucocytes", "Doxycycline 100 mg capsule", "Lindqvist-Okonjo"):
        assert line in text, line
    cashier.press("Take payment")
    cashier.press(re.compile("^Take payment"))
    assert cashier.sees("Paid. Receipt N-REC-")
    receipt = cashier.read_pdf(link(cashier, rf"/billing/payments/{UUID}/receipt"))
    assert "Cash" in receipt
    assert re.search(r"Still to pay\s+0\.00", receipt)

    accountant = sign_in("accountant")
    accountant.go("/billing/ledger/")
    assert accountant.sees("Sums to zero")
    oracle = hospital.command("verify")
    assert oracle.returncode == 0, oracle.stdout


def test_what_is_typed_is_neither_lost_nor_taken_for_something_else(hospital: Hospital, sign_in: SignIn) -> None:
    reception = sign_in("reception")
    chart = register(reception, "Typ", "Ing-Okonjo", "1990-02-03")
    reception.go(chart)
    reception.press("Open a visit")
    reception.fill(reason="Sore throat")
    reception.press(re.compile("^Save"))
    visit = reception.path()

    nurse = sign_in("nurse")
    nurse.go(visit)
    nurse.press("Vital signs")
    nurse.page.locator("[name=temperature]").press_sequentially("38,9")
    nurse.press(re.compile("^Save"))
    assert nurse.sees("38.9")

    doctor = sign_in("doctor")
    desk = f"/doctors/desk/{re.search(UUID, visit)[0]}/"
    doctor.go(desk)
    doctor.press(re.compile("^Start consultation"))
    picker = doctor.page.locator("main select[name='codes'] + .ts-wrapper")
    picker.locator(".ts-control").click()
    offered = picker.locator(".ts-dropdown .option")
    doctor.page.keyboard.type("asthma", delay=25)
    offered.filter(has_text="asthma").first.wait_for()
    for _letter in "asthma":
        doctor.page.keyboard.press("Backspace")
    doctor.page.keyboard.type("tonsillitis", delay=25)
    assert offered.filter(has_text="asthma").count() == 0
    offered.filter(has_text="tonsillitis").first.wait_for()
    assert "tonsillitis" in offered.first.inner_text().lower()
    assert offered.filter(has_text="asthma").count() == 0
    doctor.page.keyboard.press("Enter")
    assert "tonsillitis" in picker.locator(".item").inner_text().lower()
    doctor.page.keyboard.press("Escape")

    # The page is left in the moment after the last letter.
    doctor.fill(complaint="Swallows with pain since Tuesday")
    doctor.page.get_by_role("main").get_by_role("link", name=re.compile("^Order")).first.click()
    doctor.settle()
    doctor.go(desk)
    assert doctor.page.locator("[name=complaint]").input_value() == "Swallows with pain since Tuesday"
    assert "tonsillitis" in picker.locator(".item").inner_text().lower()
    for person in (reception, nurse, doctor):
        assert person.faults == []


def test_an_inpatient_stay_from_the_bed_to_the_discharge_summary(hospital: Hospital, sign_in: SignIn) -> None:
    reception = sign_in("reception")
    chart = register(reception, "Σοφία", "Παπαδάκη-Weiß", "1951-02-03")
    reception.go(chart)
    reception.press("Admit")
    reception.pick("bed")
    reception.fill(reason="Pneumonia")
    reception.pick("attending", "Obi", "Obi")
    reception.press(re.compile("^Admit"))
    stay = reception.path()
    assert reception.sees("Admitted")

    nurse = sign_in("nurse")
    nurse.go(stay)
    nurse.fill(text="Settled on the ward. Oxygen by nasal cannula.")
    nurse.press("Write the note")
    assert nurse.sees("Oxygen by nasal cannula")
    nurse.press("Move")
    nurse.pick("bed")
    nurse.fill(reason="Nearer to the nurses")
    nurse.press(re.compile("^Move"))
    assert nurse.sees("Moved to bed")
    nurse.go("/wards/")
    board = nurse.page.get_by_role("main").inner_text()
    assert "To be cleaned" in board

    doctor = sign_in("doctor")
    doctor.go(stay)
    doctor.press("Discharge")
    doctor.fill(
        diagnosis="Community-acquired pneumonia",
        course="Oxygen and antibiotics. Afebrile.",
        instructions="Finish the tablets.",
        follow_up="Chest X-ray in six weeks",
    )
    doctor.press(re.compile("^Sign and discharge"))
    assert doctor.sees("Discharged")
    summary = doctor.read_pdf(f"{stay}summary")
    assert "Community-acquired pneumonia" in summary
    assert "Παπαδάκη-Weiß" in summary

    cashier = sign_in("cashier")
    cashier.go(chart)

    def invoice_is_there() -> bool:
        cashier.page.reload()
        cashier.page.wait_for_load_state("networkidle")
        return cashier.page.locator("main a[href^='/billing/invoices/']").count() > 0

    assert wait_for(invoice_is_there), "the worker made no invoice"
    invoice = link(cashier, rf"/billing/invoices/{UUID}/")
    cashier.go(invoice)
    assert "Bed " in cashier.read_pdf(f"{invoice}pdf")
    cashier.press("Take payment")
    cashier.choose(method="card")
    cashier.press(re.compile("^Take payment"))
    assert cashier.sees("Write down the terminal")
    cashier.fill(reference="TERMINAL-7")
    cashier.press(re.compile("^Take payment"))
    assert cashier.sees("Paid. Receipt N-REC-")
    oracle = hospital.command("verify")
    assert oracle.returncode == 0, oracle.stdout


def test_no_page_shows_one_facility_to_the_other(sign_in: SignIn) -> None:
    """Someone of the riverside clinic who types Northgate's addresses finds nothing there."""
    cashier = sign_in("cashier")
    cashier.go("/billing/invoices/")
    invoice = link(cashier, rf"/billing/invoices/{UUID}/")
    manager = sign_in("manager")
    manager.go(invoice)
    manager.page.locator("details.facility > summary").click()
    manager.page.get_by_role("button", name="Riverside Clinic").first.click()
    manager.settle()
    answer = manager.page.context.request.get(manager.url + invoice)
    assert answer.status == 404
    assert "N-INV" not in answer.text()
    manager.go("/billing/invoices/")
    numbers = manager.page.get_by_role("main").inner_text()
    assert "R-INV" in numbers
    assert "N-INV" not in numbers


ROLES = ["admin", "reception", "doctor", "nurse", "pharmacist", "labtech", "pathologist", "cashier", "accountant", "hr",
         "manager", "auditor"]  # fmt: skip


@pytest.mark.parametrize("username", ROLES)
def test_each_role_finds_its_day_and_all_that_its_rail_leads_to(sign_in: SignIn, username: str) -> None:
    person = sign_in(username)
    assert person.path() == "/"
    rail = person.page.locator("nav.rail a[href^='/']").evaluate_all("links => links.map(link => link.pathname)")
    assert rail, "nothing to go to"
    for address in dict.fromkeys(rail):
        if address.startswith("/admin"):
            continue  # the administration is looked at by tests of its own
        answer = person.page.goto(person.url + address)
        assert answer.status == 200, address
        person.settle()
        assert person.page.get_by_role("heading", level=1).count() == 1, address
