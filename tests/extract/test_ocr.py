from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from leakwatch.errors import ConfigError
from leakwatch.extract.base import OcrLimits, PictureLimits
from leakwatch.extract.formats import TextExtraction
from leakwatch.extract.ocr_pages import (
    MOST_PX,
    READING_PX,
    looks_like_page,
    pdf_pages,
    picture_pages,
)
from leakwatch.extract.tessdata import find_tessdata
from leakwatch.wiring import ocr as wiring_ocr
from leakwatch.wiring.ocr import ocr_limits
from tests.support.pdf import blank_page, with_image
from tests.support.pictures import form, letter, pages, photo, saved

LIMITS = PictureLimits()


def small(image: Image.Image) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    copy = image.convert("L")
    copy.thumbnail((512, 512), Image.Resampling.BOX)
    return np.array(copy)


def shaded(image: Image.Image) -> Image.Image:
    """Return a page as a telephone sees it: noisy, and darker on one side."""
    grey = np.asarray(image, np.float32)
    shade = np.linspace(1.0, 0.75, grey.shape[1], dtype=np.float32)
    noise = np.random.default_rng(1).normal(0, 6, grey.shape)
    return Image.fromarray(np.clip(grey * shade + noise, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("make", [letter, form])
@pytest.mark.parametrize("change", [lambda page: page, shaded, lambda page: page.convert("1")])
def test_pages_look_like_pages(
    make: Callable[..., Image.Image], change: Callable[[Image.Image], Image.Image]
) -> None:
    """Letters and forms, clean, photographed or in black and white."""
    assert all(looks_like_page(small(change(make(seed, scale=2)))) for seed in range(4))


def test_photographs_and_blank_pages_do_not() -> None:
    """What shows no writing costs no OCR."""
    assert not any(looks_like_page(small(photo(seed, (800, 600)))) for seed in range(20))
    assert not looks_like_page(np.full((512, 400), 250, np.uint8))


@pytest.mark.parametrize("scale", [1, 2, 5])
def test_a_page_is_brought_to_a_size_that_reads_well(scale: int) -> None:
    """Small ones are enlarged to 150 dpi, large ones shrunk."""
    [page] = picture_pages(io.BytesIO(saved(letter(1, scale=scale), "PNG")), LIMITS)
    assert page.mode == "L"
    assert READING_PX <= max(page.size) <= MOST_PX


def test_icons_and_photographs_are_passed_over() -> None:
    """Only pages large enough to be read are yielded."""
    for image in (letter(1).resize((300, 424)), photo(1, (900, 700))):
        assert list(picture_pages(io.BytesIO(saved(image, "PNG")), LIMITS)) == []


@pytest.mark.parametrize("mode", ["P", "RGBA", "1", "L", "LA"])
def test_pages_in_every_mode(mode: str) -> None:
    """Palettes, transparency and bilevel scans are pages too."""
    page = letter(1, scale=2)
    if mode == "RGBA":  # writing on nothing
        page = Image.merge(
            "RGBA", [Image.new("L", page.size, 0)] * 3 + [Image.eval(page, lambda v: 255 - v)]
        )
    data = saved(page.convert(mode), "PNG")
    assert len(list(picture_pages(io.BytesIO(data), LIMITS))) == 1


def test_light_writing_on_dark_is_turned_round() -> None:
    """A negative is read as what it is a negative of."""
    data = saved(Image.eval(letter(1, scale=2), lambda v: 255 - v), "PNG")
    [page] = picture_pages(io.BytesIO(data), LIMITS)
    assert np.mean(np.asarray(page)) > 128


def test_pages_of_a_pdf_that_are_pictures() -> None:
    """Scanned pages are drawn; pages without pictures are not."""
    scan = pages([letter(1, scale=2), letter(2, scale=2)], "PDF")
    assert len(list(pdf_pages(io.BytesIO(scan), LIMITS))) == 2
    assert list(pdf_pages(io.BytesIO(blank_page()), LIMITS)) == []
    assert list(pdf_pages(io.BytesIO(with_image(photo(1, (700, 500)))), LIMITS)) == []


def test_asked_for_and_not_installed_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is read, with what to install."""
    assert ocr_limits(wanted=False) is None
    monkeypatch.setattr(wiring_ocr, "find_spec", lambda name: None)
    with pytest.raises(ConfigError) as refused:
        ocr_limits(wanted=True)
    assert "leakwatch[ocr]" in (refused.value.hint or "")
    monkeypatch.setattr(wiring_ocr, "find_spec", lambda name: object())
    monkeypatch.setattr(wiring_ocr, "find_tessdata", lambda: None)
    with pytest.raises(ConfigError) as refused:
        ocr_limits(wanted=True)
    assert "tesseract-ocr-eng" in (refused.value.hint or "")


class TestTesseract:
    """What needs the engine itself."""

    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        pytest.importorskip("tesserocr", reason="the extra ocr is not installed")
        if find_tessdata() is None:
            pytest.skip("Tesseract's English model is not installed")

    def read(
        self, kind: str, data: bytes, limits: OcrLimits | None = None
    ) -> tuple[str, str | None]:
        extract = TextExtraction(max_chars=100_000, ocr=limits or OcrLimits())
        found = extract(kind, io.BytesIO(data), plainly=False)
        return ("", None) if found is None else (found.text, found.note)

    @pytest.mark.parametrize("turn", [0, 90, 180, 270])
    @pytest.mark.parametrize("scale", [1, 2])
    def test_a_letter_is_read_whichever_way_up(self, turn: int, scale: int) -> None:
        """At 75 and 150 dpi."""
        page = letter(1, scale=scale).rotate(turn, expand=True)
        text, note = self.read("png", saved(page, "PNG"))
        assert note == "OCR of 1 page"
        assert "Kowhai Health Centre" in text

    def test_a_scan_of_many_pages_is_read_up_to_the_limit(self) -> None:
        """The note counts pages, and says that there were more."""
        scan = pages([letter(n, scale=2) for n in range(4)], "PDF")
        text, note = self.read("pdf", scan, OcrLimits(max_pages=2))
        assert note == "OCR of 2 pages, the first 2 only"
        assert text.count("Kowhai") == 2

    def test_a_photograph_is_not_read(self) -> None:
        """It has no text, and none is made up."""
        assert self.read("png", saved(photo(1, (900, 700)), "PNG")) == ("", None)

    def test_what_is_written_into_the_file_comes_first(self) -> None:
        """Text of the page follows the label."""
        data = saved(letter(1, scale=2), "PNG")
        labelled = data[:33] + b"\0\0\0\x0btEXtTitle\0Label" + bytes(4) + data[33:]
        text, _ = self.read("png", labelled)
        assert text.startswith("Label\nKowhai")
