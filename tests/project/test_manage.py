"""`bin/hms manage` and `bin/hms verify` where there is no hospital yet."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

NAME = f"hms_nothing_yet_{os.getpid()}"  # two processes may test at once


@pytest.fixture
def nothing_yet(db: None) -> Iterator[str]:
    """The address of a database without a single table."""
    known = connection.get_connection_params()
    server = {key: known[key] for key in ("host", "port", "user", "password") if known.get(key)}
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as owner:
        owner.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(NAME)))
        owner.execute(sql.SQL("create database {}").format(sql.Identifier(NAME)))
        parts = urlsplit(os.environ["DATABASE_URL"])
        yield urlunsplit(parts._replace(path=f"/{NAME}"))
        owner.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(NAME)))


@pytest.mark.parametrize("command", [["verify"], ["sync_roles"], ["create_administrator", "--username", "ines"]])
def test_without_a_hospital_a_command_says_so_in_one_line(nothing_yet: str, command: list[str]) -> None:
    environment = {**os.environ, "DATABASE_URL": nothing_yet, "HMS_ADMIN_PASSWORD": "many-blue-kettles-1"}
    ended = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.splitlines() == [
        "hms: there is no hospital in this database yet. Start one with bin/hms up, or bin/hms up --empty."
    ]
