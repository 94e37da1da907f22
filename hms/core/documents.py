"""Printed documents: drawn once from a snapshot, stored with their hash, checked by a code.

WeasyPrint may fetch nothing but the project's own fonts and pictures (`hms-asset:` addresses).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from PIL import ImageFile

from hms.core import audit, clock
from hms.core.models import Document, DocumentKind, DocumentStatus, Erasure, ErasureStatus, Facility, Paper, User

# Crockford's base 32: no I, L, O or U, so that a code read aloud is written down right.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NO_LONGER_KEPT = "no longer kept: the record that it belonged to was erased"
ASSET = "hms-asset:"
PICTURE = "data:image/png;base64,"
STYLES = settings.BASE_DIR / "templates" / "print" / "print.css"
STRIP_MARGIN = 7  # millimetres below the last line


class FetchRefused(ValueError):
    """A printed page asked for something outside the project's own files."""


def asset(url: str) -> tuple[bytes, str]:
    """The bytes and type behind an address that a printed page may use: files below static/ by
    `hms-asset:<path>`, and pictures that the page carries in itself (a drawn signature).

    Raises FetchRefused for everything else.
    """
    if url.startswith(PICTURE):
        return base64.b64decode(url.removeprefix(PICTURE)), "image/png"
    if not url.startswith(ASSET):
        raise FetchRefused(f"refused to fetch {url.split(':', 1)[0]}:…")
    root = (settings.BASE_DIR / "static").resolve()
    path = (root / url.removeprefix(ASSET).lstrip("/")).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise FetchRefused(f"no such asset: {path.name}")
    return path.read_bytes(), _MIME.get(path.suffix, "application/octet-stream")


_MIME = {".woff2": "font/woff2", ".ttf": "font/ttf", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}


@lru_cache(maxsize=1)
def _press() -> tuple[Any, Any, dict[str, Any]]:
    """WeasyPrint's page class, our fetcher, and the fonts and styles of all paper. Loaded when something is first
    printed: it brings Pango along, which the web process does not need until then. Reading the styles takes a third
    of the time of a page, and copies the fonts."""
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    # WeasyPrint tells Pillow, for the whole process, to take truncated pictures; uploads must not be.
    ImageFile.LOAD_TRUNCATED_IMAGES = False

    class Assets(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            content, kind = asset(url)
            return URLFetcherResponse(url, content, {"Content-Type": kind})

    fetcher, fonts = Assets(), FontConfiguration()
    sheet = CSS(string=STYLES.read_text(), base_url=ASSET, url_fetcher=fetcher, font_config=fonts)
    return HTML, fetcher, {"font_config": fonts, "stylesheets": [sheet]}


def render_pdf(template: str, context: dict[str, Any], *, strip: bool = False) -> bytes:
    """The PDF of a print template (templates/print/…). A `strip` (80 mm) ends where its content ends."""
    html, fetcher, styles = _press()
    page = html(string=render_to_string(template, context), base_url=ASSET, url_fetcher=fetcher)
    drawn = page.render(**styles)
    if strip and len(drawn.pages) == 1:
        only = drawn.pages[0]
        content = next(box for box in only._page_box.children if box.element_tag == "html")
        only.height = content.position_y + content.margin_height() + STRIP_MARGIN * 96 / 25.4
    return drawn.write_pdf()


def qr(text: str) -> SafeString:
    """A QR code (ISO/IEC 18004) as SVG for a page or a print; its ink is currentColor's black."""
    code = segno.make(text, error="m", micro=False)
    return mark_safe(code.svg_inline(border=0, omitsize=True, dark="#14202b", svgclass="qr"))


def new_code() -> str:
    """A verification code of 50 random bits: `7F3K9-1QXAB`."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(10))
    return f"{letters[:5]}-{letters[5:]}"


def letterhead(facility: Facility) -> dict[str, str]:
    """The facility's part of a snapshot."""
    return {
        "name": facility.name,
        "address": facility.address,
        "phone": facility.phone,
        "email": facility.email,
        "registration": facility.registration,
        "currency": facility.currency,
        "time_zone": facility.time_zone,
    }


@transaction.atomic
def issue(
    actor: User,
    *,
    kind: DocumentKind,
    source: models.Model,
    number: str,
    title: str,
    template: str,
    paper: Paper | str,
    facility: Facility,
    dated: datetime,
    snapshot: dict[str, Any],
    patient_id: UUID | None = None,
) -> Document:
    """Draw and store a document; the one issued before for the same source is superseded.

    `dated` is the moment of the act it documents, which stands on the paper even when it is drawn later;
    `snapshot` is JSON: everything else that stands there.
    Locks: the document it supersedes. 404 for a patient whose record was erased.
    """
    if patient_id and Erasure.objects.filter(patient_id=patient_id, status=ErasureStatus.DONE).exists():
        raise Http404(NO_LONGER_KEPT)
    document = Document(
        facility=facility,
        kind=kind,
        number=number,
        title=title,
        paper=paper,
        dated=dated,
        patient_id=patient_id,
        source_type=source._meta.label_lower,
        source_id=source.pk,
        template=template,
        snapshot={
            **snapshot,
            "facility": letterhead(facility),
            "issued_at": clock.local(facility, dated).strftime("%d %b %Y, %H:%M"),
        },
        code=new_code(),
        issued_by=actor,
    )
    document.content = _draw(document)
    document.sha256 = hashlib.sha256(document.content).hexdigest()
    older = Document.objects.select_for_update().filter(
        source_type=document.source_type, source_id=document.source_id, kind=kind
    )
    older.exclude(status=DocumentStatus.SUPERSEDED).update(status=DocumentStatus.SUPERSEDED)
    document.save(force_insert=True)
    audit.record(actor, "core.document.issued", document, patient_id=patient_id, detail={"kind": str(kind)})
    return document


def withdraw(actor: User, *, source: models.Model, kind: DocumentKind) -> None:
    """Say to whoever checks the paper that it does not hold any more, and that no other replaces it yet.

    Locks: the document.
    """
    held = Document.objects.select_for_update().filter(
        source_type=source._meta.label_lower, source_id=source.pk, kind=kind, status=DocumentStatus.ISSUED
    )
    for document in held.defer("content", "snapshot"):
        document.status = DocumentStatus.WITHDRAWN
        document.save(update_fields=["status"])
        audit.record(actor, "core.document.withdrawn", document, patient_id=document.patient_id)


def verify_url(document: Document) -> str:
    return f"{settings.PUBLIC_URL}/verify/{document.code}"


def _draw(document: Document, *, reprint: str = "", since: Sequence[str] = ()) -> bytes:
    address = verify_url(document)
    return render_pdf(
        document.template,
        {
            **document.snapshot,
            "document": {
                "title": document.title,
                "number": document.number,
                "code": document.code,
                "paper": document.paper,
                "verify_text": address.split("://", 1)[1].rpartition("/")[0],
            },
            "qr": qr(address),
            "reprint": reprint,
            "since": since,
        },
        strip=document.paper == Paper.RECEIPT,
    )


@transaction.atomic
def hand_over(actor: User, document: Document, *, since: Sequence[str] = ()) -> HttpResponse:
    """The PDF as an answer to its reader, recorded. After the first it is marked as a reprint, drawn
    from the same snapshot; `since` says what became of it after it was issued, in a line each, and stands on every
    print from then on. Who may have it is the caller's question. 404 for what is no longer kept."""
    if document.status == DocumentStatus.ERASED:
        raise Http404(NO_LONGER_KEPT)
    Document.objects.filter(pk=document.pk).update(prints=F("prints") + 1)
    prints = Document.objects.values_list("prints", flat=True).get(pk=document.pk)
    audit.record(
        actor,
        "core.document.printed",
        document,
        patient_id=document.patient_id,
        detail={"kind": document.kind, "copy": prints},
    )
    content = bytes(document.content)
    moment = clock.local(document.facility, clock.now()).strftime("%d %b %Y, %H:%M")
    if document.status == DocumentStatus.WITHDRAWN:
        withdrawn = _("Withdrawn: not valid · printed %(when)s") % {"when": moment}
        content = _draw(document, reprint=withdrawn, since=since)
    elif prints > 1:
        content = _draw(
            document,
            reprint=_("Reprint %(number)s · %(when)s · %(who)s")
            % {"number": prints - 1, "when": moment, "who": actor.name},
            since=since,
        )
    elif since:
        content = _draw(document, since=since)
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{document.number or document.kind}.pdf"'
    return response


def latest(source: models.Model, kind: DocumentKind) -> Document | None:
    """The document in force for a source, or the one that was withdrawn; without its bytes."""
    return (
        Document.objects.filter(source_type=source._meta.label_lower, source_id=source.pk, kind=kind)
        .exclude(status=DocumentStatus.SUPERSEDED)
        .defer("content", "snapshot")
        .first()
    )


@transaction.atomic
def ensure(source: models.Model, kind: DocumentKind, draw: Callable[[], Any]) -> Document | None:
    """The document in force for a source; drawn now if it never was, in the name of who opens it: what a GET may
    change besides the audit, and nothing else may be changed by `draw`. The paper itself names who answers for it, by
    the act it documents. Two who ask at once get the same one. None where there is nothing to draw yet.

    Locks: the source's key, until commit (its row may be append-only, which cannot be locked for update).
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(source.pk)])
    if latest(source, kind) is None:
        draw()
    return latest(source, kind)
