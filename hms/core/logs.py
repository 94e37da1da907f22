"""Logs as one JSON object a line: what happened, never whom it concerns."""

import json
import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

STANDARD = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Message, level, logger and the `extra` fields that are plain codes; no local variables, no
    request, and of an exception its type and the lines it passed, because its text may quote a row."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _said(record),
        }
        for key, value in record.__dict__.items():
            if key not in STANDARD and isinstance(value, str | int | float | bool):
                line[key] = value
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["trace"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])[-12:]
            ]
        return json.dumps(line, ensure_ascii=False)


def _said(record: logging.LogRecord) -> str:
    """The message. Where it quotes an exception, as those of Celery do, it says the kind of it instead: PostgreSQL
    tells the whole row that it refused, and a view's exception may tell what was typed."""
    args: Any = record.args
    if isinstance(args, Mapping):
        hidden = {"exc": lambda text: re.split(r"\W", text, maxsplit=1)[0], "traceback": lambda text: ""}
        args = {key: hidden[key](str(value)) if key in hidden else _plain(value) for key, value in args.items()}
    elif isinstance(args, tuple):
        args = tuple(_plain(value) for value in args)
    said = _plain(record.msg)
    said = str(said) % args if args else str(said)
    for failure in _chain(record.exc_info[1] if record.exc_info else None):
        for text in (repr(failure), str(failure)):
            if len(text) > 3:
                said = said.replace(text, type(failure).__name__)
    return said


def _plain(value: Any) -> Any:
    return type(value).__name__ if isinstance(value, BaseException) else value


def _chain(failure: BaseException | None) -> Iterator[BaseException]:
    """The exception and those that led to it."""
    told: list[BaseException] = []
    while failure is not None and failure not in told:
        told.append(failure)
        failure = failure.__cause__ or failure.__context__
    yield from told
