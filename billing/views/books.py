"""The books of a day."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing.models import LedgerEntry
from billing.models.ledger import Account
from hms.core import access, clock, lists
from hms.core.lists import Column


def read_day(request: HttpRequest, name: str = "day") -> date:
    """The hospital day asked for; today where none, nonsense or another age is asked."""
    return clock.read_day(request.GET.get(name, "")) or clock.today(request.user.facility)


@access.needs("billing.view_ledger")
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """The movements of one hospital day by account, and that they sum to zero."""
    day = read_day(request)
    start, end = clock.day_bounds(request.user.facility, day)
    entries = LedgerEntry.objects.filter(
        transaction__facility=request.user.facility,
        transaction__occurred_at__gte=start,
        transaction__occurred_at__lt=end,
    )
    labels = dict(Account.choices)
    rows = [
        {"account": labels[row["account"]], "sum": row["sum"], "count": row["count"]}
        for row in entries.values("account").annotate(sum=Sum("amount"), count=Count("id")).order_by("account")
    ]
    columns = [
        Column(_("Account"), lambda row: row["account"]),
        Column(_("Entries"), lambda row: row["count"]),
        Column(_("Sum"), lambda row: row["sum"]),
    ]
    if file := lists.export(request, rows, columns, f"ledger-{day}"):
        return file
    context = {"day": day, "rows": rows, "total": sum((row["sum"] for row in rows), start=0)}
    return render(request, "billing/ledger.html", context)
