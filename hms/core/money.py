"""Money is Decimal, in the facility's currency, rounded half up, once, per line."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def rounded(amount: Decimal) -> Decimal:
    """To two places, half away from zero, as PostgreSQL's numeric rounds: 2.665 becomes 2.67."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def allocate(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split `total` by `weights` to the cent so that the parts sum to it exactly.

    Largest remainder method; equal remainders go to the earlier part. Raises ValueError when
    there is nothing to split by.
    """
    whole = sum(weights, Decimal(0))
    if whole <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("allocate() needs weights that are not negative and not all zero")
    cents = int(rounded(total) / CENT)
    exact = [Decimal(cents) * weight / whole for weight in weights]
    floors = [int(share // 1) for share in exact]
    order = sorted(range(len(weights)), key=lambda i: (-(exact[i] - floors[i]), i))
    for i in order[: cents - sum(floors)]:
        floors[i] += 1
    return [CENT * part for part in floors]
