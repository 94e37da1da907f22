"""Up to how much each role does alone: the one table, and what a facility set differently.

Read as: kind of act → (why it needs a second person, its limits by role). A role that is not named does nothing of
the kind alone, and approves nothing of it. The same limit holds for doing and for approving: whoever approves answers
for the amount as if they did it. Amounts are in the facility's own currency, whatever it is worth: a hospital sets
its own under Approvals, Limits (`ApprovalLimit`). A percentage, where it stands, holds as well as the amount.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from hms.core import money
from hms.core.models import ApprovalLimit, Facility


@dataclass(frozen=True)
class Limit:
    """Up to `amount`, and up to `percent` of what it was; None is any."""

    amount: Decimal | None
    percent: Decimal | None = None

    def covers(self, counted: Decimal, percent: Decimal | None) -> bool:
        enough = self.amount is None or counted <= self.amount
        return enough and (self.percent is None or percent is None or percent <= self.percent)

    @property
    def width(self) -> tuple[bool, Decimal, bool, Decimal]:
        """By which limits are ordered: the wider is the larger."""
        return (self.amount is None, self.amount or Decimal(0), self.percent is None, self.percent or Decimal(0))


NOTHING = Limit(Decimal(0), Decimal(0))
ANYTHING = Limit(None)


def _upto(amount: int, percent: int | None = None) -> Limit:
    return Limit(Decimal(amount), None if percent is None else Decimal(percent))


@dataclass(frozen=True)
class Rule:
    why: str
    by_role: dict[str, Limit]


RULES: dict[str, Rule] = {
    "billing.discount": Rule(
        "Income given away by a word: small change at the desk, the rest with whoever answers for income.",
        {"cashier": _upto(20, 10), "accountant": _upto(200, 30), "manager": ANYTHING},
    ),
    "billing.credit": Rule(
        "An invoice taken back before it was paid hides a payment that was kept.",
        {"accountant": _upto(200), "manager": ANYTHING},
    ),
    "billing.refund": Rule(
        "Money leaves the house.",
        {"cashier": _upto(100), "accountant": _upto(500), "manager": ANYTHING},
    ),
    "billing.payment_reversal": Rule(
        "A payment that was made disappears from what the till must hold. Never by who took it.",
        {"accountant": _upto(500), "manager": ANYTHING},
    ),
    "billing.charge_reversal": Rule(
        "What was done is no longer charged. Undoing the act itself never waits: it is a fact of care.",
        {"accountant": _upto(500), "manager": ANYTHING},
    ),
    "billing.waiver": Rule(
        "What was done stays free of charge.",
        {"accountant": _upto(100), "manager": ANYTHING},
    ),
    "billing.price": Rule(
        "A price moves everything charged after it. In per cent, because a price has no size of its own; what comes into use or goes out of it, by the whole price.",
        {"administrator": _upto(50, 25), "accountant": _upto(50, 25), "manager": ANYTHING},
    ),
    "doctors.fee": Rule(
        "A fee of one's own is a price, the first one too: it moves what every visit to this doctor costs.",
        {"administrator": _upto(50, 25), "hr": _upto(50, 25), "manager": ANYTHING},
    ),
    "pharmacy.price": Rule(
        "A medicine that is needed at night is charged from the moment it is added; a second person looks at its price.",
        {"administrator": _upto(50), "pharmacist": _upto(50), "manager": ANYTHING},
    ),
    "pharmacy.adjustment": Rule(
        "A count that finds less covers what was taken away.",
        {"pharmacist": _upto(50), "manager": ANYTHING},
    ),
    "pharmacy.waste": Rule(
        "What is thrown away is seen by nobody afterwards.",
        {"pharmacist": _upto(100), "manager": ANYTHING},
    ),
}

Table = dict[tuple[str, str], Limit]


def of(facility: Facility) -> Table:
    """(kind, role) → limit, as they hold in a facility. One query."""
    table = {(kind, role): limit for kind, rule in RULES.items() for role, limit in rule.by_role.items()}
    for row in ApprovalLimit.objects.filter(facility=facility):
        table[row.kind, row.role] = Limit(row.amount, row.percent)
    return table


def widest(table: Table, kind: str, roles: Iterable[str]) -> Limit:
    return max((table.get((kind, role), NOTHING) for role in roles), key=lambda limit: limit.width, default=NOTHING)


def covering(
    table: Table, kind: str, roles: Iterable[str], *, counted: Decimal, percent: Decimal | None
) -> Limit | None:
    """The widest limit of these roles that covers so much; None if none does."""
    fit = [limit for role in roles if (limit := table.get((kind, role), NOTHING)).covers(counted, percent)]
    return max(fit, key=lambda limit: limit.width, default=None)


def in_words(limit: Limit, currency: str) -> str:
    if limit.amount is None and limit.percent is None:
        return _("any amount")
    if not limit.amount and limit.amount is not None:
        return _("nothing alone")
    amount = _("any amount") if limit.amount is None else f"{money.rounded(limit.amount)} {currency}"
    if limit.percent is None:
        return amount
    return _("%(amount)s and %(percent)s %%") % {"amount": amount, "percent": f"{limit.percent.normalize():f}"}
