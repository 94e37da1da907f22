"""What gunicorn itself says of a request that broke: as all lines of the house, the kind of fault and not its text.

An answer that breaks while it is sent (an export, row by row) breaks outside of Django.
"""

from __future__ import annotations

import logging
from typing import Any

from gunicorn.glogging import Logger

from hms.core.logs import JsonFormatter

BEFORE_ANY_REQUEST = "Exception in worker process"


class Lines(logging.Formatter):
    """gunicorn's own lines, and ours where one tells of an exception after the start."""

    def __init__(self, plain: logging.Formatter | None) -> None:
        super().__init__()
        self.plain, self.ours = plain or logging.Formatter(), JsonFormatter()

    def format(self, record: logging.LogRecord) -> str:
        told = record.exc_info and record.msg != BEFORE_ANY_REQUEST
        return (self.ours if told else self.plain).format(record)


class Log(Logger):
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(Lines(handler.formatter))
