"""Doormen: ids in, one call, safe to run twice."""

from celery import shared_task

from hms.core import approvals, audit, clock, outbox
from hms.core.sign_in import presence, sessions, throttle


@shared_task
def deliver(message_id: int) -> None:
    outbox.deliver(message_id)


@shared_task
def seal_audit() -> None:
    audit.seal()


@shared_task
def tidy_the_door() -> None:
    """Sessions that are over and counts of guesses that say nothing any more."""
    sessions.forget()
    presence.forget()
    throttle.forget(clock.now())


@shared_task
def expire_approvals() -> int:
    """Ends requests that nobody decided in time; returns how many."""
    return approvals.expire()
