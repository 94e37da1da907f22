"""Files into bundles, bundles into entries. Nothing here touches the database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from interop.fhir import references

Resource = dict[str, Any]

TYPES = {"collection", "transaction", "batch", "searchset", "document", "message"}
REFUSED_TYPES = {
    "history": "a history holds several versions of the same resources",
    "transaction-response": "it is an answer, not a record",
    "batch-response": "it is an answer, not a record",
}


class Broken(Exception):
    """This bundle cannot be taken. Says where and why in one line."""

    def __init__(self, reason: str, entry: Entry | None = None) -> None:
        super().__init__(reason)
        self.reason = " ".join(reason.split())
        self.entry = entry

    def __str__(self) -> str:
        return f"{self.entry.where}: {self.reason}" if self.entry else self.reason


class Number(Decimal):
    """A decimal that remembers how it was written: 13.20 is not 13.2, and 1.0e2 is not 100."""

    written: str

    def __new__(cls, written: str) -> Number:
        number = super().__new__(cls, written)
        number.written = written
        return number


@dataclass
class Entry:
    """One resource of a bundle."""

    file: str
    index: int
    resource: Resource
    type: str
    full_url: str = ""
    method: str = ""
    if_none_exist: str = ""
    base: str = ""
    condition: tuple[str, ...] = ()  # the words of `if_none_exist`
    key: str = ""
    aliases: list[str] = field(default_factory=list)

    @property
    def asks(self) -> bool:
        """A request that brings no resource."""
        return self.method in ("GET", "HEAD")

    @property
    def where(self) -> str:
        name = self.full_url or self.resource.get("id") or ""
        return f"entry {self.index} {name} {self.type}".replace("  ", " ")

    def sha256(self) -> str:
        """Over what the resource says; not over its narrative or when the source last touched it."""
        said = {name: value for name, value in self.resource.items() if name not in ("text", "meta")}
        text = json.dumps(said, sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def files(paths: list[str]) -> Iterator[Path]:
    """The files of the call: those named, and every .json and .ndjson below the folders named."""
    seen: set[Path] = set()
    for name in paths:
        path = Path(name)
        if not path.exists():
            raise FileNotFoundError(name)
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in (".json", ".ndjson") and p.is_file())
        for found in inside if path.is_dir() else [path]:
            if (real := found.resolve()) not in seen:
                seen.add(real)
                yield found


def read(path: Path, source: str = "") -> list[Entry]:
    """The entries of one file. Raises Broken where it is no bundle."""
    return list(stream(path, source))


def stream(path: Path, source: str = "") -> Iterator[Entry]:
    """The entries of one file, one after the other: of bulk data no more than a line is in memory.
    Raises Broken where it is no bundle, which may be at its last line."""
    try:
        found = _lines(path) if path.suffix.lower() == ".ndjson" else _entries(str(path), _json(_whole(path)))
        for entry in found:
            if not entry.asks:
                name(entry, source)
            yield entry
    except OSError as error:
        raise Broken(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Broken("is not UTF-8") from None


def _whole(path: Path) -> str:
    text = path.read_text(encoding="utf-8-sig")
    if not text.strip():
        raise Broken("is empty")
    return text


def _json(text: str, line: int | None = None) -> Any:
    at = f"line {line}: " if line else ""

    def constant(name: str) -> None:
        raise Broken(f"{at}is not JSON: {name} is no number")

    try:
        return json.loads(text, parse_float=Number, parse_constant=constant)
    except json.JSONDecodeError as error:
        place = f"column {error.colno}" if line else f"line {error.lineno} column {error.colno}"
        raise Broken(f"{at}is not JSON: {error.msg}, {place}") from None
    except RecursionError:
        raise Broken(f"{at}is nested too deeply") from None
    except ValueError as error:
        raise Broken(f"{at}is not JSON: {error}") from None


def _lines(path: Path) -> Iterator[Entry]:
    """Bulk data: one resource in each line; the file is one bundle."""
    index = -1
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            resource = _json(line, number)
            if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
                raise Broken(f"line {number} is not a FHIR resource")
            index += 1
            if resource["resourceType"] == "Bundle":
                found = _entries(str(path), resource)
                for entry in found:
                    entry.index += index
                index += max(len(found) - 1, 0)
                yield from found
            else:
                yield Entry(str(path), number - 1, resource, resource["resourceType"])
    if index < 0:
        raise Broken("is empty")


def _entries(name: str, bundle: Any) -> list[Entry]:
    if not isinstance(bundle, dict) or not isinstance(bundle.get("resourceType"), str):
        raise Broken("is not a FHIR Bundle: it has no resourceType")
    if bundle["resourceType"] != "Bundle":
        raise Broken(f"is not a Bundle but a single {bundle['resourceType'][:60]}")
    kind = bundle.get("type")
    if kind in REFUSED_TYPES:
        raise Broken(f"is a Bundle of type {kind}: {REFUSED_TYPES[kind]}")
    if kind not in TYPES:
        raise Broken(f"is a Bundle of type {str(kind)[:40]!r}, which is none of {', '.join(sorted(TYPES))}")
    raw = bundle.get("entry", [])
    if not isinstance(raw, list):
        raise Broken("is not a Bundle: entry is not a list")
    entries = []
    for index, item in enumerate(raw):
        if not isinstance(item, dict):
            raise Broken(f"entry {index}: is not an object")
        request = item.get("request") or {}
        method = request.get("method", "") if isinstance(request, dict) else ""
        resource, full_url = item.get("resource"), item.get("fullUrl") or ""
        if not isinstance(full_url, str):
            raise Broken(f"entry {index}: fullUrl is not text")
        if method in ("DELETE", "PATCH"):
            raise Broken(f"entry {index} {full_url}: asks for {method}, which an import does not carry out")
        if method in ("GET", "HEAD"):
            entries.append(Entry(name, index, {}, f"{method}-request", full_url, method))
            continue
        if not isinstance(resource, dict):
            raise Broken(f"entry {index} {full_url}: has no resource")
        kind = resource.get("resourceType")
        if not isinstance(kind, str) or not kind:
            raise Broken(f"entry {index} {full_url}: has no resourceType")
        condition = request.get("ifNoneExist") if isinstance(request, dict) else ""
        condition = condition if isinstance(condition, str) else ""
        words = references.condition(kind, condition) if condition else ()
        entries.append(Entry(name, index, resource, kind, full_url, method, condition, condition=words))
    return entries


def name(entry: Entry, source: str) -> None:
    """Find what the source calls the resource, and all the words that may point at it."""
    resource, kind = entry.resource, entry.type
    own = resource.get("id")
    local = references.local(f"{kind}/{own}", source) if isinstance(own, str) and own else ""
    address = references.without_version(entry.full_url)
    if address.startswith(("http://", "https://")):
        entry.base = address.removesuffix(f"/{kind}/{own}") if own else address.rsplit("/", 2)[0]
    numbers = [words for pair in references.identifiers(resource) for words in references.by_identifier(kind, *pair)]
    aliases = [address, local]
    if isinstance(own, str) and references.is_uuid(own):
        aliases.append(f"urn:uuid:{own}")
    elif isinstance(own, str) and address.startswith("urn:") and entry.method != "PUT":
        # An id that is not world-wide unique, under a name that is: the name counts.
        local = ""
    if entry.base and address:
        entry.key = address
    elif local:
        entry.key = local
    else:
        entry.key = address or (numbers[0] if numbers else "") or f"{kind}#{entry.sha256()}"
    aliases = list(dict.fromkeys(word for word in [entry.key, *aliases, *numbers] if word))
    entry.aliases = [word for word in aliases if len(word) <= references.LONGEST]
    if len(entry.key) > references.LONGEST:
        raise Broken("its name (fullUrl, id or identifier) is longer than 500 characters", entry)
