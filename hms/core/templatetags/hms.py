"""What every template of the house can say. Loaded as a builtin: no `{% load %}` needed.

Words and numbers look the same on every page: 05 Mar 2026, 09:40, 1 450.00, − for minus, – for nothing.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from hms.core import approvals, units
from hms.core.statuses import KINDS, STATUSES

register = template.Library()

NOTHING = "–"
MINUS = "\u2212"
GROUP = "\u00a0"  # the narrow one all but vanishes in Inter: 1450 and 1 450 must not look alike


# Pictures and pills


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A Bootstrap icon. Decoration by default; with a label it speaks for itself."""
    if label:
        return format_html('<i class="bi bi-{}" role="img" aria-label="{}"></i>', name, label)
    return format_html('<i class="bi bi-{}" aria-hidden="true"></i>', name)


@register.simple_tag(takes_context=True)
def script(context: template.Context, path: str, *, at_once: bool = False, theme: str | None = None) -> SafeString:
    """`{% script "js/app.js" %}`: one of our own scripts, with the word of this answer by which the browser knows it
    from any other; run when the page stands, or `at_once`. `theme` is for the one that sets the colours."""
    nonce = getattr(context.get("request"), "csp_nonce", "")
    theme_of_page = format_html(' data-theme="{}"', theme) if theme is not None else ""
    when = "" if at_once or theme is not None else mark_safe(" defer")
    return format_html('<script src="{}" nonce="{}"{}{}></script>', static(path), nonce, theme_of_page, when)


@register.inclusion_tag("components/pill.html")
def pill(kind: str, text: Any, icon: str | None = None) -> dict[str, Any]:
    """`{% pill "warn" "Falls risk" %}`: kind is crit, warn, good, info or plain; icon="" for none."""
    return {
        "kind": kind if kind in KINDS else "plain",
        "text": text,
        "icon": KINDS.get(kind, "") if icon is None else icon,
    }


@register.inclusion_tag("components/pill.html")
def status(thing: Any, field: str = "status") -> dict[str, Any]:
    """`{% status appointment %}`: the pill of a model's status; `{% status row "payment_status" %}` of another field."""
    word = str(getattr(thing, field, thing))
    display = getattr(thing, f"get_{field}_display", None)
    kind, name = STATUSES.get(word, ("plain", "circle"))
    return {"kind": kind, "text": display() if display else word.replace("_", " ").capitalize(), "icon": name}


@register.filter
def kind_of_act(key: Any) -> str:
    """What a kind of approvals is called: Refund, Count of stock."""
    return approvals.label_of(str(key))


# People


@register.simple_tag
def person(name: Any) -> SafeString:
    """A name in any script, keeping its own direction."""
    return format_html("<bdi>{}</bdi>", name) if name else mark_safe(NOTHING)


@register.filter
def initials(name: Any) -> str:
    words = [
        word for word in str(name or "").split() if word.strip(".").lower() not in ("dr", "prof", "mr", "mrs", "ms")
    ]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


# Numbers


@register.filter
def money(value: Any, currency: str = "") -> str:
    """1 450.00, with a real minus, and the currency after it when given."""
    if value is None or value == "":
        return NOTHING
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    text = f"{abs(amount):,.2f}".replace(",", GROUP)
    sign = MINUS if amount < 0 and text.strip("0.") else ""
    return f"{sign}{text}\u00a0{currency}" if currency else f"{sign}{text}"


@register.filter
def number(value: Any) -> str:
    """5 000 and 1 234.5: grouped, no more decimals than it has."""
    if value is None or value == "":
        return NOTHING
    try:
        return f"{value:,}".replace(",", GROUP).replace("-", MINUS)
    except (TypeError, ValueError):
        return str(value)


@register.filter
def unit(value: Any) -> str:
    """A UCUM unit as people read it: µmol/L, mmHg."""
    return units.text(str(value or ""))


@register.filter
def age_limit(days: Any) -> str:
    """An age kept in days, as people say it: birth, 28 days, 18 years, and any where there is no end."""
    if days is None or days == "":
        return NOTHING
    if not 0 < days < 50_000:
        return "birth" if days <= 0 else "any"
    years = round(days / 365.25)
    if years and abs(years * 365.25 - days) < 3:
        return f"{years} year{'s' if years > 1 else ''}"
    return f"{days} day{'s' if days > 1 else ''}"


@register.filter
def dash(value: Any) -> Any:
    """The value, or – where there is none."""
    return NOTHING if value is None or value == "" else value


# Time: in the facility's zone, which the middleware activates


def _moment(value: Any) -> datetime | date | time | None:
    if isinstance(value, str):
        value = parse_datetime(value) or parse_date(value)
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value if isinstance(value, date | time) else None


@register.filter
def day(value: Any) -> str:
    """05 Mar 2026"""
    moment = _moment(value)
    return date_format(moment, "d M Y") if isinstance(moment, date) else NOTHING


@register.filter
def weekday(value: Any) -> str:
    """Friday 20 Nov 2026"""
    moment = _moment(value)
    return date_format(moment, "l d M Y") if isinstance(moment, date) else NOTHING


@register.filter
def daytime(value: Any) -> str:
    """05 Mar 2026, 09:40"""
    moment = _moment(value)
    return date_format(moment, "d M Y, H:i") if isinstance(moment, datetime) else day(value)


@register.filter
def clock(value: Any) -> str:
    """09:40"""
    moment = _moment(value)
    return moment.strftime("%H:%M") if isinstance(moment, datetime | time) else NOTHING


@register.filter
def elapsed(value: Any) -> str:
    """How long since: 6 min, 1 h 05, 3 d."""
    moment = _moment(value)
    if not isinstance(moment, datetime):
        return NOTHING
    minutes = max(int((timezone.now() - moment) / timedelta(minutes=1)), 0)
    if minutes < 60:
        return f"{minutes}\u00a0min"
    if minutes < 24 * 60:
        return f"{minutes // 60}\u00a0h\u00a0{minutes % 60:02d}"
    return f"{minutes // (24 * 60)}\u00a0d"


@register.filter
def ago(value: Any) -> str:
    """6 min ago; after a day, the date."""
    moment = _moment(value)
    if not isinstance(moment, datetime):
        return day(value)
    passed = timezone.now() - moment
    if passed < timedelta(0) or passed >= timedelta(days=1):
        return daytime(moment)
    if passed < timedelta(minutes=1):
        return _("just now")
    return _("%(time)s ago") % {"time": elapsed(moment)}


# Forms and links


@register.simple_tag
def idempotency_key() -> SafeString:
    """The hidden `_key` that makes a form sent twice one act. In every form that changes something."""
    return format_html('<input type="hidden" name="_key" value="{}">', uuid.uuid4())


@register.simple_tag(takes_context=True)
def qs(context: template.Context, **changes: Any) -> str:
    """This page's query with some values replaced (None removes); a cursor never survives a change."""
    query = context["request"].GET.copy()
    for name in ("after", "before", "format"):
        query.pop(name, None)
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        else:
            query[name] = value
    return "?" + query.urlencode()


@register.simple_tag(takes_context=True)
def sort(context: template.Context, name: str, label: str, css: str = "") -> SafeString:
    """`{% sort "price" "Price" "n" %}`: a heading that orders the list, drawn from the page's `sort`."""
    chosen = context.get("sort", "")
    down = chosen == f"-{name}"
    here = "descending" if down else "ascending" if chosen == name else ""
    return format_html(
        '<th scope="col"{}{}><a href="{}">{}{}</a></th>',
        format_html(' class="{}"', css) if css else "",
        format_html(' aria-sort="{}"', here) if here else "",
        qs(context, sort=f"-{name}" if chosen == name else name),
        label,
        icon("caret-down-fill" if down else "caret-up-fill") if here else "",
    )


@register.simple_tag(takes_context=True)
def what_changed(context: template.Context, row: Any, css: str = "") -> SafeString:
    """`{% what_changed allergy %}`: the link to a record's history, for those who may read it; no query.
    A sign in a row of many; in words with `css`, the link's class: "btn btn-quiet" among a page's actions."""
    from hms.core import history

    request = context.get("request") or context.request  # an include with `only` has no other
    if not row or not (address := history.url(request.user, row)):
        return mark_safe("")
    words = _("What changed")
    if css:
        return format_html('<a class="{}" href="{}">{}</a>', css, address, words)
    return format_html(
        '<a class="what-changed" href="{}" title="{}">{}</a>', address, words, icon("clock-history", words)
    )


@register.simple_tag(takes_context=True)
def history_url(context: template.Context, row: Any) -> str:
    """The address of a record's history, "" where there is none for this person."""
    from hms.core import history

    return history.url(context["request"].user, row) if row is not None else ""


# Pages


class BlockText(template.Node):
    def __init__(self, name: str) -> None:
        self.name = name

    def render(self, context: template.Context) -> str:
        blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
        block = blocks.get_block(self.name) if blocks else None
        return " ".join(strip_tags(block.render(context)).split()) if block else ""


@register.tag
def block_text(parser: template.base.Parser, token: template.base.Token) -> BlockText:
    """`{% block_text "title" %}`: what a block of the page says, as plain text; a block may stand only once."""
    return BlockText(token.split_contents()[1].strip("\"'"))
