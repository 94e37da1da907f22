"""Doormen: ids in, one call, safe to run twice."""

from celery import shared_task

from hms.core import anchors, approvals, clock, outbox, retention, sealing
from hms.core.sign_in import presence, sessions, throttle


@shared_task
def deliver(message_id: int) -> None:
    outbox.deliver(message_id)


@shared_task
def seal_audit() -> None:
    sealing.seal()


@shared_task
def make_months() -> None:
    """The audit's next months, long before their first row."""
    retention.make_months()


@shared_task
def mail_anchor() -> None:
    """Once a day; tried each hour until it went."""
    anchors.mail_once(clock.now())


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
