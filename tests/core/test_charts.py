"""Charts say what they count: whole things in whole numbers, labels that do not run into each other."""

from __future__ import annotations

import pytest

from hms.core import charts


@pytest.mark.parametrize("largest", [1, 2, 3, 7, 9, 10, 21, 24, 96, 130, 240, 1800])
def test_an_axis_of_whole_things_has_whole_ticks(largest: int):
    axes, _bars = charts.bars([("Outpatients", largest)])
    assert all("." not in tick.label or tick.label.endswith("k") for tick in axes.ticks), axes.ticks


def test_long_labels_are_cut_to_their_bar_and_kept_whole_for_the_table():
    names = [f"Dr Maximiliana Wolfeschlegelsteinhausen {n}" for n in range(10)]
    _axes, drawn = charts.bars([(name, 3) for name in names])
    assert [bar.label for bar in drawn] == names
    room = 590 / 10
    assert all(len(line) * charts.LETTER <= room for bar in drawn for line in bar.shown)
    assert charts.under_bar("Dr Keiko Obi", 10) == ("Dr Keiko", "Obi"), "two of one given name are told apart"
    assert charts.under_bar("Wolfeschlegelsteinhausen", 10) == ("Wolfeschl…",)


def test_short_labels_stay_as_they_are():
    _axes, drawn = charts.bars([("Card", 3), ("Cash", 4)])
    assert [bar.shown for bar in drawn] == [("Card",), ("Cash",)]
