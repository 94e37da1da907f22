"""Doormen: ids in, one call, safe to run twice."""

from celery import shared_task

from hms.core import audit, outbox


@shared_task
def deliver(message_id: int) -> None:
    outbox.deliver(message_id)


@shared_task
def seal_audit() -> None:
    audit.seal()
