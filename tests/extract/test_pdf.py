from __future__ import annotations

import io
import signal

import pypdfium2
import pytest

from leakwatch.errors import BudgetExceeded, Encrypted, ExtractError
from leakwatch.extract import pdf as pdf_module
from leakwatch.extract import whole
from leakwatch.extract.base import Extraction
from leakwatch.extract.cpu import cpu_at_most
from leakwatch.extract.formats import TextExtraction
from leakwatch.extract.page_count import PagesRead
from leakwatch.extract.panics import as_errors
from leakwatch.extract.pdf import PdfText
from leakwatch.extract.pdf_rescue import PdfRescue
from tests.support.pdf import blank_page, filled_form, locked, with_image, with_text
from tests.support.pictures import photo


def read(data: bytes, max_chars: int = 10_000) -> Extraction:
    return PdfText().extract(io.BytesIO(data), max_chars=max_chars)


def test_pages_come_in_order() -> None:
    """Each page's text, a line each; nothing else to say."""
    found = read(with_text("first page", "second page"))
    assert (found.text.split("\n")[:2], found.note) == (["first page", "second page"], None)


def test_a_form_gives_what_was_filled_in() -> None:
    """Values of fields, though they stand in the field's parent, and sticky notes."""
    text = read(filled_form("Aroha Ashgrove")).text
    assert "Aroha Ashgrove" in text
    assert "a sticky note" in text


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (with_image(photo(1)), "no text layer: the pages are pictures"),
        (blank_page(), "no text layer, and no pictures"),
    ],
    ids=["scan", "blank"],
)
def test_a_scan_is_told_as_one(data: bytes, note: str) -> None:
    """Whoever recognises letters in pictures knows where to look."""
    assert read(data) == Extraction("", note)


def test_both_ways_read_alike() -> None:
    """What one gives, word for word, the other does."""
    data = with_text("first page", "second page")
    second = PdfRescue().extract(io.BytesIO(data), max_chars=1000)
    assert second.text.split() == read(data).text.split()


def test_what_the_first_raises_at_the_second_reads() -> None:
    """A document whose header pdfium refuses; the note says who read it."""
    data = with_text("the note").replace(b"startxref", b"startxxxx").replace(b"/Root 1 0 R", b"")
    found = TextExtraction(max_chars=1000)("pdf", io.BytesIO(data), plainly=True)
    assert found is not None


def test_an_empty_first_way_is_answered_by_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pdfium finds no text and the other does, that counts, and is told."""
    monkeypatch.setattr(pdf_module, "_page_text", lambda _: "")
    found = read(with_text("the note"))
    assert found.text.split() == ["the", "note"]
    assert found.note == "read by the second extractor: the first found no text"


def test_a_password_is_asked_for_and_tried() -> None:
    """None fits: the document is locked, and the second way is not bothered."""
    with pytest.raises(Encrypted):
        TextExtraction(max_chars=10, passwords=["wrong"])(
            "pdf", io.BytesIO(locked()), plainly=False
        )


def test_noise_raises() -> None:
    """Neither way finds anything in bytes that only start like a PDF."""
    with pytest.raises((pypdfium2.PdfiumError, ExtractError, RuntimeError, OSError)):
        TextExtraction(max_chars=10)("pdf", io.BytesIO(b"%PDF-1.7\n" + bytes(2000)), plainly=False)


def test_text_is_cut_at_the_cap() -> None:
    """The cut is told."""
    found = read(with_text("x" * 50, "y"), max_chars=20)
    assert (found.text, found.note) == ("x" * 20, "text cut after 20 characters")


def test_pages_that_keep_failing_are_given_up() -> None:
    """A document may claim a million: fifty that fail one behind the other are enough."""
    pages = PagesRead(1_000_000)
    for _ in range(49):
        pages.note_page(is_read=False)
    assert pages.is_hopeless is False
    pages.note_page(is_read=False)
    assert (pages.is_hopeless, pages.failed) == (True, 50)
    assert pages.note == "text of the first 50 of 1000000 pages only"


def test_a_panic_is_an_error() -> None:
    """What parsers in Rust raise beside Exception becomes one of ours; all else passes."""
    panic = type("PanicException", (BaseException,), {})
    with pytest.raises(ExtractError, match="it gave up"), as_errors("it"):
        raise panic
    with pytest.raises(KeyboardInterrupt), as_errors("it"):
        raise KeyboardInterrupt


def test_a_parsers_time_ends_with_it() -> None:
    """The timer runs within and is off behind."""
    with cpu_at_most(100):
        assert signal.getitimer(signal.ITIMER_PROF)[0] > 0
    assert signal.getitimer(signal.ITIMER_PROF)[0] == 0


def test_what_is_read_in_one_piece_is_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over the cap is told by its limit."""
    monkeypatch.setattr(whole, "MAX_WHOLE_BYTES", 10)
    assert whole.read_whole(io.BytesIO(b"0123456789")) == b"0123456789"
    with pytest.raises(BudgetExceeded):
        whole.read_whole(io.BytesIO(b"01234567890"))
