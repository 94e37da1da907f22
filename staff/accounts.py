"""Which sign-ins belong to one person: an employee has one, but the same person may be on file twice."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from staff.models import Credential, CredentialKind, Employee

# Papers whose number is a person's own.
PERSONAL = Credential.objects.filter(kind__in=[CredentialKind.LICENCE, CredentialKind.REGISTRATION], withdrawn_at=None)


def of_one_person(user_id: UUID) -> QuerySet:
    """The other sign-ins of whoever this one belongs to, as far as the files know: of employees of the same name who
    hold the same licence or registration, have the same e-mail, or the same telephone. One query, or a part of one."""
    theirs = PERSONAL.filter(
        employee=OuterRef(OuterRef(OuterRef("pk"))), number=OuterRef("number"), issuer=OuterRef("issuer")
    )
    same = (
        Q(Exists(PERSONAL.filter(Exists(theirs), employee=OuterRef("pk"))))
        | (~Q(email="") & Q(email__iexact=OuterRef("email")))
        | (~Q(phone="") & Q(phone=OuterRef("phone")))
    )
    own = Employee.objects.filter(
        same, user=user_id, given_name__iexact=OuterRef("given_name"), family_name__iexact=OuterRef("family_name")
    )
    others = Employee.objects.filter(Exists(own), user__isnull=False).exclude(user=user_id)
    return others.order_by().values_list("user_id", flat=True)
