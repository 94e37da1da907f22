"""Which sign-ins belong to one person: an employee has one, but the same person may be on file twice."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from staff.models import Credential, CredentialKind, Employee

# Papers whose number is a person's own.
PERSONAL = [CredentialKind.LICENCE, CredentialKind.REGISTRATION]


def of_one_person(user_id: UUID) -> set[UUID]:
    """All sign-ins of whoever this one belongs to, as far as the files know: of the same employee, and of employees of
    the same name who hold the same licence or registration, have the same e-mail, or the same telephone. Two queries."""
    found = {user_id}
    own = Employee.objects.filter(user=user_id).first()
    if own is None:
        return found
    papers = Credential.objects.filter(employee=own, kind__in=PERSONAL, withdrawn_at=None)
    shared = Credential.objects.filter(
        Exists(papers.filter(number=OuterRef("number"), issuer=OuterRef("issuer"))),
        employee=OuterRef("pk"),
        kind__in=PERSONAL,
        withdrawn_at=None,
    )
    same = Q(Exists(shared))
    if own.email:
        same |= Q(email__iexact=own.email)
    if own.phone:
        same |= Q(phone=own.phone)
    named = Employee.objects.filter(given_name__iexact=own.given_name, family_name__iexact=own.family_name)
    return found | set(named.filter(same, user__isnull=False).values_list("user_id", flat=True))
