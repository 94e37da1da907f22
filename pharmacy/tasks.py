"""Doormen: safe to run twice."""

from celery import shared_task

from pharmacy.services import stock


@shared_task
def watch_shelves() -> int:
    """Every hour: what expired overnight may have left a product low."""
    return stock.watch_shelves()
