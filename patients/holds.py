"""What higher floors know about a visit and this one must ask before it ends.

A department registers from `ready()`. `forbids_end(encounter)` answers with the reason why the visit
can be neither closed nor cancelled, or ""; `forbids_cancel` why it cannot be cancelled. `open_work(encounter)` lists what is not finished yet, in words:
it is shown before closing and never blocks, because a late act goes onto a further invoice.
"""

from __future__ import annotations

from collections.abc import Callable

from patients.models import Encounter

_forbids_end: list[Callable[[Encounter], str]] = []
_forbids_cancel: list[Callable[[Encounter], str]] = []
_open_work: list[Callable[[Encounter], list[str]]] = []


def register(
    *,
    forbids_end: Callable[[Encounter], str] | None = None,
    forbids_cancel: Callable[[Encounter], str] | None = None,
    open_work: Callable[[Encounter], list[str]] | None = None,
) -> None:
    if forbids_end and forbids_end not in _forbids_end:
        _forbids_end.append(forbids_end)
    if forbids_cancel and forbids_cancel not in _forbids_cancel:
        _forbids_cancel.append(forbids_cancel)
    if open_work and open_work not in _open_work:
        _open_work.append(open_work)


def why_not_end(encounter: Encounter) -> str:
    return next((reason for ask in _forbids_end if (reason := ask(encounter))), "")


def why_not_cancel(encounter: Encounter) -> str:
    return next((reason for ask in [*_forbids_end, *_forbids_cancel] if (reason := ask(encounter))), "")


def still_open(encounter: Encounter) -> list[str]:
    return [line for ask in _open_work for line in ask(encounter)]
