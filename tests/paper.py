"""Papers are printed for tests that look at one: `@pytest.mark.printed` on a test, or on a file.

To every other test WeasyPrint gives a page that says so: laying out hundreds of papers that nobody reads took a third of
the suite's time. Their templates are filled in all the same; that each of them can be printed, and what stands on it, is
in tests with the mark.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import weasyprint

BLANK = "%PDF-1.7\n% paper {}: a test that looks at it says @pytest.mark.printed\n%%EOF\n"
MARK = "printed"


class Blank:
    """Instead of a document that was laid out; no two are the same."""

    pages = ()

    def write_pdf(self) -> bytes:
        return BLANK.format(uuid.uuid4()).encode()


class Press:
    def __init__(self) -> None:
        self.prints = False
        self.render = weasyprint.HTML.render

    def __call__(self, page: weasyprint.HTML, *given: Any, **named: Any) -> Any:
        return self.render(page, *given, **named) if self.prints else Blank()


press = Press()


@pytest.fixture(scope="session", autouse=True)
def papers() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weasyprint.HTML, "render", lambda page, *given, **named: press(page, *given, **named))
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    press.prints = item.get_closest_marker(MARK) is not None
