from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.corpus.picture_families import COMMON_PICTURE, PUBLIC_PICTURE
from leakwatch.fingerprint.image import PictureHasher, PictureHashes
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.match import image_reference
from leakwatch.match.image import KnownPictures, PictureHit, PictureMatcher
from leakwatch.match.image_reference import ReferenceKnown, ReferencePicture
from leakwatch.model.match import Grade
from leakwatch.model.picture import Picture
from tests.support.pictures import flipped, hashed, letter, made_up, photo

HASHER = PictureHasher(FingerprintKey(bytes(range(32))))
NOTHING = HASHER.upright([])


def number(words: np.ndarray[tuple[int, ...], np.dtype[np.uint64]]) -> int:
    return int.from_bytes(words.astype("<u8").tobytes(), "little")


BLANK = number(HASHER.blank)


def known(
    rows: PictureHashes,
    *,
    files: Sequence[int] | None = None,
    groups: Sequence[int] | None = None,
    flags: Sequence[int] | None = None,
    background: PictureHashes = NOTHING,
) -> KnownPictures:
    order = range(len(rows))
    return KnownPictures(
        hashes=rows,
        files=np.array(order if files is None else files, np.uint32),
        groups=np.array(order if groups is None else groups, np.uint32),
        flags=np.array([0] * len(rows) if flags is None else flags, np.uint8),
        background=background,
    )


def hits(
    shelf: KnownPictures, *pictures: Picture, excluded: frozenset[int] = frozenset()
) -> list[PictureHit]:
    matcher = PictureMatcher(shelf, blank=HASHER.blank)
    turned = [HASHER.turned(p) for p in pictures]
    return sorted(matcher.match(turned, excluded=excluded), key=lambda hit: hit.file)


def grades(shelf: KnownPictures, *pictures: Picture) -> dict[int, Grade]:
    return {hit.file: hit.grade for hit in hits(shelf, *pictures)}


def near(row: PictureHashes, whole: int, quarter: int, seed: int) -> PictureHashes:
    return flipped(row, whole=whole, quarters=(quarter,) * 4, seed=seed)


def test_the_same_picture_is_probable_and_one_alike_possible() -> None:
    """The grade follows the distance; a stranger is no match."""
    row = HASHER.upright([made_up(1)])
    rows = PictureHashes.joined([near(row, 31, 48, 5), near(row, 50, 60, 6), near(row, 51, 60, 7)])
    assert grades(known(rows), made_up(1)) == {0: Grade.PROBABLE, 1: Grade.POSSIBLE}
    assert grades(known(rows), made_up(2)) == {}


def test_a_turned_or_mirrored_picture_is_found() -> None:
    """However the leak's picture lies, the known one is found, and the reason says so."""
    shelf = known(HASHER.upright([hashed(photo(1))]))
    for turns in range(4):
        image = photo(1).rotate(90 * turns, expand=True)
        [hit] = hits(shelf, hashed(image))
        assert hit.grade == Grade.PROBABLE
        assert ("turned" in hit.reason) == (turns > 0)


def test_a_picture_of_the_background_is_nobodys() -> None:
    """What is the same as a background picture matches nothing, not even what is alike."""
    row = HASHER.upright([made_up(1)])
    shelf = known(near(row, 40, 50, 5), background=near(row, 20, 30, 6))
    assert grades(known(near(row, 40, 50, 5)), made_up(1)) == {0: Grade.POSSIBLE}
    assert grades(shelf, made_up(1)) == {}


def test_flagged_and_withdrawn_pictures_match_nothing() -> None:
    """Public and common pictures are passed over, and so are files that were withdrawn."""
    row = HASHER.upright([made_up(1)])
    shelf = known(
        PictureHashes.joined([row] * 4),
        files=[7, 8, 9, 10],
        flags=[PUBLIC_PICTURE, COMMON_PICTURE, 0, 0],
    )
    found = hits(shelf, made_up(1), excluded=frozenset({10}))
    assert [hit.file for hit in found] == [9]


def test_what_too_many_groups_have_is_nobodys() -> None:
    """Seven groups with the same picture give no match, six do; files of one group count once."""
    row = HASHER.upright([made_up(1)])
    rows = PictureHashes.joined([row] * 7)
    assert grades(known(rows), made_up(1)) == {}
    assert len(grades(known(rows, groups=[0, 1, 2, 3, 4, 5, 5]), made_up(1))) == 7


def test_what_is_alike_in_too_many_groups_leaves_what_is_the_same() -> None:
    """Siblings under one letterhead fall away, the picture itself stays."""
    row = HASHER.upright([made_up(1)])
    alike = [near(row, 45, 55, seed) for seed in range(7)]
    assert grades(known(PictureHashes.joined([row, *alike])), made_up(1)) == {0: Grade.PROBABLE}


def test_a_strangers_letter_is_no_match() -> None:
    """A letter under the letterhead of known letters is not one of them."""
    shelf = known(HASHER.upright([hashed(letter(seed)) for seed in range(5)]))
    for seed in range(100, 120):
        assert Grade.PROBABLE not in grades(shelf, hashed(letter(seed))).values()
    assert grades(shelf, hashed(letter(3)))[3] == Grade.PROBABLE


def test_pictures_of_one_artefact_count_together() -> None:
    """A file that holds several of them is one match, which says how many."""
    shelf = known(HASHER.upright([made_up(1), made_up(2), made_up(3)]), files=[4, 4, 5])
    first, second = hits(shelf, made_up(1), made_up(2), made_up(3))
    assert (first.file, second.file) == (4, 5)
    assert first.reason.startswith("2 pictures in it are the same")
    assert second.reason.startswith("a picture in it is the same")


def test_poor_pictures_and_empty_corpora_match_nothing() -> None:
    """No picture of quality, or no known picture: no match and no error."""
    assert hits(known(HASHER.upright([made_up(1)])), made_up(1, quality=10)) == []
    assert hits(known(NOTHING), made_up(1)) == []
    assert hits(known(HASHER.upright([made_up(1)]))) == []


def as_reference(row: PictureHashes, at: int = 0) -> ReferencePicture:
    quarters = [number(q) for q in row.quarters[at].reshape(4, 4)]
    return ReferencePicture(
        number(row.whole[at]), tuple(None if q == BLANK else q for q in quarters)
    )


DISTANCES = st.sampled_from([0, 5, 30, 31, 32, 47, 48, 49, 50, 51, 60, 61, 128])


@st.composite
def scenes(draw: st.DrawFn) -> tuple[PictureHashes, PictureHashes, list[int], list[int], list[int]]:
    """Known and background pictures around one picture, at the distances that matter."""
    row = HASHER.upright([made_up(1)])

    def around() -> PictureHashes:
        quarters = [draw(DISTANCES) for _ in range(4)]
        moved = flipped(
            row, whole=draw(DISTANCES), quarters=quarters, seed=draw(st.integers(0, 99))
        )
        for blank in draw(st.sets(st.integers(0, 3), max_size=1)):
            moved.quarters[0, 4 * blank : 4 * blank + 4] = HASHER.blank
        return moved

    count = draw(st.integers(0, 12))
    rows = PictureHashes.joined([around() for _ in range(count)])
    background = PictureHashes.joined([around() for _ in range(draw(st.integers(0, 1)))])
    files = [draw(st.integers(0, 9)) for _ in range(count)]
    flags = [draw(st.sampled_from([0, 0, 0, PUBLIC_PICTURE])) for _ in range(count)]
    return rows, background, files, [f // 2 if f < 4 else f for f in files], flags


@settings(max_examples=150, deadline=None)
@given(scenes(), st.sets(st.integers(0, 9), max_size=2))
def test_equals_the_slow_reference(
    scene: tuple[PictureHashes, PictureHashes, list[int], list[int], list[int]], gone: set[int]
) -> None:
    """Grade by grade the matcher says what trying every pair says."""
    rows, background, files, groups, flags = scene
    shelf = known(rows, files=files, groups=groups, flags=flags, background=background)
    slow = image_reference.match(
        [as_reference(HASHER.turned(made_up(1)), at) for at in range(8)],
        [
            ReferenceKnown(as_reference(rows, n), files[n], groups[n], is_flagged=flags[n] > 0)
            for n in range(len(rows))
        ],
        [as_reference(background, n) for n in range(len(background))],
        excluded=gone,
        blank=BLANK,
    )
    found = hits(shelf, made_up(1), excluded=frozenset(gone))
    assert {hit.file: hit.grade for hit in found} == slow


def test_the_differential_test_meets_every_outcome() -> None:
    """The distances that are drawn give both grades and none, so that it compares something."""
    rng = random.Random(3)
    row = HASHER.upright([made_up(1)])
    seen = set()
    for seed in range(300):
        whole, *quarters = (rng.choice([0, 30, 48, 50, 60, 61, 128]) for _ in range(5))
        other = flipped(row, whole=whole, quarters=quarters, seed=seed)
        seen.add(image_reference.likeness(as_reference(row), as_reference(other), blank=BLANK))
    assert seen == {None, Grade.POSSIBLE, Grade.PROBABLE}
