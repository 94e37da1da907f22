"""The forms of a page as a browser would send them, each field filled with something that could be meant."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

UUID_IN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PLAUSIBLE = {
    "date": "2026-11-20",
    "datetime-local": "2026-11-20T08:30",
    "email": "a@example.org",
    "tel": "+44 20 7946 0001",
}


@dataclass
class Sent:
    """A form: where it goes, how, and its fields in order. `kinds`: what each field is ("select", "hidden", "text", …);
    `choices`: the values a field offers."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    # How long what is typed may be, where the field says so.
    rooms: dict[str, int] = field(default_factory=dict)

    def filled(self) -> dict[str, list[str]]:
        """What it sends once somebody has filled it in."""
        sent: dict[str, list[str]] = {}
        times = iter(["08:00", "17:00", "18:00", "19:00"])
        for name, values in self.fields.items():
            if name == "csrfmiddlewaretoken":
                continue
            offered = [value for value in self.choices.get(name, []) if value]
            if any(value.strip() for value in values):
                sent[name] = values
            elif name in self.choices:
                sent[name] = offered[:1]
            elif self.kinds[name] == "time":
                sent[name] = [next(times)]
            else:
                sent[name] = [self._plausible(name)]
        return {name: values for name, values in sent.items() if values}

    def _plausible(self, name: str) -> str:
        kind = self.kinds[name]
        if kind in ("decimal", "numeric", "number"):
            return "15" if name in self.required else ""
        return PLAUSIBLE.get(kind, "" if kind in ("hidden", "file") else "A word of it")


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Sent] = []
        self.open: Sent | None = None
        self.select = ""
        self.area = ""
        self.by_id: dict[str, Sent] = {}

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in pairs}
        if tag == "form":
            self.open = Sent(urljoin(self.address, said.get("action", "")), said.get("method", "get").lower())
            self.forms.append(self.open)
            if "id" in said:
                self.by_id[said["id"]] = self.open
            return
        target = self.by_id.get(said.get("form", "")) or self.open
        if tag == "option" and self.select and target:
            value = said.get("value", "")
            target.choices[self.select].append(value)
            if "selected" in said:
                target.fields[self.select] = [value]
        name = said.get("name", "")
        if not target or not name or "disabled" in said:
            return
        if "required" in said:
            target.required.add(name)
        if said.get("maxlength", "").isdigit():
            target.rooms[name] = int(said["maxlength"])
        if tag == "select":
            self.select = name
            target.fields.setdefault(name, [])
            target.choices[name], target.kinds[name] = [], "select"
        elif tag == "textarea":
            target.fields[name], target.kinds[name] = [""], "textarea"
            self.area = name
        elif tag == "input":
            self._input(target, name, said)
        elif tag == "button" and said.get("type", "submit") == "submit":
            target.fields.setdefault(name, [said.get("value", "")])
            target.kinds.setdefault(name, "hidden")

    def _input(self, target: Sent, name: str, said: dict[str, str]) -> None:
        kind = said.get("type", "text")
        target.kinds[name] = said.get("inputmode", kind) if kind == "text" else kind
        if kind in ("checkbox", "radio"):
            target.choices.setdefault(name, []).append(said.get("value", "on"))
            target.fields.setdefault(name, [])
            if "checked" in said:
                target.fields[name].append(said.get("value", "on"))
        else:
            target.fields[name] = [said.get("value", "")]

    def handle_data(self, data: str) -> None:
        if self.area and self.open:
            self.open.fields[self.area] = [self.open.fields[self.area][0] + data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""


def forms(page: str, address: str) -> list[Sent]:
    """The forms of a page that send to this house."""
    reader = _Reader(address)
    reader.feed(page)
    return [each for each in reader.forms if not urlsplit(each.action).netloc]
