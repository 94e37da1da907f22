"""What a hospital does not start with, and what it says then."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hms.core import start
from tests.weakened import reworded, weakened

ROOT = Path(__file__).resolve().parents[2]
GOOD = "x7Kq2mV9pLw4Zt8Rb5Nc1Hs6Jd3Fg0Ay" * 2
ASK = "from hms.wsgi import application; print('started', type(application).__name__)"


def started(**environment: str) -> subprocess.CompletedProcess[str]:
    """A worker of the web, with these settings and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HMS_")}
    given = {"HMS_SECRET_KEY": GOOD, "HMS_DATA_DIR": os.environ.get("HMS_DATA_DIR", "/tmp")}
    ran = subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, env={**kept, **given, **environment}, capture_output=True, text=True
    )
    if ran.returncode not in (0, start.WORKER_BOOT_ERROR):
        raise RuntimeError(ran.stderr)  # neither started nor refused, which would prove nothing
    return ran


STARTS = {
    "as it is made": {},
    "behind TLS": {"HMS_PUBLIC_URL": "https://hospital.example", "HMS_ALLOWED_HOSTS": "hospital.example"},
    "behind TLS that another computer ends": {"HMS_PUBLIC_URL": "https://hospital.example", "HMS_BIND": "0.0.0.0"},
    "on this computer alone": {
        "HMS_PUBLIC_URL": "http://localhost:8000",
        "HMS_ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
    },
}
# How it is told to start → the check that keeps it from that, the settings, what it says of them.
REFUSED = {
    "debug": ("hms.E001", {"HMS_DEBUG": "1"}, "HMS_DEBUG"),
    "debug behind TLS": ("hms.E001", {"HMS_DEBUG": "1", "HMS_PUBLIC_URL": "https://hospital.example"}, "HMS_DEBUG"),
    "short key": ("hms.E002", {"HMS_SECRET_KEY": "short"}, "HMS_SECRET_KEY"),
    "default key": ("hms.E002", {"HMS_SECRET_KEY": "django-insecure-" + GOOD}, "HMS_SECRET_KEY"),
    "even key": ("hms.E002", {"HMS_SECRET_KEY": "a" * 60}, "HMS_SECRET_KEY"),
    "http": ("hms.E003", {"HMS_PUBLIC_URL": "http://hospital.example"}, "HMS_PUBLIC_URL"),
    "http in the intranet": ("hms.E003", {"HMS_PUBLIC_URL": "http://10.0.0.5:8000"}, "HMS_PUBLIC_URL"),
    "listening beyond this computer": ("hms.E003", {"HMS_BIND": "0.0.0.0"}, "HMS_BIND"),
    "listening beyond this computer, IPv6": ("hms.E003", {"HMS_BIND": "::"}, "HMS_BIND"),
    "listening in the intranet": ("hms.E003", {"HMS_BIND": "192.168.4.20"}, "HMS_BIND"),
    "a public name": ("hms.E003", {"HMS_ALLOWED_HOSTS": "127.0.0.1,hospital.example"}, "hospital.example"),
    "any name": ("hms.E003", {"HMS_ALLOWED_HOSTS": "*"}, "HMS_PUBLIC_URL"),
    "a role that does not exist": ("hms.E005", {"HMS_MFA_ROLES": "nurse,docter"}, "docter"),
    "an audit that is let go as it is written": ("hms.E006", {"HMS_AUDIT_YEARS": "0"}, "HMS_AUDIT_YEARS"),
    "a record that may be erased as it is written": ("hms.E008", {"HMS_RECORD_YEARS": "0"}, "HMS_RECORD_YEARS"),
    "anchors that nobody would take": ("hms.E007", {"HMS_AUDIT_MAIL": "privacy@hospital.example"}, "HMS_EMAIL_URL"),
    "single sign-on in the clear": (
        "hms.E004",
        {"HMS_OIDC_URL": "http://login.example", "HMS_OIDC_CLIENT_ID": "a", "HMS_OIDC_SECRET": "b"},
        "HMS_OIDC_URL",
    ),
}


def unasked(check_id: str) -> str:
    """A worker of the web that one check does not keep from starting."""
    return (
        "from hms.core import start; asked = start.check;"
        f"start.check = lambda: [each for each in asked() if each.id != {check_id!r}]; {ASK}"
    )


@weakened("with a key that can be guessed", globals(), "GOOD", "short")
@pytest.mark.parametrize("how", STARTS)
def test_a_hospital_starts(how: str) -> None:
    answer = started(**STARTS[how])
    assert (answer.returncode, answer.stdout.strip()) == (0, "started WSGIHandler"), answer.stderr


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(how, marks=weakened("unasked", globals(), "ASK", unasked(check_id)))
        for how, (check_id, *_rest) in REFUSED.items()
    ],
)
def test_a_hospital_does_not_start_and_says_which_setting_to_change(how: str) -> None:
    _check_id, environment, named = REFUSED[how]
    answer = started(**environment)
    assert answer.returncode == 3
    assert "does not start" in answer.stderr and named in answer.stderr
    assert "Traceback" not in answer.stderr
    assert GOOD not in answer.stderr


@weakened("with one more", reworded(start.check, ('id="hms.E008"', 'id="hms.E009"')))
@weakened("without its case", REFUSED, "a record that may be erased as it is written", ("hms.E006", {}, ""))
def test_every_check_has_a_case_above() -> None:
    """The twins above show that the case is kept from starting by this check and by no other."""
    raised = set(re.findall(r"hms\.E\d+", " ".join(map(str, start.check.__code__.co_consts))))
    assert {check_id for check_id, *_rest in REFUSED.values()} == raised


def settings_of(**environment: str) -> list[str]:
    script = (
        "import django; django.setup(); from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.DEVICE_COOKIE_NAME, s.SESSION_COOKIE_SECURE,"
        " s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_DOMAIN, s.SESSION_COOKIE_PATH, s.SESSION_COOKIE_HTTPONLY,"
        " s.CSRF_COOKIE_HTTPONLY, bool(s.SECURE_HSTS_SECONDS), bool(s.MFA_ROLES))"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HMS_")}
    given = {"HMS_SECRET_KEY": GOOD, "HMS_DATA_DIR": "/nonexistent", "DJANGO_SETTINGS_MODULE": "hms.settings"}
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env={**kept, **given, **environment}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


def test_behind_tls_every_cookie_belongs_to_this_host_alone() -> None:
    found = settings_of(HMS_PUBLIC_URL="https://hospital.example")
    assert found[:3] == ["__Host-session", "__Host-csrf", "__Host-device"]
    assert found[3:] == ["True", "True", "None", "/", "True", "True", "True", "True"]


@pytest.mark.parametrize(("said", "must"), [("", "True"), ("none", "False"), ("nurse", "True")])
def test_behind_tls_everybody_has_a_second_step_unless_it_is_said(said: str, must: str) -> None:
    assert settings_of(HMS_PUBLIC_URL="https://hospital.example", HMS_MFA_ROLES=said)[-1] == must


def test_on_this_computer_they_work_without_tls() -> None:
    assert settings_of() == [
        "session",
        "csrf",
        "device",
        "False",
        "False",
        "None",
        "/",
        "True",
        "True",
        "False",
        "False",
    ]
