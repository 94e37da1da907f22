"""The words by which resources point at each other, brought into one form.

A reference becomes a list of candidates, in the order in which they are looked for. A resource has a
list of aliases. A reference resolves to the resources that have one of its candidates as an alias.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

LONGEST = 500
_VERSION = re.compile(r"/_history/[^/]+/?$")
_RELATIVE = re.compile(r"^([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})$")
_CONDITIONAL = re.compile(r"^([A-Z][A-Za-z]+)\?(.+)$")


@dataclass(frozen=True)
class Pointer:
    """A reference as it was written, and the words to look for. Contained ones have no words."""

    field: str
    text: str
    candidates: tuple[str, ...]
    type: str = ""
    conditional: bool = False
    display: str = ""


def is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def without_version(address: str) -> str:
    return _VERSION.sub("", address)


def local(name: str, source: str) -> str:
    """`Patient/1` means something only within its source."""
    return f"{source}#{name}" if source else name


def by_identifier(kind: str, system: str, value: str) -> list[str]:
    return [f"{kind}?{system}|{value}", f"?{system}|{value}"]


def identifiers(resource: dict[str, Any]) -> list[tuple[str, str]]:
    """(system, value) of every identifier that says whose it is."""
    found = resource.get("identifier")
    rows = found if isinstance(found, list) else [found]
    return [
        (row["system"].strip(), row["value"].strip())
        for row in rows
        if isinstance(row, dict)
        and isinstance(row.get("system"), str)
        and isinstance(row.get("value"), str)
        and row["system"].strip()
        and row["value"].strip()
    ]


def pointer(field: str, reference: Any, *, base: str = "", source: str = "") -> Pointer | None:
    """Read one FHIR Reference; None where it says nothing that could be followed."""
    if not isinstance(reference, dict):
        return None
    text = reference.get("reference")
    display = reference.get("display") if isinstance(reference.get("display"), str) else ""
    kind = reference.get("type") if isinstance(reference.get("type"), str) else ""
    if not isinstance(text, str) or not text:
        pairs = identifiers(reference)
        if not pairs:
            return None
        system, value = pairs[0]
        words = f"{kind}?{system}|{value}"
        shown = f"{kind}?identifier={system}|{value}"
        return Pointer(field, shown[:LONGEST], (words,), kind, conditional=True, display=display)
    shown = text[:LONGEST]
    if text.startswith("#"):
        return Pointer(field, shown, (), display=display)
    if found := _CONDITIONAL.match(text):
        return Pointer(field, shown, condition(*found.groups()), found[1], conditional=True, display=display)
    address = without_version(text)
    if found := _RELATIVE.match(address):
        candidates = [f"{base}/{address}"] if base else []
        candidates.append(local(address, source))
        return Pointer(field, shown, _short(candidates), found[1], display=display)
    # https://host/fhir/Patient/1 names its type; urn:uuid:… does not.
    tail = re.search(r"/([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]+$", address)
    return Pointer(field, shown, _short([address]), tail[1] if tail else kind, display=display)


def condition(kind: str, query: str) -> tuple[str, ...]:
    """Only `identifier=system|value` names one resource; whatever else is asked finds nothing."""
    name, _equals, wanted = query.rpartition("?")[2].partition("=")
    if name != "identifier" or "&" in wanted:
        return ()
    system, bar, value = unquote(wanted).partition("|")
    return _short([f"{kind}?{system}|{value}"]) if bar and system and value else ()


def _short(words: list[str]) -> tuple[str, ...]:
    return tuple(word for word in words if len(word) <= LONGEST)


def all_of(resource: dict[str, Any], *, base: str = "", source: str = "") -> Iterator[Pointer]:
    """Every reference of a resource that leads out of it. `field` is its path."""

    def walk(node: Any, path: str) -> Iterator[Pointer]:
        if isinstance(node, list):
            for item in node:
                yield from walk(item, path)
        elif isinstance(node, dict):
            if isinstance(node.get("reference"), str) or ("identifier" in node and {*node} <= LOGICAL):
                found = pointer(path, node, base=base, source=source)
                if found and not found.text.startswith("#"):
                    yield found
                return
            for name, value in node.items():
                # An extension may point anywhere; a contained resource is no resource of the record.
                if name not in ("contained", "extension", "modifierExtension"):
                    yield from walk(value, f"{path}.{name}" if path else name)

    yield from walk({k: v for k, v in resource.items() if k != "identifier"}, "")


# A node with these names only, among them an identifier, is a reference without an address.
LOGICAL = {"identifier", "display", "type", "id"}
