"""What names tell of volumes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.model.volumes import MAX_VOLUMES, Style, volume_of, volume_sets


@pytest.mark.parametrize(
    ("names", "style", "places"),
    [
        (["a.part1.rar", "a.part2.rar"], Style.PARTS, (0, 1)),
        (["a.part02.rar", "A.PART01.RAR", "a.part03.rar"], Style.PARTS, (1, 0, 2)),
        (["a.part1.exe", "a.part2.rar"], Style.PARTS, (0, 1)),
        (["a.part2.rar", "a.part4.rar"], Style.PARTS, (None, 0, None, 1)),
        (["a.r00", "a.r01", "a.rar"], Style.OLD_RAR, (2, 0, 1)),
        (["a.z01", "a.z02", "a.zip"], Style.OLD_ZIP, (0, 1, 2)),
        (["a.z02", "a.zip"], Style.OLD_ZIP, (None, 0, 1)),
        (["a.7z.001", "a.7z.002"], Style.PIECES, (0, 1)),
        (["a.7z.001", "a.7z.003"], Style.PIECES, (0, None, 1)),
        (["a.tar.gz.aa", "a.tar.gz.ab"], Style.PIECES, (0, 1)),
        (["dir/a.zip.001", "dir/a.zip.002"], Style.PIECES, (0, 1)),
    ],
)
def test_volumes_of_a_set_are_put_in_order(
    names: list[str], style: Style, places: tuple[int | None, ...]
) -> None:
    """Whatever the way of naming; one that is not there leaves a gap."""
    [found] = volume_sets(names)
    assert (found.style, found.places) == (style, places)


@pytest.mark.parametrize(
    "names",
    [
        ["a.zip", "b.zip"],
        ["a.rar"],
        ["a.part1.rar"],
        ["a.r00", "a.r01"],
        ["a.z01", "a.z02"],
        ["a.7z.002", "a.7z.003"],
        ["a.part1.rar", "b.part2.rar"],
        ["x/a.7z.001", "y/a.7z.002"],
        ["a.part1.rar", "a.part99999.rar"],
        ["report.de", "report.py"],
        [".001", ".002"],
    ],
)
def test_what_does_not_belong_together_is_no_set(names: list[str]) -> None:
    """Other stems, other folders, no start, numbers far apart."""
    assert volume_sets(names) == []


@given(st.lists(st.text(alphabet="axr.0123part/zip7", max_size=14), max_size=30))
def test_any_names_give_disjoint_sets_of_two_or_more(names: list[str]) -> None:
    """Total and bounded."""
    sets = volume_sets(names)
    seen = [place for found in sets for place in found.present]
    assert len(seen) == len(set(seen))
    assert all(len(found.present) >= 2 and len(found.places) <= MAX_VOLUMES for found in sets)


@given(st.text())
def test_any_name_is_one_volume_or_none(name: str) -> None:
    """Total."""
    volume = volume_of(name)
    assert volume is None or 1 <= volume.number <= MAX_VOLUMES + 1
