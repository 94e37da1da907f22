"""News that the pharmacy hears, in a worker. Safe to run twice."""

from pharmacy.services import stock


def stock_fell(product_id: str) -> None:
    stock.raise_alert(product_id)
