"""From files with pictures through a bundle to matches."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from leakwatch.corpus.bundle import open_corpus
from leakwatch.corpus.growth import Addition
from leakwatch.corpus.withdrawing import withdraw_ids
from leakwatch.errors import IncompatibleParams
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.match.pictures import PictureMatches, check_scheme
from leakwatch.model.artefact import Artefact
from leakwatch.model.match import Grade, Match, Method
from tests.support.corpora import BUILT_AT, KEY, OTHER_KEY, build, builder, ids, note, write_tree
from tests.support.pictures import letter, pages, photo, saved
from tests.support.readers import LookingReader

LOGO = photo(99)
FILES: dict[str, str | bytes] = {
    "xray.png": saved(photo(1), "PNG"),
    "scan.pdf": pages([letter(1), letter(2), LOGO], "PDF"),
    "note.txt": note(1),
}
BACKGROUND: dict[str, str | bytes] = {
    "logo.png": saved(LOGO, "PNG"),
    "leaflet.txt": note("leaflet"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("pictures")
    build(home, FILES, background=BACKGROUND, images=True)
    return home


def seen(body: bytes) -> Artefact:
    [artefact] = LookingReader().read(body, name="found")
    return artefact


def matches(home: Path, body: bytes) -> dict[str, Match]:
    """Return path of each known file that is found -> its match."""
    matcher = CorpusMatcher([open_corpus(home / "clinic.corpus")], KEY)
    paths = {file: path for path, file in ids(home).items()}
    found = matcher.match_artefact(seen(body)).matches
    return {paths.get(match.file, match.file): match for match in found}


def smaller(image: Image.Image) -> Image.Image:
    return image.resize((image.width * 2 // 3, image.height * 2 // 3))


def test_a_picture_that_was_saved_anew_is_found(home: Path) -> None:
    """As a smaller JPEG the known picture is probable, by method image, and the reason is plain."""
    found = matches(home, saved(smaller(photo(1)), "JPEG", quality=70))
    assert list(found) == ["xray.png"]
    match = found["xray.png"]
    assert (match.method, match.grade) == (Method.IMAGE, Grade.PROBABLE)
    assert (match.stolen_in_leak, match.leak_in_stolen, match.jaccard) == (None, None, None)
    assert match.reasons[0].startswith("a picture in it is the same as one of the file's")


def test_a_page_of_a_scan_is_found_as_a_picture_and_the_other_way(home: Path) -> None:
    """One page as a photograph gives the scan away; a picture within a PDF is found too."""
    assert list(matches(home, saved(smaller(letter(2)), "JPEG"))) == ["scan.pdf"]
    assert list(matches(home, pages([photo(50), photo(1)], "PDF"))) == ["xray.png"]


def test_the_same_bytes_stay_conclusive(home: Path) -> None:
    """What is known by its bytes is not told as a picture."""
    body = FILES["xray.png"]
    assert isinstance(body, bytes)
    match = matches(home, body)["xray.png"]
    assert (match.method, match.grade) == (Method.EXACT, Grade.CONCLUSIVE)


def test_a_logo_of_the_background_identifies_nobody(home: Path) -> None:
    """The logo stands in a known scan and in the background: it matches nothing, however saved."""
    for image in (LOGO, smaller(LOGO), LOGO.rotate(180)):
        assert matches(home, saved(image, "JPEG")) == {}


def test_a_strangers_letter_and_picture_match_nothing(home: Path) -> None:
    """Another letter under the same letterhead and another photograph are nobody's."""
    assert matches(home, saved(letter(500), "PNG")) == {}
    assert matches(home, saved(photo(500), "PNG")) == {}


def test_a_picture_of_many_files_identifies_nobody(tmp_path: Path) -> None:
    """A letterhead in seven files of seven groups is common; in six it is not."""
    many: dict[str, str | bytes] = {f"{n}.pdf": pages([LOGO, photo(n)], "PDF") for n in range(7)}
    build(tmp_path, many, images=True)
    assert matches(tmp_path, saved(smaller(LOGO), "PNG")) == {}
    assert list(matches(tmp_path, saved(smaller(photo(3)), "PNG"))) == ["3.pdf"]
    build(tmp_path / "few", dict(list(many.items())[:6]), images=True)
    assert len(matches(tmp_path / "few", saved(smaller(LOGO), "PNG"))) == 6


def test_without_the_option_no_picture_is_kept(tmp_path: Path) -> None:
    """A corpus built without it says so and matches no picture, even if one is looked for."""
    manifest = build(tmp_path, FILES).manifest
    assert manifest.images is None
    assert "pictures" not in manifest.counts
    assert len(open_corpus(tmp_path / "clinic.corpus").segments[0].image_files) == 0
    assert matches(tmp_path, saved(smaller(photo(1)), "PNG")) == {}


def test_the_manifest_says_how_pictures_are_kept(home: Path) -> None:
    """The scheme stands in the manifest, and how many pictures there are."""
    manifest = open_corpus(home / "clinic.corpus").manifest
    assert manifest.images == "pdq+quarters/1"
    assert manifest.info()["images"] == "pdq+quarters/1"
    assert manifest.counts["pictures"] == 4


def test_added_and_merged_pictures_are_found(tmp_path: Path) -> None:
    """A segment added later brings its pictures; merging keeps all, and the stop list holds."""
    build(tmp_path, FILES, background=BACKGROUND, images=True)
    more = write_tree(
        tmp_path / "clinic" / "known", {"more/scan.pdf": pages([letter(7), LOGO], "PDF")}
    )
    bundle, made = tmp_path / "clinic.corpus", builder(images=True)
    addition = Addition((more / "more",), map_file=tmp_path / "more.csv")
    assert made.add(bundle, addition, at=BUILT_AT).added == 1

    def check() -> None:
        assert len(matches(tmp_path, saved(smaller(letter(7)), "PNG"))) == 1
        assert list(matches(tmp_path, saved(smaller(photo(1)), "PNG"))) == ["xray.png"]
        assert matches(tmp_path, saved(smaller(LOGO), "PNG")) == {}
        assert open_corpus(bundle).manifest.counts["pictures"] == 6

    check()
    made.merge(bundle, at=BUILT_AT)
    check()


def test_a_withdrawn_file_is_not_found_by_its_pictures(tmp_path: Path) -> None:
    """Withdrawing takes effect on pictures at once, and for good after a merge."""
    build(tmp_path, FILES, images=True)
    withdraw_ids(tmp_path / "clinic.corpus", [ids(tmp_path)["xray.png"]], at=BUILT_AT)
    assert matches(tmp_path, saved(smaller(photo(1)), "PNG")) == {}
    builder(images=True).merge(tmp_path / "clinic.corpus", at=BUILT_AT)
    assert matches(tmp_path, saved(smaller(photo(1)), "PNG")) == {}
    assert open_corpus(tmp_path / "clinic.corpus").manifest.counts["pictures"] == 3


def test_equal_copies_have_their_pictures_once(tmp_path: Path) -> None:
    """The same bytes twice are one file with one picture."""
    body = saved(photo(1), "PNG")
    assert (
        build(tmp_path, {"a.png": body, "b.png": body}, images=True).manifest.counts["pictures"]
        == 1
    )


def test_another_scheme_is_refused() -> None:
    """Pictures kept in another way are never compared."""
    check_scheme(None, what="c")
    with pytest.raises(IncompatibleParams, match="pdq\\+quarters/1"):
        check_scheme("phash/0", what="c")


def test_a_corpus_of_another_scheme_is_refused(home: Path) -> None:
    """The matcher refuses it when it is given, not at the first picture."""
    corpus = open_corpus(home / "clinic.corpus")
    other = replace(corpus, manifest=replace(corpus.manifest, images="phash/0"))
    with pytest.raises(IncompatibleParams):
        PictureMatches([other], KEY)


def test_bundles_hold_no_raw_hash_and_two_keys_share_none(tmp_path: Path) -> None:
    """No hash stands in a bundle as PDQ gives it, whichever way round, nor in another key's."""
    files: Mapping[str, bytes] = {f"{n}.png": saved(photo(n), "PNG") for n in range(5)}
    build(tmp_path / "1", files, images=True)
    build(tmp_path / "2", files, images=True, key=OTHER_KEY)
    one, two = (open_corpus(tmp_path / n / "clinic.corpus").segments[0] for n in "12")
    for name in ("image_hashes", "image_quarters"):
        assert not set(getattr(one, name).ravel()) & set(getattr(two, name).ravel())
    held = b"".join(p.read_bytes() for p in (tmp_path / "1" / "clinic.corpus").rglob("*.npy"))
    for n in range(5):
        with io.BytesIO(files[f"{n}.png"]) as body:
            [picture] = seen(body.read()).pictures
        for raw in (*picture.hashes, *picture.quarters):
            for start in range(0, len(raw), 8):
                assert raw[start : start + 8] not in held
                assert raw[start : start + 8][::-1] not in held
