from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.extract.markup import attributes, decoded, local_name, pieces, plain, tags_of
from leakwatch.extract.xml import XmlText

MARKUP = st.text(alphabet='<>ab c="/&![]-é;#x9', max_size=80)


def read(data: bytes, max_chars: int = 10_000) -> list[str]:
    return XmlText().extract(io.BytesIO(data), max_chars=max_chars).text.split()


@given(MARKUP, st.integers(1, 20))
def test_pieces_do_not_depend_on_how_the_text_comes(text: str, size: int) -> None:
    """Cut into chunks anywhere, markup has the same tags and the same text."""
    whole = [piece for piece in pieces([text]) if piece != ("", "")]
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    assert [tag for _, tag in pieces(chunks) if tag] == [tag for _, tag in whole if tag]
    assert "".join(t for t, _ in pieces(chunks)) == "".join(t for t, _ in whole)


@given(MARKUP)
def test_no_character_is_lost(text: str) -> None:
    """Text and tags together are what came in, brackets apart."""
    joined = "".join(shown + tag for shown, tag in pieces([text]))
    assert joined.translate({60: None, 62: None}) == text.translate({60: None, 62: None})


def test_chosen_tags_leave_the_others_in_the_text() -> None:
    """``plain`` drops those that were left."""
    found = list(pieces(["<a>1<x/>2</w:t><tt>"], tags_of({"t"})))
    assert found[0] == ("<a>1<x/>2", "/w:t")
    assert plain(found[0][0]) == "12"


def test_names_and_attributes() -> None:
    """Prefixes do not count; either quote does."""
    assert [local_name(tag) for tag in ("w:t", "/w:t", "t a='b:c'", "t/", "")] == [
        "t",
        "t",
        "t",
        "t",
        "",
    ]
    assert list(attributes("a x:b='1' c=\"&lt;2\" d")) == [("b", "1"), ("c", "<2")]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_are_found(codec: str) -> None:
    """By the mark, or by how the first bracket is stored."""
    assert "".join(decoded(["<a>ö</a>".encode(codec)])) == "<a>ö</a>"


def test_a_declared_encoding_holds_and_an_unknown_one_does_not() -> None:
    """What Python does not know as text is read as UTF-8."""
    for name, raw in (("windows-1251", "При".encode("cp1251")), ("no-such", "При".encode())):
        data = f"<?xml version='1.0' encoding='{name}'?>".encode() + raw
        assert "При" in "".join(decoded([data]))
    assert "".join(decoded([b"<?xml encoding='hex'?>zz"])).endswith("zz")


def test_attributes_with_content_count() -> None:
    """C-CDA keeps results and names in attributes; its identifiers of types say nothing."""
    data = b"""<?xml version='1.0'?><ClinicalDocument xmlns="urn:hl7-org:v3">
      <patient><given>Aroha</given><birthTime value="19700101"/>
      <id root="2.16.840" extension="NHI-1234"/><code displayName="Asthma" codeSystem="2.16"/>
      </patient></ClinicalDocument>"""
    assert read(data) == ["Aroha", "19700101", "NHI-1234", "Asthma"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<a><![CDATA[x < y & z]]></a>", ["x", "<", "y", "&", "z"]),
        (b"<a><!-- said here --></a>", ["said", "here"]),
        (
            b"<!DOCTYPE a [<!ENTITY e 'the text'>]><a>see &e;</a>",
            ["<!DOCTYPE", "a", "[", "]>", "see", "&e;", "the", "text"],
        ),
        (b"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>", None),
        (b"<a>" * 60_000 + b"deep note", ["deep", "note"]),
        (b"<a b='c'>cut <short", ["cut", "<short", "c"]),
    ],
    ids=["cdata", "comment", "entity", "outside", "deep", "cut"],
)
def test_no_text_is_dropped_and_none_fetched(data: bytes, words: list[str] | None) -> None:
    """Sections, comments, entities and depth: whatever stands in the file, and nothing else."""
    found = read(data)
    assert found == words or (words is None and "root:" not in " ".join(found))


def test_entities_are_not_multiplied() -> None:
    """A billion laughs is as long as it is written."""
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    data = f"<!DOCTYPE a [<!ENTITY l0 'ha'>{laughs}]><a>&l9;</a>".encode()
    assert len(" ".join(read(data))) < 2 * len(data)
