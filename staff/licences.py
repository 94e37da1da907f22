"""Which paper an act demands, and whether somebody holds it: the one door of every gated act.

The table is read as: act → what is said to whoever may not, the paper it takes, and why. A paper is
valid to the end of its last day, by the clock of the facility in which the act is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models.functions import JSONObject
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hms.core import audit, clock
from hms.core.models import User
from hms.core.refusals import Refused
from staff.models import EXPIRES_SOON, Credential, CredentialKind, Employee, Profession
from staff.querysets import EmployeeQuerySet

NO_END = date.max.isoformat()


class Act(StrEnum):
    SIGN = "sign"
    PRESCRIBE = "prescribe"
    VERIFY = "verify"
    DISPENSE = "dispense"


@dataclass(frozen=True)
class Rule:
    cannot: Promise
    why: str  # stands in docs/roles.md (`told`)
    takes: CredentialKind = CredentialKind.LICENCE
    # Professions that are not licensed but registered, where the act is theirs as well.
    other: Mapping[str, CredentialKind] = field(default_factory=dict)

    def paper(self, profession: str) -> CredentialKind:
        return self.other.get(profession, self.takes)


REGISTERED = {
    Profession.LAB_TECHNICIAN: CredentialKind.REGISTRATION,
    Profession.RADIOGRAPHER: CredentialKind.REGISTRATION,
    Profession.PHYSIOTHERAPIST: CredentialKind.REGISTRATION,
}

RULES: dict[Act, Rule] = {
    Act.SIGN: Rule(
        gettext_lazy("until then you cannot sign."),
        "Notes, addenda and discharge summaries are evidence of what a licensed person found and decided.",
        other=REGISTERED,
    ),
    Act.PRESCRIBE: Rule(
        gettext_lazy("until then you cannot prescribe."),
        "A prescription by someone without a licence is void, and the pharmacy may not fill it.",
    ),
    Act.VERIFY: Rule(
        gettext_lazy("until then you cannot verify results."),
        "Who verifies answers for the result: treatment follows from it.",
        other=REGISTERED,
    ),
    Act.DISPENSE: Rule(
        gettext_lazy("until then you cannot hand out medicines."),
        "Medicines are handed out under a pharmacist's licence.",
    ),
}

# Who needs a paper to work at all: the roster marks them where it has ended or is not on file.
NEEDED = dict.fromkeys(
    (Profession.DOCTOR, Profession.NURSE, Profession.MIDWIFE, Profession.PHARMACIST, Profession.PATHOLOGIST),
    CredentialKind.LICENCE,
)


@dataclass(frozen=True)
class Standing:
    """How somebody stands with the paper of an act. `text` is for them; "" where nothing is to be said."""

    valid: bool
    text: str = ""

    @property
    def level(self) -> str:
        return "warning" if self.valid else "error"


def demand(actor: User, *, act: Act) -> None:
    """Refuse an act to whoever lacks the paper it takes. Said in the act's own transaction.

    What no person does (imports, the worker) is not held up.
    """
    if actor.is_system:
        return
    standing = of(actor, act)
    if not standing.valid:
        audit.attempted("staff.licence.demanded", detail={"act": str(act)})
        raise Refused(standing.text)


def notice(user: User, act: Act, papers: list[dict[str, Any]] | None = None) -> Standing | None:
    """What a page says at its top before one types: the paper is missing, has ended, or ends within 60 days.

    One query; none where the page brings the `papers` along, by an annotation `on_file(user)`.
    """
    standing = of(user, act, papers)
    return standing if standing.text else None


def _filed(user: User) -> EmployeeQuerySet:
    """A row for each paper on file for this person, wherever they are employed; one row where there is none."""
    names = {"kind": "credentials__kind", "issued": "credentials__issued_on", "until": "credentials__valid_until"}
    row = JSONObject(profession="profession", withdrawn="credentials__withdrawn_at", **names)
    return Employee.objects.filter(user=user).order_by().values_list(row, flat=True)


def on_file(user: User) -> ArraySubquery:
    """The same, to annotate a row that a page reads anyhow."""
    return ArraySubquery(_filed(user))


def of(user: User, act: Act, papers: list[dict[str, Any]] | None = None) -> Standing:
    """How this person stands with the paper that the act takes."""
    rule = RULES[act]
    rows = list(_filed(user)) if papers is None else papers
    if not rows:
        return Standing(
            False,
            _("Your sign-in is not linked to an employee record. Personnel links it; %(cannot)s")
            % {"cannot": rule.cannot},
        )
    kind = rule.paper(rows[0]["profession"])
    today = clock.today(user.facility)
    named = {"paper": kind.label.lower(), "cannot": rule.cannot}
    rows = [row for row in rows if row["kind"] == kind and date.fromisoformat(row["issued"]) <= today]
    counting = [date.fromisoformat(row["until"] or NO_END) for row in rows if not row["withdrawn"]]
    last = max(counting, default=date.min)
    if last >= today:
        return _running(named, last, today)
    moments = [datetime.fromisoformat(row["withdrawn"]) for row in rows if row["withdrawn"]]
    withdrawn = [clock.local(user.facility, moment).date() for moment in moments]
    if counting and last >= max(withdrawn, default=date.min):
        text = _("Your %(paper)s ended on %(day)s. Personnel enters the renewed one; %(cannot)s")
        return Standing(False, text % {**named, "day": last.strftime("%d %b %Y")})
    if withdrawn:
        text = _("Your %(paper)s was withdrawn on %(day)s. Personnel enters a new one; %(cannot)s")
        return Standing(False, text % {**named, "day": max(withdrawn).strftime("%d %b %Y")})
    text = _("Personnel has no %(paper)s of yours on file. Show it to them and they enter it; %(cannot)s")
    return Standing(False, text % named)


def _running(named: dict[str, object], last: date, today: date) -> Standing:
    if last > today + EXPIRES_SOON:  # or without an end
        return Standing(True)
    if last == today:
        text = _("Your %(paper)s ends today. Show the renewed one to personnel: without it you cannot go on tomorrow.")
        return Standing(True, text % named)
    text = _("Your %(paper)s ends on %(day)s. Show the renewed one to personnel before that day.")
    return Standing(True, text % {**named, "day": last.strftime("%d %b %Y")})


def last_days(employees: Iterable[Employee]) -> dict[UUID, date]:
    """For those whose profession needs a paper that has an end, the last day it covers; the beginning of
    time where there is none on file. Who is not in it may work on any day. One query."""
    needing = {one.pk: NEEDED[Profession(one.profession)] for one in employees if one.profession in NEEDED}
    last = dict.fromkeys(needing, date.min)
    if needing:
        papers = Credential.objects.counted().filter(employee__in=needing)
        for employee_id, kind, until in papers.values_list("employee_id", "kind", "valid_until"):
            if kind == needing[employee_id]:
                last[employee_id] = max(last[employee_id], until or date.max)
    return {employee_id: day for employee_id, day in last.items() if day < date.max}


def shown_to(user: User, employees: Iterable[Employee]) -> dict[UUID, date]:
    """The last days of `last_days`, for those who may look into the employees' files; nothing for others."""
    return last_days(employees) if user.has_perm("staff.view_employee") else {}


def told() -> Iterator[str]:
    """The part of docs/roles.md about papers, from the table above (hms.core.chapters)."""
    yield "## Papers"
    yield "A role opens the page of an act; these acts are done only by whoever has the paper for it on file, valid to the end of its last day by"
    yield "the facility's clock: see [security.md](security.md#acts-that-take-a-licence). What no person does (imports, the worker) takes none."
    yield ""
    yield "| act | paper | why |"
    yield "|---|---|---|"
    for act, rule in RULES.items():
        others = [f"{Profession(who).label.lower()}: {paper.label.lower()}" for who, paper in rule.other.items()]
        yield f"| {act.value} | {'; '.join([rule.takes.label.lower(), *others])} | {rule.why} |"
