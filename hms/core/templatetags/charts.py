"""Charts and codes. Loaded as a builtin, as `hms` is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hms.core import charts

register = template.Library()


@register.simple_tag
def barcode(code: str) -> SafeString:
    """Code 128 (ISO/IEC 15417) as SVG that stretches to its box, with its ten modules of quiet zone."""
    from barcode.codex import Code128

    modules = str(Code128(str(code)).build()[0])
    bars, at = [], 0
    for black, run in groupby(modules):
        width = len(list(run))
        if black == "1":
            bars.append(f"M{at + 10} 0h{width}v1h-{width}z")
        at += width
    return format_html(
        '<svg class="barcode" viewBox="0 0 {} 1" preserveAspectRatio="none" role="img" aria-label="{}"><path d="{}" fill="#000"/></svg>',
        at + 20, code, "".join(bars),
    )  # fmt: skip


@register.inclusion_tag("components/sparkline.html")
def sparkline(
    values: Sequence[charts.Number], kind: str = "accent", low: Any = None, high: Any = None, label: str = ""
) -> dict[str, Any]:
    """`{% sparkline vitals.pulse kind="warn" low=60 high=100 label="Pulse, last 7" %}`"""
    return {**charts.spark(values, low=low, high=high), "kind": kind, "label": label}


@register.inclusion_tag("components/bars.html")
def bars(rows: Sequence[tuple[str, charts.Number]], title: str = "", unit: str = "") -> dict[str, Any]:
    """`{% bars rows title="Visits a day" unit="visits" %}`, rows being (label, number) pairs."""
    axes, drawn = charts.bars(rows)
    return {"axes": axes, "bars": drawn, "title": title, "unit": unit}


@register.inclusion_tag("components/lines.html")
def lines(
    labels: Sequence[str], series: Sequence[tuple[str, Sequence[charts.Number]]], title: str = "", unit: str = ""
) -> dict[str, Any]:
    """`{% lines days series title="Revenue" unit="EUR" %}`, series being (name, numbers) pairs."""
    axes, marks, drawn = charts.lines(labels, series)
    table = [
        (str(label), [s.values[i] if i < len(s.values) else None for s in drawn]) for i, label in enumerate(labels)
    ]
    return {"axes": axes, "marks": marks, "series": drawn, "table": table, "title": title, "unit": unit}
