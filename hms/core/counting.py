"""Counts and sums of other tables beside a row, in one query."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Count, DecimalField, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce


def count_of(rows: QuerySet) -> Coalesce:
    """The number of rows of a query, as an expression."""
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def sum_of(rows: QuerySet, field: str) -> Coalesce:
    """The sum of a money field over the rows of a query, as an expression; nothing sums to 0.00."""
    summed = rows.order_by().annotate(one=Value(1)).values("one").annotate(n=Sum(field)).values("n")
    money = DecimalField(max_digits=14, decimal_places=2)
    return Coalesce(Subquery(summed, output_field=money), Value(Decimal("0.00")), output_field=money)
