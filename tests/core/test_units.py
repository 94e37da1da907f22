from __future__ import annotations

import pytest

from hms.core import units


@pytest.mark.parametrize(
    ("ucum", "read"),
    [
        ("umol/L", "µmol/L"),
        ("ug/L", "µg/L"),
        ("ug/kg/min", "µg/kg/min"),
        ("10*3/uL", "10³/µL"),
        ("10*-6", "10⁻⁶"),
        ("m[IU]/L", "mIU/L"),
        ("[iU]/mL", "IU/mL"),
        ("mm[Hg]", "mmHg"),
        ("Cel", "°C"),
        ("kg/m2", "kg/m²"),
        ("mL/min/{1.73_m2}", "mL/min/1.73 m²"),
        ("mL/min/1.73m2", "mL/min/1.73 m²"),
        ("{score}", ""),
        ("{beats}/min", "beats/min"),
    ],
)
def test_a_unit_is_shown_as_people_read_it(ucum: str, read: str) -> None:
    assert units.text(ucum) == read


@pytest.mark.parametrize("unit", ["mmol/L", "U/L", "mU/L", "%", "/min", "pounds", "cups", "mumol", "tablets", ""])
def test_what_needs_no_other_spelling_stays(unit: str) -> None:
    assert units.text(unit) == unit
