"""Long lists: keyset pages that stay quick at a million rows, and exports with the same filters."""

from __future__ import annotations

import base64
import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from hms.core import audit

PAGE = 50
XLSX_ROWS = 100_000
IN_MEMORY = 4 * 1024 * 1024
CHUNK = 64 * 1024
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Page:
    """One page of rows with the addresses of its neighbours ("" where there is none)."""

    rows: list[Any]
    previous_url: str
    next_url: str

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def page(request: HttpRequest, queryset: QuerySet, *, order: Sequence[str], size: int = PAGE, name: str = "") -> Page:
    """Cut one page out of `queryset` by `order` (field names, "-" for descending, the last one unique).

    The cursor in `?after=` or `?before=` holds the ordering values of a row of the neighbouring
    page; one that cannot be read starts at the beginning. Ordering fields must not be null. Several
    lists on one page have a `name` each, which stands before their cursors.
    """
    after, before = f"{name}after", f"{name}before"
    backwards = before in request.GET
    cursor = _read_cursor(request.GET.get(before if backwards else after, ""), len(order))
    wanted = [_flip(name) for name in order] if backwards and cursor else list(order)
    if cursor:
        try:
            queryset = queryset.filter(_beyond(wanted, cursor))
        except (TypeError, ValueError, ValidationError):  # a cursor of another order
            cursor, wanted, backwards = None, list(order), False
    rows = list(queryset.order_by(*wanted)[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    if backwards and cursor:
        rows.reverse()
        has_previous, has_next = more, True
    else:
        has_previous, has_next = cursor is not None, more
    return Page(
        rows,
        _neighbour(request, before, after, rows[0], order) if has_previous and rows else "",
        _neighbour(request, after, before, rows[-1], order) if has_next and rows else "",
    )


def _flip(name: str) -> str:
    return name[1:] if name.startswith("-") else "-" + name


def _beyond(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows that come after `values` in `order`, compared column by column."""
    beyond, equal = Q(), Q()
    for name, value in zip(order, values, strict=True):
        column, direction = name.lstrip("-"), "lt" if name.startswith("-") else "gt"
        beyond |= equal & Q(**{f"{column}__{direction}": value})
        equal &= Q(**{column: value})
    # Said once more of the first column alone, so that an index begins there and not at the first page.
    first, direction = order[0].lstrip("-"), "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{first}__{direction}": values[0]}) & beyond


def _neighbour(request: HttpRequest, word: str, other: str, row: Any, order: Sequence[str]) -> str:
    values = []
    for name in order:
        value = row
        for part in name.lstrip("-").split("__"):
            value = value[part] if isinstance(value, dict) else getattr(value, part)
        values.append(value.isoformat() if isinstance(value, date | datetime) else str(value))
    query = request.GET.copy()
    query.pop(other, None)
    query[word] = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    return "?" + query.urlencode()


def _read_cursor(text: str, length: int) -> list[Any] | None:
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None
    if not isinstance(values, list) or len(values) != length:
        return None
    if not all(isinstance(value, str) and "\0" not in value for value in values):
        return None
    return [_typed(value) for value in values]


def _typed(value: str) -> Any:
    for read in (UUID, parse_datetime, parse_date):
        try:
            if (found := read(value)) is not None:
                return found
        except ValueError:
            continue
    return value


@dataclass(frozen=True)
class Column:
    """A column of an export: its heading and how a row gives its value."""

    heading: str
    value: Callable[[Any], Any]


# Also in the wide letters that some spreadsheets take for the narrow ones.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: Any) -> Any:
    """A value as a spreadsheet may have it: text that looks like a formula is made harmless text, and characters that
    no workbook can hold are left out."""
    if value is None:
        return ""
    if isinstance(value, int | Decimal):
        return value
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    text = ILLEGAL_CHARACTERS_RE.sub("", str(value))
    return "'" + text if text.startswith(FORMULA_STARTS) else text


def export(
    request: HttpRequest,
    rows: Iterable[Any],
    columns: Sequence[Column],
    name: str,
    *,
    patient_id: UUID | None = None,
    detail: dict[str, Any] | None = None,
) -> HttpResponse | None:
    """The list as a file when `?format=csv` or `xlsx` asks for one, else None. It is written before it leaves, so
    that the audit names every patient it names: a disclosure of each. `patient_id` is whom the list is about,
    `detail` what else there is to say."""
    kind = request.GET.get("format")
    if kind not in ("csv", "xlsx"):
        return None
    if isinstance(rows, QuerySet):
        rows = rows.iterator(chunk_size=2000)
    table = ([cell(column.value(row)) for column in columns] for row in rows)
    headings = [str(column.heading) for column in columns]
    pieces = _csv(headings, table) if kind == "csv" else _xlsx(headings, table)
    told = {"list": name, "format": kind, **(detail or {})}
    return taken_out(request, "export", pieces, f"{name}.{kind}", TYPES[kind], patient_id=patient_id, detail=told)


def taken_out(
    request: HttpRequest,
    action: str,
    pieces: Iterable[bytes],
    filename: str,
    content_type: str,
    *,
    patient_id: UUID | None = None,
    detail: dict[str, Any] | None = None,
) -> StreamingHttpResponse:
    """A file as an answer, recorded with the patients whose names were read while it was written. What is larger than
    IN_MEMORY lies in a temporary file without a name meanwhile, of which nothing stays behind."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed when it has been sent
    with audit.watch() as noted:
        for piece in pieces:
            file.write(piece)
    audit.taken_out(request.user, action, shown=noted.seen, patient_id=patient_id, detail=detail)
    file.seek(0)
    response = StreamingHttpResponse(sent(file), content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def sent(file: IO[bytes]) -> Iterator[bytes]:
    """What is in a file, piece by piece; it is closed at its end."""
    with file:
        while piece := file.read(CHUNK):
            yield piece


def _csv(headings: Sequence[str], table: Iterable[list[Any]]) -> Iterator[bytes]:
    yield "\ufeff".encode()  # so that spreadsheets read UTF-8
    yield _line(headings)
    for line in table:
        yield _line(line)


def _line(values: Sequence[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(values)
    return text.getvalue().encode()


def _xlsx(headings: Sequence[str], table: Iterable[list[Any]]) -> Iterator[bytes]:
    """The workbook. A sheet ends at XLSX_ROWS rows and says so: CSV has no such end."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(list(headings))
    for count, line in enumerate(table):
        if count == XLSX_ROWS:
            sheet.append([_("The first %(count)s rows; export as CSV for all of them.") % {"count": XLSX_ROWS}])
            break
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    yield out.getvalue()


def ordering(request: HttpRequest, allowed: dict[str, Sequence[str]], default: str) -> tuple[str, Sequence[str]]:
    """The chosen order: `?sort=` names one of `allowed`, with "-" before it the other way round; anything
    else means the default. Give each the fields of `page`'s order; the heading is drawn by `{% sort %}`."""
    name = request.GET.get("sort", default)
    if name.removeprefix("-") not in allowed:
        name = default
    order = allowed[name.removeprefix("-")]
    return name, [_flip(field) for field in order] if name.startswith("-") else order
