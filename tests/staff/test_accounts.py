"""Two sign-ins of one person."""

from __future__ import annotations

import pytest

from hms.core.models import User
from staff import accounts
from staff.models import Credential, Employee
from tests.conftest import employ, license_for
from tests.weakened import reworded, weakened

# What the twins take away (tests/weakened.py).
NEVER = "Q(pk__in=[])"
PAPERS = 'Q(Exists(PERSONAL.filter(Exists(theirs), employee=OuterRef("pk"))))'
NAMES = ', given_name__iexact=OuterRef("given_name"), family_name__iexact=OuterRef("family_name")'


@pytest.fixture
def twice(person) -> tuple[User, User]:
    """The same name on file twice, each with a sign-in; nothing says yet that they are one."""
    users = []
    for role in ("cashier", "manager"):
        user = person(role)
        user.first_name, user.last_name = "Wanjiru", "Mensah"
        user.save()
        employ(user, "cashier", user.facility)
        users.append(user)
    Credential.objects.all().delete()
    return users[0], users[1]


@weakened("with the name enough", reworded(accounts.of_one_person, ("same, user=user_id", "user=user_id")))
@weakened("with no telephone as one", reworded(accounts.of_one_person, ('~Q(phone="") & ', "")))
@weakened("with no e-mail as one", reworded(accounts.of_one_person, ('~Q(email="") & ', "")))
def test_whoever_has_only_a_name_in_common_is_somebody_else(twice: tuple[User, User]) -> None:
    one, other = twice
    assert not accounts.of_one_person(one.pk)
    assert other.pk not in accounts.of_one_person(one.pk)


@weakened("unlooked at", reworded(accounts.of_one_person, (PAPERS, NEVER)), only="licence")
@weakened("unlooked at", reworded(accounts.of_one_person, ('Q(email__iexact=OuterRef("email"))', NEVER)), only="email")
@weakened("unlooked at", reworded(accounts.of_one_person, ('Q(phone=OuterRef("phone"))', NEVER)), only="phone")
@pytest.mark.parametrize("shared", ["licence", "email", "phone"])
def test_the_same_paper_address_or_telephone_under_the_same_name_is_one_person(
    shared: str, twice: tuple[User, User]
) -> None:
    for user in twice:
        if shared == "licence":
            license_for(user.employee, number="GM-77")
        else:
            Employee.objects.filter(user=user).update(**{shared: "wanjiru@example.org"})
    one, other = twice
    assert list(accounts.of_one_person(one.pk)) == [other.pk]
    assert list(accounts.of_one_person(other.pk)) == [one.pk]


@weakened("by any name", reworded(accounts.of_one_person, (NAMES, "")))
def test_a_colleague_with_the_same_telephone_is_another(person) -> None:
    users = [person("pharmacist"), person("nurse")]
    Employee.objects.filter(user__in=users).update(phone="+44 20 7946 0101")
    assert not accounts.of_one_person(users[0].pk)


def test_a_sign_in_without_a_file_is_itself(manager: User) -> None:
    assert not accounts.of_one_person(manager.pk)
