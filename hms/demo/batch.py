"""Rows gathered in memory and written in bulk, in the order in which they depend on one another."""

from __future__ import annotations

from collections import defaultdict
from typing import TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class Batch:
    """`add` keeps a row; `write` stores all of them, model by model in the order of first use given."""

    def __init__(self, order: list[type[models.Model]]) -> None:
        self.order = order
        self.rows: dict[type[models.Model], list[models.Model]] = defaultdict(list)

    def add(self, row: Row) -> Row:
        self.rows[type(row)].append(row)
        return row

    def write(self) -> int:
        """Store everything; returns how many rows."""
        if unknown := set(self.rows) - set(self.order):
            raise LookupError(f"no place in the order for {unknown}")
        written = 0
        for model in self.order:
            rows = self.rows.pop(model, [])
            model._default_manager.bulk_create(rows, batch_size=2000)
            written += len(rows)
        return written
