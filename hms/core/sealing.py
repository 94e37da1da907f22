"""Sealing the audit in a chain, and finding what was done to it.

A seal hashes the rows of finished transactions. It also keeps a mark of each row, its id and eight bytes of
its hash (about ten bytes a row: half a gigabyte for fifty million), so that what was changed, removed or slipped
in has a name. Rows that were retired after the years set are accounted for by `AuditRetirement`.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from hms.core.models import ActKind, AuditErasure, AuditEvent, AuditRetirement, AuditSeal, ErasureStatus

SEAL_LOCK = 7_114_201
ROUND = (1 << 64) - 1
MARK = 8  # bytes of a row's hash
AT_ONCE = 2000
NAMED = 20  # rows of a seal that are named one by one

# The text of a row that is hashed: every column that says something, in PostgreSQL's own unambiguous JSON.
ROW = (
    "jsonb_build_array(id, transaction, extract(epoch from at)::text, actor_id, actor_name, role,"
    " facility_id, action, object_type, object_id, patient_id, reason, detail, source)::text"
)
_ROW_TEXT = f"""
    select id, at, {ROW}
    from core_auditevent where transaction >= %s and transaction < %s{{period}} order by id
"""


@dataclass
class Block:
    """The rows of a range of transactions, as they are in the table now."""

    header: str = ""
    rows: int = 0
    last_id: int | None = None
    first_at: datetime | None = None
    last_at: datetime | None = None
    marks: bytearray = field(default_factory=bytearray)
    content: str = ""
    # The hash over the hashes of the rows, by which the database itself can say what they are.
    tops: str = ""

    def read(self, first: int, following: int, since: datetime | None, until: datetime | None) -> Block:
        period, arguments = "", [first, following]
        if since and until:
            period, arguments = " and at between %s and %s", [*arguments, since, until]
        sha, tops, previous = hashlib.sha256(self.header.encode()), hashlib.sha256(), 0
        with connection.chunked_cursor() as cursor:  # a great import is one transaction, and so one block
            cursor.execute(_ROW_TEXT.format(period=period), arguments)
            rows = chain.from_iterable(iter(lambda: cursor.fetchmany(AT_ONCE), []))
            for event_id, at, text in rows:
                line = text.encode()
                sha.update(line + b"\n")
                own = hashlib.sha256(line).digest()
                tops.update(own)
                self.marks += _step(event_id - previous) + own[:MARK]
                self.first_at = min(self.first_at or at, at)
                self.last_at = max(self.last_at or at, at)
                self.rows, self.last_id, previous = self.rows + 1, event_id, event_id
        self.content, self.tops = sha.hexdigest(), tops.hexdigest()
        return self


def _step(size: int) -> bytes:
    """By how much an id grew, seven bits a byte, the lowest first. From an id below nought, which only a forger
    writes, it is counted round."""
    out, size = bytearray(), size & ROUND
    while size >= 0x80:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    out.append(size)
    return bytes(out)


def unpacked(data: bytes) -> dict[int, bytes]:
    """The marks of a block, id → hash, as they were packed: the step to each id, then its hash."""
    marks: dict[int, bytes] = {}
    place = event_id = 0
    while place < len(data):
        step = shift = 0
        while data[place] & 0x80:
            step |= (data[place] & 0x7F) << shift
            shift, place = shift + 7, place + 1
        event_id = (event_id + (step | data[place] << shift)) & ROUND
        place += 1
        marks[event_id - (event_id >> 63 << 64)] = data[place : place + MARK]
        place += MARK
    return marks


def _digest(link: AuditSeal) -> str:
    """What chains: everything that the seal says, and the seal before it."""
    told = [link.previous, link.first_transaction, link.next_transaction, link.rows, link.last_id, link.content]
    told += [link.rows_from.astimezone(UTC).isoformat(), link.rows_until.astimezone(UTC).isoformat()]
    return hashlib.sha256(json.dumps(told).encode() + bytes(link.marks)).hexdigest()


@transaction.atomic
def seal() -> AuditSeal | None:
    """Seal the rows of every transaction that has ended since the last seal; None if there are none.

    Locks: an advisory lock, so that one seal is made at a time.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [SEAL_LOCK])
        cursor.execute("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (horizon,) = cursor.fetchone()
    newest = AuditSeal.objects.defer("marks").order_by("-id").first()
    first = newest.next_transaction if newest else 0
    if not AuditEvent.objects.filter(transaction__gte=first, transaction__lt=horizon).order_by().exists():
        return None
    block = Block().read(first, horizon, None, None)
    link = AuditSeal(
        first_transaction=first,
        next_transaction=horizon,
        rows=block.rows,
        rows_from=block.first_at,
        rows_until=block.last_at,
        last_id=block.last_id,
        content=block.content,
        marks=bytes(block.marks),
        previous=newest.digest if newest else "",
    )
    link.digest = _digest(link)
    link.save(force_insert=True)
    return link


def hold() -> None:
    """No seal is made, and none retired, until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [SEAL_LOCK])


def seals_of(patient_id: UUID) -> QuerySet[AuditSeal]:
    """The seals in which rows of a patient's record lie."""
    rows = AuditEvent.objects.filter(
        patient_id=patient_id,
        transaction__gte=OuterRef("first_transaction"),
        transaction__lt=OuterRef("next_transaction"),
    )
    return AuditSeal.objects.filter(Exists(rows.order_by())).order_by("id")


class Retired:
    """What became of sealed rows since: of a seal that was retired, none is left, or these; of one in which a patient's
    rows were emptied, these, and of each emptied row its mark. The later of both counts."""

    def __init__(self) -> None:
        self.partial: dict[int, tuple[int, str]] = {}
        self.emptied: dict[int, tuple[int, str]] = {}
        self.marks: dict[int, bytes] = {}
        self.gone: set[int] = set()
        ranges: list[tuple[int, int]] = []
        retirements, erasures = AuditRetirement.objects.all(), AuditErasure.objects.select_related("erasure")
        for row in sorted([*retirements, *erasures], key=_order):
            if isinstance(row, AuditErasure):
                self._emptied(row)
                continue
            ranges += [(first, last) for first, last in row.whole]
            left = {int(pk): (rows, digest) for pk, (rows, digest) in row.partial.items()}
            self.partial.update(left)
            self.gone.update(left)
            self.emptied = {pk: told for pk, told in self.emptied.items() if pk not in left}
        self.ranges = sorted(ranges)

    def _emptied(self, row: AuditErasure) -> None:
        """Only rows of the patient who was erased, in which nothing is told any more: any other stays a change."""
        self.emptied.update({int(pk): (rows, digest) for pk, (rows, digest) in row.seals.items()})
        empty = AuditEvent.objects.filter(patient_id=row.erasure.patient_id, reason="", detail={}).order_by()
        of_them = {str(pk) for pk in empty.values_list("pk", flat=True).iterator()}
        self.marks.update({int(pk): bytes.fromhex(mark) for pk, mark in row.marks.items() if pk in of_them})

    def whole(self, seal_id: int) -> bool:
        place = bisect_right(self.ranges, (seal_id, 1 << 62)) - 1
        return place >= 0 and self.ranges[place][0] <= seal_id <= self.ranges[place][1]

    def touches(self, seal_id: int) -> bool:
        return self.whole(seal_id) or seal_id in self.partial or seal_id in self.emptied


def _order(row: AuditRetirement | AuditErasure) -> tuple[int, int, int]:
    """In which they were made: an erasure names the last retirement before it."""
    return (row.retired, 1, row.pk) if isinstance(row, AuditErasure) else (row.pk, 0, 0)


def faults() -> Iterator[str]:
    """Every place where the sealed audit is not what it was when it was sealed, in words."""
    previous, expected_first, found = "", 0, 0
    retired = Retired()
    for link in AuditSeal.objects.order_by("id").iterator(chunk_size=200):
        if link.previous != previous or link.first_transaction != expected_first:
            yield f"Audit seal {link.pk} does not follow the one before it: a seal was removed or changed."
        block, wrong = check(link, retired)
        yield from wrong
        found += block.rows
        previous, expected_first = link.digest, link.next_transaction
    yield from _strays(expected_first, found)
    yield from _retirements()
    yield from _erasures()


def check(link: AuditSeal, retired: Retired) -> tuple[Block, list[str]]:
    """The rows of one seal as they are now, and what is wrong with them or with itself."""
    header = "" if link.content else f"{link.previous}:{link.first_transaction}:{link.next_transaction}"
    header = "" if retired.touches(link.pk) else header
    block = Block(header).read(link.first_transaction, link.next_transaction, link.rows_from, link.rows_until)
    wrong = []
    if link.content and _digest(link) != link.digest:
        wrong.append(f"Audit seal {link.pk} was changed itself.")
    if link.pk in retired.emptied and not retired.whole(link.pk):
        named = _named(link, block, gone=link.pk in retired.gone, emptied=retired.marks)
        if (block.rows, block.tops) != retired.emptied[link.pk] and not named:
            named = [f"Audit seal {link.pk}: a row was changed, removed or slipped in since others of it were emptied with a patient's record."]  # fmt: skip
        wrong += named
    elif retired.touches(link.pk):
        rows, content = (0, Block().content) if retired.whole(link.pk) else retired.partial[link.pk]
        if (block.rows, block.content if block.rows else "") != (rows, content):
            wrong.append(f"Audit seal {link.pk}: of what was left when its other rows were retired, {rows} rows, there are {block.rows}, or one was changed.")  # fmt: skip
            wrong += _named(link, block, gone=True, emptied=retired.marks)
    elif link.content and block.content != link.content:
        wrong += _named(link, block)
    elif not link.content:
        wrong += _counted(link, block)
    return block, wrong


def _named(
    link: AuditSeal, block: Block, *, gone: bool = False, emptied: Mapping[int, bytes] | None = None
) -> list[str]:
    """Row by row, what differs from the marks. With `gone`, rows may be missing: they were retired. `emptied` rows
    have other marks since a patient's record was erased."""
    if not link.content:
        return []
    marks, now = unpacked(bytes(link.marks)), unpacked(bytes(block.marks))
    marks |= {pk: mark for pk, mark in (emptied or {}).items() if pk in marks}
    missing = [] if gone else [pk for pk in marks if pk not in now]
    cut = [pk for pk in missing if pk > (block.last_id or 0)]
    changed = [pk for pk in marks if pk in now and now[pk] != marks[pk]]
    added = [pk for pk in now if pk not in marks]
    saying = _saying([*changed, *added][: 2 * NAMED], block)
    lines = [f"row {pk} was cut off its end." if pk in cut else f"row {pk} was removed." for pk in missing]
    lines += [f"row {pk} was changed. Now it says: {saying.get(pk)}." for pk in changed]
    lines += [f"row {pk} was slipped in. It says: {saying.get(pk)}." for pk in added]
    more = [f"and {len(lines) - NAMED} more rows."] if len(lines) > NAMED else []
    return [f"Audit seal {link.pk}: {line}" for line in [*lines[:NAMED], *more]]


def _saying(ids: list[int], block: Block) -> dict[int, str]:
    """When, who and what: of a row that is not what it was. Whose record it was is not said here."""
    period = {"at__range": (block.first_at, block.last_at)} if block.first_at else {}
    rows = AuditEvent.objects.filter(pk__in=ids, **period) if ids else []
    return {row.pk: f"{row.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, {row.actor_name}, {row.action}" for row in rows}


def _counted(link: AuditSeal, block: Block) -> list[str]:
    """A seal of before the marks: how many rows are missing or too many, or that one was changed."""
    if block.rows < link.rows:
        end = " at its end" if (block.last_id or 0) < (link.last_id or 0) else ""
        return [f"Audit seal {link.pk}: {link.rows - block.rows} of {link.rows} rows are missing{end}."]
    if block.rows > link.rows:
        return [f"Audit seal {link.pk}: {block.rows - link.rows} rows were slipped in."]
    return [f"Audit seal {link.pk}: a row was changed."] if block.content != link.digest else []


def _strays(horizon: int, found: int) -> Iterator[str]:
    """Rows of sealed transactions that stand outside the time of their seal, where its check does not look."""
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from core_auditevent where transaction < %s", [horizon])
        (there,) = cursor.fetchone()
        if there == found:
            return
        cursor.execute(
            """
            select s.id, e.id from core_auditseal s
                join core_auditevent e on e.transaction >= s.first_transaction and e.transaction < s.next_transaction
                where e.at < s.rows_from or e.at > s.rows_until order by e.id limit %s
            """,
            [NAMED],
        )
        for seal_id, event_id in cursor.fetchall():
            yield f"Audit seal {seal_id}: row {event_id} was slipped in, or its time was changed."


def fingerprint(row: AuditRetirement) -> str:
    """The hash of a retirement, which its audit row holds."""
    told = [row.years, row.before.astimezone(UTC).isoformat(), row.months, row.rows, row.last_seal_id, row.whole]
    return hashlib.sha256(json.dumps([*told, row.partial], sort_keys=True).encode()).hexdigest()


def _retirements() -> Iterator[str]:
    """Every retirement was of months that were old enough, and is told by an audit row; unless that is retired as well."""
    rows = list(AuditRetirement.objects.order_by("id"))
    for row in rows:
        if row.before > years_before(row.made_at, row.years):
            yield f"Audit retirement {row.pk} let rows go that had not been kept for {row.years} years."
        near = (row.made_at - timedelta(hours=1), row.made_at + timedelta(hours=1))
        told = AuditEvent.objects.filter(facility=None, kind=ActKind.CHANGE, at__range=near, object_id=str(row.pk))
        told = told.filter(action="core.audit.retired").order_by()
        if row.made_at >= rows[-1].before and fingerprint(row) not in [each.detail.get("digest") for each in told]:
            yield f"Audit retirement {row.pk} is not told by an audit row: it was changed, or made by hand."


def erased_fingerprint(row: AuditErasure) -> str:
    """The hash of what was emptied with a patient's record, which its audit row holds."""
    told = [str(row.erasure_id), row.retired, row.rows, row.marks, row.seals]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _erasures() -> Iterator[str]:
    """Every emptying of audit rows was an erasure that two people wanted, and is told by an audit row of its own
    transaction; unless that is retired by now."""
    newest = AuditRetirement.objects.order_by("-id").first()
    for row in AuditErasure.objects.select_related("erasure").order_by("id"):
        if row.erasure.status != ErasureStatus.DONE:
            yield f"Audit erasure {row.pk} belongs to no erasure that was done."
        told = AuditEvent.objects.filter(transaction=row.transaction, object_id=str(row.erasure_id)).order_by()
        told = told.filter(action="core.erasure.done")
        kept = newest is None or row.made_at >= newest.before
        if kept and erased_fingerprint(row) not in [each.detail.get("digest") for each in told]:
            yield f"Audit erasure {row.pk} is not told by an audit row: it was changed, or made by hand."


def years_before(moment: datetime, years: int) -> datetime:
    """The same moment so many years earlier; of 29 February, the day after."""
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:
        return moment.replace(year=moment.year - years, month=3, day=1)
