"""Whatever stands in a printed page: the printer fetches nothing, reads no file, and puts nothing in."""

from __future__ import annotations

import contextlib
import copy
import socket
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import override_settings
from pypdf import PdfReader
from weasyprint import HTML

from hms.core import documents

pytestmark = pytest.mark.printed
SECRET = "what-no-paper-says"
PAGE = """<!doctype html><html><head>
<link rel=stylesheet href="http://HERE/link.css"><link rel=attachment href="FILE"><link rel=attachment href="http://HERE/att">
<style>@import url("http://HERE/import.css"); @import "FILE"; @font-face { font-family: x; src: url(http://HERE/font.woff2) }
body { background: url(http://HERE/back.png); font-family: x } li { list-style-image: url("//HERE/list.png") }
p::after { content: url(http://HERE/after.svg) }</style></head><body style="background-image: url(http://HERE/style.png)">
<p>Typed <img src="http://HERE/img.png"><img src="FILE"><img src="file:///etc/passwd"><img src="//HERE/slashes.png">
<img src="hms-asset:../../etc/passwd"><img src="hms-asset:/etc/passwd"><img src="hms-asset:../hms/settings.py">
<object data="FILE" type="text/plain"></object><embed src="http://HERE/embed.svg"><a rel=attachment href="FILE">a</a>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">
<image xlink:href="http://HERE/xlink.png" width="9" height="9"/><use href="http://HERE/use.svg#a"/><image href="FILE"/>
<style>@import url(http://HERE/svg.css);</style></svg>
<img src="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'%3E%3Cimage href='http://HERE/in-data.png'/%3E%3C/svg%3E">
<ul><li>x</li></ul></p></body></html>"""


class Ears:
    """A server on this computer that only notes that somebody came."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                came, _where = self.socket.accept()
            except OSError:
                return
            self.heard.append("somebody")
            with came, contextlib.suppress(OSError):
                came.settimeout(0.2)
                self.heard[-1] = came.recv(2000).decode(errors="replace")
                came.sendall(b"HTTP/1.0 404 no\r\n\r\n")


@pytest.fixture
def ears() -> Iterator[Ears]:
    opened = Ears()
    yield opened
    opened.socket.close()


@pytest.fixture
def page(tmp_path: Path, ears: Ears) -> Iterator[str]:
    """A print template of the test's own that asks for everything there is."""
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "hostile.html").write_text(PAGE.replace("HERE", ears.address).replace("FILE", secret.as_uri()))
    engines = copy.deepcopy(settings.TEMPLATES)
    engines[0]["DIRS"].append(folder)
    with override_settings(TEMPLATES=engines):
        yield "hostile.html"


def inside(pdf: bytes) -> str:
    """The text of a PDF, and whatever was put into it."""
    read = PdfReader(BytesIO(pdf))
    text = "".join(each.extract_text() for each in read.pages)
    return text + "".join(str(content) for content in read.attachments.values())


def test_a_printed_page_fetches_nothing_and_reads_no_file(page: str, ears: Ears) -> None:
    pdf = documents.render_pdf(page, {})
    assert "Typed" in inside(pdf)
    assert ears.heard == []
    assert SECRET not in inside(pdf) and "root:" not in inside(pdf)
    assert b"/EmbeddedFile" not in pdf


def test_the_same_page_in_a_printer_that_may_fetch_does(page: str, ears: Ears) -> None:
    pdf = HTML(string=render_to_string(page)).write_pdf()
    assert len(ears.heard) >= 5
    assert SECRET in inside(pdf)


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1/", "https://127.0.0.1/", "file:///etc/passwd", "ftp://127.0.0.1/", "data:text/html,x", "data:image/svg+xml,x",
     "hms-asset:../hms/settings.py", "hms-asset:/etc/passwd", "hms-asset:css/../../manage.py", "hms-asset:", "HMS-ASSET:css/app.css", "", "css/app.css"],
)  # fmt: skip
def test_only_files_of_the_pages_are_an_asset(address: str) -> None:
    assert documents.asset("hms-asset:css/app.css")[1] == "text/css"
    with pytest.raises(documents.FetchRefused):
        documents.asset(address)
