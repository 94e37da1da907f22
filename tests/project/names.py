"""What is asked for in an address: every name that a page reads off a query, for all tests that say something in one.

`heard` tells which were read while it listened, and `headers_heard` which headers; test_statements.py fails on a name
that does not stand here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.handlers.wsgi import WSGIRequest, get_bytes_from_wsgi
from django.http import QueryDict
from django.http.request import HttpHeaders
from django.utils.functional import cached_property

# Of lists: what is sought, in which order, the page before or after; several lists of one page each have their own.
_CURSORS = [f"{each}{where}" for each in ("", "v-", "p-", "r-") for where in ("after", "before")]
NAMES = [
    "q", "sort", *_CURSORS, "format", "show", "next", "day", "start", "first", "last", "month", "weekday", "by", "kind", "status", "category",
    "where", "source", "person", "patient", "doctor", "employee", "specialty", "department", "profession", "ward", "bed", "product",
]  # fmt: skip
# Where one signs in, and comes back from the provider of the identity.
OF_THE_DOOR = [
    "code", "state", "error", "error_description", "process", "scope", "action", "auth_params", "email",
]  # fmt: skip
# Of the administration: what is sought, ordered, paged, and how a list is asked to be; what a field that completes asks.
OF_A_LIST = ["q", "o", "p", "all", "e", "_to_field", "_popup", "_changelist_filters", "_facets", "id__in", "ot"]
OF_A_FIELD = ["term", "app_label", "model_name", "field_name"]
KNOWN = {*NAMES, *OF_THE_DOOR, *OF_A_LIST, *OF_A_FIELD}


@contextmanager
def heard() -> Iterator[set[str]]:
    """The names that were asked of any request's query meanwhile, whether they stood in it or not; "*" where somebody
    took all of it as it is."""
    names: set[str] = set()

    class Overheard(QueryDict):
        ready = False

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.ready = True

        def note(self, name: Any) -> None:
            if self.ready:
                names.add(str(name))

        def __getitem__(self, name: Any) -> Any:
            self.note(name)
            return super().__getitem__(name)

        def __contains__(self, name: Any) -> bool:
            self.note(name)
            return super().__contains__(name)

        def getlist(self, name: Any, default: Any = None) -> Any:
            self.note(name)
            return super().getlist(name, default)

        def urlencode(self, safe: Any = None) -> str:
            self.note("*")
            return super().urlencode(safe)

    def query(request: WSGIRequest) -> QueryDict:
        return Overheard(get_bytes_from_wsgi(request.environ, "QUERY_STRING", ""), encoding=request._encoding)

    was, listening = WSGIRequest.__dict__["GET"], cached_property(query)
    listening.__set_name__(WSGIRequest, "GET")
    WSGIRequest.GET = listening
    try:
        yield names
    finally:
        WSGIRequest.GET = was


@contextmanager
def headers_heard() -> Iterator[set[str]]:
    """The headers that were asked of any request meanwhile, in lower case."""
    names: set[str] = set()
    was = HttpHeaders.__getitem__

    def listening(headers: HttpHeaders, name: str) -> str:
        names.add(name.replace("_", "-").lower())
        return was(headers, name)

    HttpHeaders.__getitem__ = listening
    try:
        yield names
    finally:
        HttpHeaders.__getitem__ = was


def unlisted(read: Iterable[str]) -> list[str]:
    """Those that stand in no list above. Who walks through a query reads hostile names too: they are no one's."""
    return sorted(name for name in read if name not in KNOWN and re.fullmatch(r"[\w-]+", name))
