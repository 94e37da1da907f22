"""`manage.py relay`: hands outbox messages to the workers, for ever."""

import logging
import signal
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections
from kombu.exceptions import OperationalError as BrokerError

from hms.core import outbox
from hms.core.tasks import deliver

log = logging.getLogger("hms.relay")

PAUSE = 0.3
LONGEST_PAUSE = 10.0


class Command(BaseCommand):
    help = "Hand waiting outbox messages to the Celery workers until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        self.running = True
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        pause = PAUSE
        while self.running:
            try:
                handed = relay_once()
                pause = PAUSE
                if handed:
                    continue
            except (BrokerError, OperationalError, OSError) as failure:
                # Database or broker away: what waits is safe in its table.
                log.warning("relay waits", extra={"error_kind": type(failure).__name__, "pause": pause})
                close_old_connections()
                pause = min(pause * 2, LONGEST_PAUSE)
            self.rest(pause)

    def stop(self, signum: int, frame: FrameType | None) -> None:
        self.running = False

    def rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self.running and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))


def relay_once() -> int:
    """Claim what waits and hand it over; returns how many. What the broker did not take is given back."""
    ids = outbox.claim()
    for place, message_id in enumerate(ids):
        try:
            deliver.apply_async((message_id,), retry=False)
        except Exception:
            outbox.give_back(ids[place:])
            raise
    return len(ids)
