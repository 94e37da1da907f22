"""What a page says when something under it breaks."""

from __future__ import annotations

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, RequestFactory

from hms.core.views import errors


@pytest.fixture
def lost_database(transactional_db):
    """The database stops under an open connection, and is reached again afterwards."""
    connection.ensure_connection()
    own = connection.connection.info
    with psycopg.connect(own.dsn, password=own.password, autocommit=True) as other:
        other.execute("select pg_terminate_backend(%s)", [own.backend_pid])
    yield
    connection.close()


@pytest.mark.parametrize("address", ["/", "/readyz", "/patients/"])
def test_a_page_says_when_the_database_is_away(lost_database, address: str) -> None:
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "whatever-was-signed-in"
    answer = client.get(address)
    assert answer.status_code == 503
    assert address == "/readyz" or answer.headers["Retry-After"] == "5"


def test_a_fault_of_ours_is_not_taken_for_a_database_away(db) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1/0")
    except Exception:
        answer = errors.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500 and "not with you" in answer.content.decode()
