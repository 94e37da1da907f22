"""The one file that the hospital takes from a browser, the doctor's signature: whatever else it is, what is kept is a
picture that was drawn anew."""

from __future__ import annotations

import io
import random
import struct
import uuid
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, PngImagePlugin

from doctors import forms
from doctors.forms import UPLOAD_BYTES
from doctors.models import Doctor
from doctors.services import profile
from hms.core.models import User
from tests.weakened import reworded, weakened

SCRIPT = b"<script>hostile()</script>"
ADDRESS = "/doctors/signature"


def picture(kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((60, 20), 90).convert("RGB").save(out, kind, **options)
    return out.getvalue()


def commented() -> bytes:
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", SCRIPT.decode())
    return picture(pnginfo=told)


def described() -> Image.Exif:
    told = Image.Exif()
    told[0x010E] = SCRIPT.decode()
    return told


def archive(size: int = 10) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("../../etc/cron.d/x", b"\0" * size)
    return out.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of few bytes that says it is so wide and high, and unpacks to it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer, rows = zlib.compressobj(9), b""
    line = b"\0" * (side // 8 + 1)
    for _n in range(side):
        rows += packer.compress(line)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows + packer.flush()) + chunk(b"IEND", b"")


REFUSED = {
    "a page": b"<!doctype html>" + SCRIPT,
    "a drawing with a script": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="hostile()">' + SCRIPT + b"</svg>",
    "a drawing that names a file": b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&x;</svg>',
    "a moving picture that is a script": b"GIF89a/*" + b"\0" * 40 + b"*/=1;hostile()//;",
    "a paper": b"%PDF-1.7\n" + SCRIPT,
    "PostScript": b"%!PS\n(/etc/passwd) (r) file",
    "an archive without end": archive(50_000_000),
    "a program": b"\x7fELF" + b"\0" * 200,
    "the beginning of a picture": picture()[:80],
    "a picture that unpacks without end": bomb(30_000),
    "more than there is room for": picture() + b"\0" * UPLOAD_BYTES,
    "nothing": b"",
}  # fmt: skip
# What never comes as far as to be drawn.
BY_THE_FORM = {"more than there is room for", "nothing"}
KEPT = {
    "a picture": picture(),
    "a picture and a page": picture("JPEG") + SCRIPT,
    "a picture and an archive": picture() + archive(),
    "a picture that says a script of itself": commented(),
    "a picture with a page in its comment": picture("JPEG", comment=SCRIPT),
    "a picture of another kind": picture("WEBP", exif=described()),
}


@pytest.fixture
def browser(obi: User, doctor: Doctor, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(obi)


def send(browser: Client, content: bytes, name: str = "signature.png", kind: str = "image/png"):
    upload = SimpleUploadedFile(name, content, kind)
    return browser.post(ADDRESS, {"_key": str(uuid.uuid4()), "picture": upload})


@weakened(
    "as it came", profile, "_drawn", lambda picture: picture, only=[what for what in REFUSED if what not in BY_THE_FORM]
)
@weakened("without a limit", forms, "UPLOAD_BYTES", 10**9, only="more than there is room for")
@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_signature_is_refused_whatever_it_says_it_is(browser: Client, doctor: Doctor, what: str) -> None:
    answer = send(browser, REFUSED[what])
    assert answer.status_code == 422 and b'class="invalid-feedback' in answer.content
    doctor.refresh_from_db()
    assert not doctor.signature


@weakened("as it came", profile, "_drawn", lambda picture: picture, only=[what for what in KEPT if what != "a picture"])
@pytest.mark.parametrize("what", KEPT)
def test_of_a_picture_nothing_but_the_picture_is_kept(browser: Client, doctor: Doctor, what: str) -> None:
    assert send(browser, KEPT[what], name=what, kind="text/html").status_code == 302
    doctor.refresh_from_db()
    kept = bytes(doctor.signature)
    assert Image.open(io.BytesIO(kept)).format == "PNG" and kept.endswith(b"IEND\xaeB`\x82")
    assert b"hostile" not in kept and b"PK\x03\x04" not in kept and b"tEXt" not in kept and b"eXIf" not in kept
    shown = browser.get(f"/doctors/{doctor.pk}/signature.png")
    assert shown.headers["Content-Type"] == "image/png" and shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.content == kept


@pytest.mark.parametrize(
    "name",
    ["../../../../tmp/hms-traversal.png", "/tmp/hms-traversal.png", "..\\..\\hms-traversal.png", "a" * 4000 + ".png", "x\0.png", "<script>.svg", "hms-traversal.php"],
)  # fmt: skip
def test_the_name_of_a_file_leads_nowhere(browser: Client, doctor: Doctor, name: str) -> None:
    answer = send(browser, picture(), name=name)
    assert answer.status_code in (302, 400, 422)
    assert not list(Path("/tmp").glob("hms-traversal*")) and not list(Path.cwd().glob("**/hms-traversal*"))
    assert b"<script>.svg" not in answer.content


@weakened(
    "with faults let through",
    reworded(
        profile._drawn,
        (
            "(UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError)",
            "ZeroDivisionError",
        ),
    ),
    by=(OSError, SyntaxError, ValueError),
)
def test_no_broken_picture_breaks_the_page(browser: Client, doctor: Doctor) -> None:
    dice = random.Random(7)
    whole = [picture(kind) for kind in ("PNG", "JPEG", "WEBP")]
    for _n in range(60):
        broken = bytearray(dice.choice(whole))
        for _m in range(dice.randrange(1, 6)):
            broken[dice.randrange(min(len(broken), 200))] = dice.randrange(256)
        assert send(browser, bytes(broken)).status_code in (302, 422)
