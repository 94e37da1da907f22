"""Doormen: ids in, one call, safe to run twice."""

from celery import shared_task

from patients.services import grants


@shared_task
def expire_grants() -> int:
    """Takes away what opened a chart until a moment that is past; returns how many."""
    return grants.expire()
