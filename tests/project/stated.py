"""Requests with what ends a statement in all that they say, and the shapes of the statements that they left."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.utils.text import smart_split

from tests.project.administration import Address
from tests.project.matrix import MINUTES, Answer, ask
from tests.project.names import NAMES, OF_A_LIST, OF_THE_DOOR
from tests.project.pages import Page
from tests.project.routes import routes
from tests.project.sent import Sent

# What ends a string, a name and a statement, and is a condition where it stands between quotes; short, so that there is
# room for it in most fields. And the same, of as many words, without the quotes and signs that could end anything.
ENDS = """a' or '";--%s{0}'='1"""
PLAIN = re.sub("[^\\w ;-]", "x", ENDS.replace("'", ""))
# What takes whatever is typed. A date or a number with such words in it is refused before anything is asked.
FREE = {"text", "textarea", "search"}

# A field that a form points at, because of what stands in it.
WRONG, NAME = re.compile(r'<[^>]*aria-invalid="true"[^>]*>'), re.compile(r'name="([^"]*)"')

# What it is called, whichever the words; and what sends it.
Request = tuple[str, Callable[[], Answer]]
Requests = Callable[[str], Iterable[Request]]


def reset() -> None:
    """Of this database alone: other tests count in theirs. What a process remembers, it asks for again."""
    ContentType.objects.clear_cache()
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_statements_reset(0, oid, 0) from pg_database where datname = current_database()")


def shapes() -> set[str]:
    """Without casts: `$1::uuid` and `$1` say only whether a value was there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select query from pg_stat_statements"
            " where dbid = (select oid from pg_database where datname = current_database())"
        )
        found = {re.sub(r"::\w+|\s", "", query) for (query,) in cursor.fetchall() if "pg_stat_statements" not in query}
    return {re.sub(r"\$\d+", "$", query) for query in found}


@dataclass
class Told:
    """What requests left: the shapes, what broke, which were refused, and which changed something."""

    shapes: set[str] = field(default_factory=set)
    broke: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)


def asked(requests: Iterable[Request]) -> Told:
    told = Told()
    reset()
    for name, send in requests:
        answer = send()
        if answer.status >= 500:
            told.broke.append(f"{name}: {answer.status}")
        if answer.status in (204, 302) and answer.written - MINUTES:
            told.done.add(name)
        elif answer.status != 200:
            told.refused.add(name)
    told.shapes = shapes()
    return told


def compared(requests: Requests, known: set[str]) -> tuple[set[str], Told]:
    """The shapes that nobody asked for in plain words; and what the others left. What was refused mostly asks for no
    more than the rest does: only where it did, is it sent in plain words too."""
    ends = asked(requests(ENDS))
    known = known | asked(each for each in requests(PLAIN) if each[0] not in ends.refused).shapes
    if not ends.shapes <= known:
        known |= asked(each for each in requests(PLAIN) if each[0] in ends.refused).shapes
    return ends.shapes - known, ends


def of_addresses(pages: Iterable[Page], value: str, valid: dict[str, Any] | None = None) -> Iterator[Request]:
    """Each page with it in every parameter, and in the parameters' names; where it leads to nothing then, with what it
    could be meant for, and it in the others."""
    for page in pages:
        answers: list[Answer] = []

        def send(query: dict[str, Any], page: Page = page, answers: list[Answer] = answers) -> Answer:
            answers.append(ask(page.client, "GET", f"{page.address}?{urlencode(query)}"))
            return answers[-1]

        query = dict.fromkeys(NAMES, value)
        yield page.address, lambda send=send, query=query: send(query | {value: "1", f"-{value}": "1"})
        if valid and all(answer.status in (302, 400, 404) for answer in answers):
            yield f"{page.address} as meant", lambda send=send, query=query: send(query | valid)


def typed(sent: Sent, value: str) -> dict[str, list[str]]:
    """A form with it in all that takes any text, as much as there is room for, and else filled as it is meant."""
    free = [name for name, kind in sent.kinds.items() if kind in FREE and name not in sent.choices]
    return sent.filled() | {name: [value[: sent.rooms.get(name)]] for name in free}


def of_forms(forms: Iterable[tuple[Page, Sent]]) -> Requests:
    """Each form with it where one types freely, but for what the form points at then, so that it is done; and with it in
    all that is chosen, hidden, a date or a number as well. In the names of fields always."""
    wrong: dict[str, set[str]] = defaultdict(set)

    def send(page: Page, sent: Sent, name: str, fields: dict[str, Any]) -> Answer:
        answer = ask(page.client, "POST", sent.action, {each: fields[each] for each in fields if each != "_key"})
        wrong[name] |= {found[1] for tag in WRONG.findall(answer.text) if (found := NAME.search(tag))}
        return answer

    def requests(value: str) -> Iterator[Request]:
        for page, sent in forms:
            name = f"{page.route.name} → {sent.action} {', '.join(sent.fields)}"
            names = {value: "1"} | {f"{each}{value}": "1" for each in sent.fields}
            words, chosen = typed(sent, value), dict.fromkeys([*sent.fields, *NAMES], value)
            yield name, partial(send, page, sent, name, words | names)
            if in_part := {each: said for each, said in sent.filled().items() if each in wrong[name]}:
                yield f"{name} in part", partial(send, page, sent, "", words | names | in_part)
            yield f"{name} in all", partial(send, page, sent, "", chosen | names)

    return requests


def of_the_door(value: str) -> Iterator[Request]:
    """Whatever is open to whoever comes, signed in as nobody."""
    client = Client(raise_request_exception=False)
    fields = dict.fromkeys([*NAMES, *OF_THE_DOOR, "login", "password", "credential", "pin", "remember"], value)
    fields |= {value: "1"}
    query = urlencode(fields)
    for route in routes():
        if route.access.public:
            address = route.url()
            yield f"GET {route.name}", lambda address=address: ask(client, "GET", f"{address}?{query}")
            yield f"POST {route.name}", lambda address=address: ask(client, "POST", address, fields)


def of_lists(client: Client, lists: Iterable[Address]) -> Requests:
    """Each list of the administration: with all at once that a list goes on after, and one at a time with what it does
    not know or refuses before it asks for anything. A list that is closed to the client is asked once."""
    closed: set[str] = set()

    def send(each: Address, query: dict[str, str]) -> Answer:
        answer = ask(client, "GET", f"{each.url()}?{urlencode(query)}")
        closed.update([each.name] if answer.status == 403 else [])
        return answer

    def requests(value: str) -> Iterator[Request]:
        # A search asks once for each word; where a word ends, quotes say as well. A list is ordered by a number.
        words = value if value == ENDS else " ".join(re.sub(r"\W", "x", word) for word in smart_split(ENDS))
        other = value if value == ENDS else re.sub(r"[^a-z]", "x", ENDS)
        together = {"q": words} | dict.fromkeys(["o", "p", "all", "_popup", "_facets"], other)
        for each in lists:
            page = admin.site._registry[each.model]
            offered = [name if isinstance(name, str) else name[0] for name in page.list_filter]
            names = [*(name for name in OF_A_LIST if name not in together), *offered]
            names += [f"{name}__exact" for name in offered]
            if page.date_hierarchy:
                names += [f"{page.date_hierarchy}__{part}" for part in ("year", "month", "day", "gte")]
            yield f"{each.name} together", partial(send, each, together)
            if each.name not in closed:
                yield f"{each.name} a name", partial(send, each, {other: "1"})
                yield f"{each.name} a name's end", partial(send, each, {f"{[*offered, 'id'][0]}{other}": "1"})
                yield from ((f"{each.name} {name}", partial(send, each, {name: other})) for name in names)

    return requests


def same(requests: Requests, known: set[str] | None = None) -> Told:
    new, ends = compared(requests, known or set())
    assert ends.broke == [], "\n".join(ends.broke)
    assert new == set(), "\n".join(sorted(new))
    return ends
