"""News survives: handed over at least once, done once, late rather than lost."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection, transaction

from hms.core import audit, clock, outbox
from hms.core.models import AuditEvent, OutboxMessage
from tests.conftest import drain

HANDLER = "tests.core.test_outbox.heard"
FAILING = "tests.core.test_outbox.fails"


def heard(word: str) -> None:
    audit.record(None, f"test.heard.{word}")


def fails(word: str) -> None:
    audit.record(None, "test.half-done")
    raise ValueError("a patient's name must not stand here")


def times_heard() -> int:
    return AuditEvent.objects.filter(action="test.heard.hello").count()


def publish(handler: str = HANDLER) -> OutboxMessage:
    return OutboxMessage.objects.create(topic="test", handler=handler, payload={"word": "hello"})


def test_news_outside_a_transaction_is_refused(transactional_db: None) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        outbox.publish("test", word="hello")


def test_news_of_a_change_that_failed_is_never_told(db: None) -> None:
    outbox.register("test.rolled-back", HANDLER)
    with pytest.raises(ValueError), transaction.atomic():
        outbox.publish("test.rolled-back", word="hello")
        raise ValueError
    assert not OutboxMessage.objects.exists()


def test_a_message_delivered_twice_is_done_once(db: None) -> None:
    message = publish()
    assert outbox.deliver(message.pk) is True
    assert outbox.deliver(message.pk) is False
    assert times_heard() == 1


def test_what_a_failed_handler_began_is_undone_and_tried_again_later(db: None) -> None:
    message = publish(FAILING)
    outbox.claim()
    with pytest.raises(ValueError):
        outbox.deliver(message.pk)
    message.refresh_from_db()
    assert not AuditEvent.objects.filter(action="test.half-done").exists()
    assert message.done_at is None
    assert message.available_at > clock.now()
    assert "ValueError" in message.last_error
    assert "name" not in message.last_error


def test_after_too_many_failures_it_is_a_dead_letter_that_can_be_sent_again(db: None, settings: object) -> None:
    settings.OUTBOX_MAX_ATTEMPTS = 2
    message = publish(FAILING)
    for _attempt in range(2):
        OutboxMessage.objects.update(available_at=clock.now())
        assert outbox.claim() == [message.pk]
        with pytest.raises(ValueError):
            outbox.deliver(message.pk)
    message.refresh_from_db()
    assert message.dead_at is not None
    assert outbox.claim() == []
    OutboxMessage.objects.update(handler=HANDLER)
    outbox.send_again(message.pk)
    assert drain() == 1
    assert times_heard() == 1


def test_a_claim_lapses_when_its_worker_dies(db: None) -> None:
    message = publish()
    assert outbox.claim() == [message.pk]
    assert outbox.claim() == []  # under its lease
    OutboxMessage.objects.update(available_at=clock.now() - timedelta(seconds=1))
    assert outbox.claim() == [message.pk]


def test_a_broker_that_is_away_loses_nothing(transactional_db: None) -> None:
    """The relay in a process of its own, pointed at a broker that is not there."""
    message = publish()
    answer = subprocess.run(
        [sys.executable, "-c", RELAY_ONCE, connection.settings_dict["NAME"]],
        env={**os.environ, "REDIS_URL": "redis+socket:///nowhere/broker.sock"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "the broker took nothing" in answer.stdout, answer.stderr
    message.refresh_from_db()
    assert (message.attempts, message.done_at) == (0, None)
    assert drain() == 1
    assert times_heard() == 1


RELAY_ONCE = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "hms.settings"
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from hms.core.management.commands.relay import relay_once
try:
    relay_once()
except Exception:
    print("the broker took nothing")
"""
