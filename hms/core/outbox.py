"""News that travels up the floors, at least once, whatever dies on the way.

A service publishes within its transaction: one row per handler. The relay (`manage.py relay`)
claims waiting rows under a lease and hands them to Celery; the worker does the handler's work and
marks the row done in one transaction. A crash anywhere leaves a row whose lease runs out.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.module_loading import import_string

from hms.core import audit, clock
from hms.core.models import OutboxMessage

log = logging.getLogger("hms.outbox")

_handlers: dict[str, list[str]] = {}


def register(topic: str, handler: str) -> None:
    """Let the function at dotted path `handler` hear `topic`. Called from an app's `ready()`."""
    if handler not in _handlers.setdefault(topic, []):
        _handlers[topic].append(handler)


def publish(topic: str, **payload: Any) -> None:
    """Tell every handler of `topic`. Payload: ids and codes as strings and numbers, no patient data.

    Must run inside the transaction of the change that it tells of.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("news is published in the transaction of its change")
    OutboxMessage.objects.bulk_create(
        [OutboxMessage(topic=topic, handler=handler, payload=payload) for handler in _handlers.get(topic, [])]
    )


@transaction.atomic
def claim(limit: int = 50) -> list[int]:
    """Take up to `limit` waiting messages under a lease and return their ids.

    Locks: the claimed rows, skipping those another relay holds.
    """
    waiting = OutboxMessage.objects.filter(
        done_at__isnull=True, dead_at__isnull=True, available_at__lte=clock.now()
    ).order_by("available_at", "id")
    ids = list(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
    lease = clock.now() + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    OutboxMessage.objects.filter(pk__in=ids).update(available_at=lease, attempts=F("attempts") + 1)
    return ids


def give_back(ids: list[int]) -> None:
    """Undo a claim whose hand-over failed: the broker was away, nobody is to blame."""
    OutboxMessage.objects.filter(pk__in=ids, done_at__isnull=True).update(
        available_at=clock.now(), attempts=F("attempts") - 1
    )


def deliver(message_id: int) -> bool:
    """Do one message's work. True if it was done now; False if it was done, dead or in other hands.

    Locks: the message, then whatever its handler locks. Work and mark commit together.
    """
    try:
        with transaction.atomic():
            message = (
                OutboxMessage.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(pk=message_id, done_at__isnull=True, dead_at__isnull=True)
                .first()
            )
            if message is None:
                return False
            with audit.source(f"outbox {message.topic}"):
                import_string(message.handler)(**message.payload)
            message.done_at = clock.now()
            message.last_error = ""
            message.save(update_fields=["done_at", "last_error"])
            return True
    except Exception as failure:
        _postpone(message_id, failure)
        raise


def _postpone(message_id: int, failure: Exception) -> None:
    """Try again later, each time after twice the pause, up to an hour; then a dead letter."""
    message = OutboxMessage.objects.get(pk=message_id)
    # The kind of error and where: its text may quote a row.
    frame = failure.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    place = f" at {frame.tb_frame.f_code.co_qualname}:{frame.tb_lineno}" if frame else ""
    message.last_error = f"{type(failure).__name__}{place}"
    if message.attempts >= settings.OUTBOX_MAX_ATTEMPTS:
        message.dead_at = clock.now()
        log.error("dead letter", extra={"outbox_id": message_id, "topic": message.topic})
    else:
        message.available_at = clock.now() + timedelta(seconds=min(2**message.attempts, 3600))
    message.save(update_fields=["last_error", "dead_at", "available_at"])


@transaction.atomic
def send_again(message_id: int) -> None:
    """Bring a dead letter back to life. Locks: the message."""
    OutboxMessage.objects.select_for_update().filter(pk=message_id, dead_at__isnull=False).update(
        dead_at=None, attempts=0, available_at=clock.now()
    )
