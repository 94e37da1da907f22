"""Doormen: safe to run twice."""

from celery import shared_task

from staff import services


@shared_task
def watch_papers() -> int:
    """Every hour, so that each facility hears of it early in its own day: papers that run out."""
    return services.warn_of_endings()
