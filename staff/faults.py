"""What the oracle asks of the employees."""

from hms.core import oracle
from hms.core.faults import runs


def register() -> None:
    oracle.register(
        "numbers: employees",
        runs(
            "Staff numbers",
            "E",
            "select split_part(number, '-', 1), split_part(number, '-', 3)::int from staff_employee",
        ),
    )
