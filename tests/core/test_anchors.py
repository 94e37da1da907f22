"""A seal on paper or in a mailbox misses what was cut off with its seals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from pypdf import PdfReader

from hms.core import anchors, audit, clock, sealing
from hms.core.models import AuditEvent
from hms.core.tasks import mail_anchor
from tests.core.test_audit import seal, tamper, three_seals
from tests.weakened import reworded, weakened

pytestmark = pytest.mark.django_db(transaction=True)


def cut_off_the_newest(times: int = 1) -> None:
    """What leaves a chain that is whole: the newest seals and all the rows they sealed."""
    for _time in range(times):
        tamper(
            "delete from core_auditevent where transaction >= (select max(first_transaction) from core_auditseal)",
            "delete from core_auditseal where id = (select max(id) from core_auditseal)",
        )


@weakened(
    "without its number", reworded(anchors.check, ("if seal is None:", "if seal is None and False:")), by=AttributeError
)
def test_a_cut_off_that_leaves_a_whole_chain_is_found_by_the_anchor_alone() -> None:
    three_seals()
    code = anchors.newest().code
    assert anchors.check(code).holds
    cut_off_the_newest()
    assert list(sealing.faults()) == []
    found = anchors.check(code)
    assert not found.holds and "cut off" in found.words


@weakened("by its number alone", reworded(anchors.check, ("if not seal.digest.startswith(digest):", "if False:")))
def test_a_seal_that_was_made_again_is_found() -> None:
    three_seals()
    code = anchors.newest().code
    number = code.split(":")[0]
    cut_off_the_newest()
    tamper(f"alter table core_auditseal alter column id restart with {number}")
    AuditEvent.objects.create(actor_name="someone", action="test.other")
    assert seal().pk == int(number)
    assert "another one" in anchors.check(code).words


@weakened("without what follows", reworded(anchors.check, ("if broken:", "if False:")))
def test_a_chain_that_was_broken_after_the_anchor_is_found() -> None:
    seals = three_seals()
    code = anchors.Anchor(seals[0]).code
    assert anchors.check(code).holds
    tamper(f"delete from core_auditseal where id = {seals[1].pk}")
    assert "broken after it" in anchors.check(code).words


@weakened("of one digit", anchors, "LEAST", 1)
def test_a_code_is_read_as_people_type_it_and_as_scanners_do() -> None:
    newest = three_seals()[-1]
    anchor = anchors.Anchor(newest)
    pk, digest = newest.pk, newest.digest
    for code in (
        anchor.code,
        anchor.scanned,
        anchor.code.lower(),
        f"{pk}: {anchor.lines[0]}",
        f" {pk}:{digest[:16]} ",
        f"{pk}:{digest[:4]}-{digest[4:8]}-{digest[8:12]}-{digest[12:20]}",
    ):
        assert anchors.check(code).holds, code
    for wrong in ("", "17", f"{pk}:{digest[:15]}", f"{pk}{digest}", f"x:{digest}", f"{pk}:{'g' * 20}"):
        with pytest.raises(anchors.Refused, match="no anchor"):
            anchors.check(wrong)
    other = "0" if digest[3] != "0" else "1"
    assert not anchors.check(f"{pk}:{digest[:3]}{other}{digest[4:]}").holds


@weakened("that holds whatever it is", anchors, "check", lambda code: anchors.Found(True, "The chain holds seal"))
def test_verify_asks_the_anchor() -> None:
    three_seals()
    code = anchors.newest().code
    out = StringIO()
    call_command("verify", anchor=[code], stdout=out)
    assert "The chain holds seal" in out.getvalue()
    cut_off_the_newest()
    with pytest.raises(SystemExit):
        call_command("verify", anchor=[code], stdout=out, stderr=out)
    assert "There is no seal" in out.getvalue()
    with pytest.raises(CommandError, match="no anchor"):
        call_command("verify", anchor=["nonsense"], stdout=out)


@pytest.mark.printed
def test_the_auditor_prints_the_anchor_and_checks_it(client_as: Callable[..., Client]) -> None:
    client = client_as("auditor")
    assert "Nothing is sealed yet" in client.get("/audit/anchor").content.decode()
    assert client.get("/audit/anchor.pdf").headers.get("Location") == "/audit/anchor"
    audit.record(None, "test.first")
    seal()
    three_seals()
    newest = anchors.newest()
    text = PdfReader(BytesIO(client.get("/audit/anchor.pdf").content)).pages[0].extract_text()
    assert newest.lines[0] in text and newest.lines[3] in text and f"Seal {newest.seal.pk}" in text
    assert AuditEvent.objects.filter(action="core.audit.anchor_printed", kind="change").count() == 1
    page = client.post("/audit/anchor", {"code": f"{newest.seal.pk}:{newest.lines[0]}"}).content.decode()
    assert "The chain holds seal" in page
    assert AuditEvent.objects.get(action="core.audit.anchor_checked").detail["holds"] is True
    page = client.post("/audit/anchor", {"code": f"{newest.seal.pk}:{'0' * 16}"}).content.decode()
    assert "is another one now" in page
    answer = client.post("/audit/anchor", {"code": "what?"})
    assert answer.status_code == 422 and "This is no anchor" in answer.content.decode()
    assert client_as("doctor").get("/audit/anchor").status_code == 403


@pytest.mark.printed
def test_the_anchor_is_mailed_once_a_day_where_an_address_is_set(settings: Any) -> None:
    three_seals()
    mail_anchor()
    assert mail.outbox == []
    settings.AUDIT_MAIL = ["privacy@hospital.example"]
    mail_anchor()
    mail_anchor()
    (sent,) = mail.outbox
    newest = anchors.newest()
    assert sent.to == ["privacy@hospital.example"]
    assert newest.lines[2] in sent.body and f"{newest.seal.pk}:{newest.lines[0]}" in sent.body
    (attached,) = sent.attachments
    assert newest.lines[1] in PdfReader(BytesIO(attached[1])).pages[0].extract_text()
    with time_machine.travel(clock.now() + timedelta(days=1)):
        mail_anchor()
    assert len(mail.outbox) == 2


@weakened("with a row before it went", reworded(anchors.mail_once, ("with transaction.atomic():", "if True:")))
def test_an_anchor_that_could_not_be_mailed_is_tried_again(settings: Any) -> None:
    three_seals()
    settings.AUDIT_MAIL = ["privacy@hospital.example"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with pytest.raises(OSError):
        mail_anchor()
    assert not AuditEvent.objects.filter(action="core.audit.anchor_mailed").exists()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail_anchor()
    assert len(mail.outbox) == 1


def test_the_command_writes_the_anchor_into_a_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Nothing is sealed"):
        call_command("anchor")
    three_seals()
    out, file = StringIO(), tmp_path / "anchor.pdf"
    call_command("anchor", str(file), stdout=out)
    assert anchors.newest().code in out.getvalue()
    assert file.read_bytes().startswith(b"%PDF")
