"""The newest seal outside the house: printed, and mailed each day.

Whoever owns the tables could cut the newest seals off together with their rows, and the rest would still be whole.
A seal that stands on paper, or in a mailbox elsewhere, is missed then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import Count, Sum
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from hms.core import audit, clock, documents
from hms.core.models import ActKind, AuditEvent, AuditSeal, Facility, User
from hms.core.refusals import Refused

GROUP = 4
MAIL_LOCK = 7_114_203
LEAST = 16  # hexadecimal digits that must be given of a digest: 64 bits


@dataclass(frozen=True)
class Anchor:
    """A seal as it is written down: its number and its digest."""

    seal: AuditSeal

    @property
    def code(self) -> str:
        return f"{self.seal.pk}:{' '.join(self.groups)}"

    @property
    def groups(self) -> list[str]:
        digest = self.seal.digest.upper()
        return [digest[place : place + GROUP] for place in range(0, len(digest), GROUP)]

    @property
    def lines(self) -> list[str]:
        """The digest as people read it to one another: four groups a line."""
        return [" ".join(self.groups[place : place + 4]) for place in range(0, len(self.groups), 4)]

    @property
    def scanned(self) -> str:
        return f"HMS-ANCHOR:{self.seal.pk}:{self.seal.digest.upper()}"


@dataclass(frozen=True)
class Found:
    """What became of an anchor: whether the chain still holds it, and goes on unbroken from it to the newest seal."""

    holds: bool
    words: str
    seal: AuditSeal | None = None


def newest() -> Anchor | None:
    found = AuditSeal.objects.defer("marks").order_by("-id").first()
    return Anchor(found) if found else None


def read(code: str) -> tuple[int, str]:
    """A code as it was typed or scanned: the number of the seal, and so much of its digest as was given.

    Spaces, dashes and small letters do not matter, but the colon behind the number does. Refuses what is none.
    """
    number, _colon, digest = code.strip().upper().removeprefix("HMS-ANCHOR:").partition(":")
    number, digest = re.sub(r"[\s.#-]", "", number), re.sub(r"[\s:.-]", "", digest).replace("O", "0")
    if not re.fullmatch(r"\d{1,12}", number) or not re.fullmatch(rf"[0-9A-F]{{{LEAST},64}}", digest):
        raise Refused(
            _("This is no anchor. Type the number, a colon, and at least four groups of the digest: 17:9F3A 02BC 77D1 E0A4."),
            field="code",
        )  # fmt: skip
    return int(number), digest.lower()


def check(code: str) -> Found:
    """Whether the chain still holds a seal that was written down. Its rows are checked by `bin/hms verify`."""
    number, digest = read(code)
    seal = AuditSeal.objects.defer("marks").filter(pk=number).first()
    if seal is None:
        return Found(False, _("There is no seal %(number)s any more: the audit was cut off, or replaced.") % {"number": number})  # fmt: skip
    if not seal.digest.startswith(digest):
        return Found(False, _("Seal %(number)s is another one now: the audit was changed before it.") % {"number": number})  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from (select previous, lag(digest) over (order by id) as before"
            " from core_auditseal where id >= %s) link where before is distinct from previous and before is not null",
            [number],
        )
        (broken,) = cursor.fetchone()
    if broken:
        return Found(False, _("Seal %(number)s is there, but the chain is broken after it.") % {"number": number}, seal)
    return Found(True, _("The chain holds seal %(number)s, and goes on unbroken from it.") % {"number": number}, seal)


def examine(actor: User, *, code: str) -> Found:
    """Check an anchor for somebody, recorded with what came out. Refuses what is none."""
    found = check(code)
    audit.record(actor, "core.audit.anchor_checked", found.seal, detail={"holds": found.holds, "seal": read(code)[0]})
    return found


def _context(anchor: Anchor, facility: Facility | None) -> dict[str, Any]:
    zone = clock.zone(facility) if facility else None
    moment = anchor.seal.made_at.astimezone(zone)
    until = AuditSeal.objects.filter(pk__lte=anchor.seal.pk).aggregate(rows=Sum("rows"), seals=Count("id"))
    return {
        "anchor": anchor,
        **until,
        "made": f"{moment:%d %b %Y, %H:%M:%S} {moment:%Z}",
        "facility": documents.letterhead(facility) if facility else {"name": settings.NETWORK_NAME},
        "document": {
            "title": _("Anchor of the audit"),
            "number": str(anchor.seal.pk),
            "paper": facility.paper if facility else "A4",
        },
        "qr": documents.qr(anchor.scanned),
        "check_at": settings.PUBLIC_URL.split("://", 1)[1] + reverse("core:anchor"),
    }


def pdf(anchor: Anchor, facility: Facility | None) -> bytes:
    return documents.render_pdf("print/audit_anchor.html", _context(anchor, facility))


def hand_out(actor: User) -> tuple[Anchor, bytes]:
    """The newest seal on paper, recorded. Refuses where nothing is sealed yet."""
    anchor = newest()
    if anchor is None:
        raise Refused(_("Nothing is sealed yet."))
    audit.record(actor, "core.audit.anchor_printed", anchor.seal)
    return anchor, pdf(anchor, actor.facility)


def mail() -> Anchor | None:
    """Send the newest seal to HMS_AUDIT_MAIL, recorded. None where there is no address, or nothing to send."""
    anchor = newest()
    if anchor is None or not settings.AUDIT_MAIL:
        return None
    context = _context(anchor, None)
    message = EmailMessage(
        subject=_("Anchor of the audit: %(network)s, seal %(number)s") % {"network": settings.NETWORK_NAME, "number": anchor.seal.pk},
        body=render_to_string("core/anchor_mail.txt", context),
        to=settings.AUDIT_MAIL,
    )  # fmt: skip
    message.attach(f"anchor-{anchor.seal.pk}.pdf", documents.render_pdf("print/audit_anchor.html", context), "application/pdf")  # fmt: skip
    audit.record(None, "core.audit.anchor_mailed", anchor.seal, detail={"to": len(settings.AUDIT_MAIL)})
    message.send()
    return anchor


def mail_once(now: datetime) -> Anchor | None:
    """Mail the anchor, unless it went out within the last 23 hours. One that could not be sent is tried again.

    Locks: an advisory lock, so that two at once send one.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [MAIL_LOCK])
        lately = AuditEvent.objects.filter(facility=None, kind=ActKind.CHANGE, at__gt=now - timedelta(hours=23))
        return None if lately.filter(action="core.audit.anchor_mailed").order_by().exists() else mail()
