"""JavaScript literals as pages hold them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.sources.wire.js_literal import LiteralReader, NotALiteral

CASES: list[tuple[str, Any]] = [
    ("[{name:'A',}]", [{"name": "A"}]),
    ('[{name:"A", // c ]; \n x:1}]', [{"name": "A", "x": 1}]),
    ("[{/* }]; */a:1},/*x*/]", [{"a": 1}]),
    ("[<!-- old }];\n{a:1}]", [{"a": 1}]),
    ("[{a:'x // no comment', b:'y /* nor */ this'}]", [{"a": "x // no comment", "b": "y /* nor */ this"}]),
    ("[{a:'http://example.org/x'}]", [{"a": "http://example.org/x"}]),
    ("[{a:'];', b:'} ] {'}]", [{"a": "];", "b": "} ] {"}]),
    ("[{a:'it\\'s', b:\"it's\", c:'say \"hi\"'}]", [{"a": "it's", "b": "it's", "c": 'say "hi"'}]),
    ("[{a:`line1\nline2`}]", [{"a": "line1\nline2"}]),
    ('[{a:"raw\nline\ttab\x01ctl"}]', [{"a": "raw\nline\ttab\x01ctl"}]),
    (r"[{a:'\u00e9\x41\u{1F600}\0'}]", [{"a": "éA😀\0"}]),
    (r"[{a:'\ud83d\ude00', b:'\ud83d'}]", [{"a": "😀", "b": "\ufffd"}]),
    ("[{a:'a\\\nb', b:'c\\\r\nd'}]", [{"a": "ab", "b": "cd"}]),
    (r"[{a:'<\/script>', b:'</script>'}]", [{"a": "</script>", "b": "</script>"}]),
    ("[{a:null,b:true,c:false,d:undefined,e:NaN}]", [{"a": None, "b": True, "c": False, "d": None, "e": None}]),
    ("[1,-2.5,0x1F,1e3,.5,+1,12_000,10n]", [1, -2.5, 31, 1000.0, 0.5, 1, 12000, 10]),
    ("[{'a-b':1,\"c d\":2,$e:3,_f:4,5:6,é:7}]", [{"a-b": 1, "c d": 2, "$e": 3, "_f": 4, "5": 6, "é": 7}]),
    ("[{a:{b:{c:[1,2,[3,],],},},}]", [{"a": {"b": {"c": [1, 2, [3]]}}}]),
    ("[]", []),
    ("[{}]", [{}]),
    ("[{a:''},,{b:``}]", [{"a": ""}, {"b": ""}]),
    ("[{a:'x'+\"y\" + `z`}]", [{"a": "xyz"}]),
    ("[{a:'日本語 — “q”'}]", [{"a": "日本語 — “q”"}]),
    ("[{a:'null', b:'12'}]", [{"a": "null", "b": "12"}]),
    ("[{a:`t ${x} u`}]", [{"a": "t ${x} u"}]),
    ("[{null:2,true:3,get:1}]", [{"null": 2, "true": 3, "get": 1}]),
    (r"[{a:'trailing \\', b:'q\qz', c:'\n\t\b\f\v\r'}]", [{"a": "trailing \\", "b": "qqz", "c": "\n\t\b\f\v\r"}]),
    ("[{a:'x'/*c*/,/*d*/b/*e*/:/*f*/2}]", [{"a": "x", "b": 2}]),
    ("[{a:new Date('2025-01-01'), b:1}]", [{"a": "2025-01-01", "b": 1}]),
    ("[{a:f(x, [1, {y: ')'}]), b:'t'.trim(), c:2}]", [{"a": ")", "b": "t", "c": 2}]),
    ("[{name, go() { return ']' }, ...rest, c:2}]", [{"c": 2}]),
    ("[...old, {a:1}]", [{"a": 1}]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), CASES)
def test_cases(text: str, value: Any) -> None:
    """Each shape seen on pages reads as the engine would, and what follows is untouched."""
    reader = LiteralReader(text + "; var more = 'x'")
    assert reader.value() == value
    assert reader.at == len(text)


@pytest.mark.parametrize(
    "text", ["", "[", "[{a:", "[{a:'x", "[{:1}]", "[{a:(1}]", "[" * 5000, "{a:" * 500]
)
def test_broken_text_is_refused(text: str) -> None:
    """What has no end, no key or no bottom raises the reader's own error."""
    with pytest.raises(NotALiteral):
        LiteralReader(text).value()


def test_elements_before_a_break_are_given() -> None:
    """A list that breaks off gives what was whole."""
    elements = LiteralReader("[{a:1},{a:2},{a:'").elements()
    assert [next(elements), next(elements)] == [{"a": 1}, {"a": 2}]
    with pytest.raises(NotALiteral):
        next(elements)


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["];", "// x", "/* x", "*/", "</script>", "it's", '"', "`", "\\", "\\n", "\r\n", "{", "}],"]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


def _gap(data: st.DataObject) -> str:
    return data.draw(st.sampled_from(["", " ", "\n", "/* ]} ' */", '// " [\n', "\t/**/ "]))


def _quoted(text: str, data: st.DataObject) -> str:
    quote = data.draw(st.sampled_from("'\"`"))
    out = []
    for letter in text:
        how = data.draw(st.integers(0, 3))
        if letter in (quote, "\\"):
            out.append("\\" + letter)
        elif how == 0 and ord(letter) < 0x10000:
            out.append(f"\\u{ord(letter):04x}")
        elif how == 1:
            out.append(f"\\u{{{ord(letter):x}}}")
        else:
            out.append(letter)
    return quote + "".join(out) + quote


def _drawn(value: Any, data: st.DataObject) -> str:
    if isinstance(value, str):
        return _quoted(value, data)
    if isinstance(value, list):
        return "[" + _joined([_drawn(v, data) for v in value], data) + "]"
    if isinstance(value, dict):
        rows = []
        for key, inner in value.items():
            name = key if key.isidentifier() and key.isascii() else _quoted(key, data)
            rows.append(f"{name}{_gap(data)}:{_gap(data)}{_drawn(inner, data)}")
        return "{" + _joined(rows, data) + "}"
    return json.dumps(value)


def _joined(rows: list[str], data: st.DataObject) -> str:
    trailing: bool = data.draw(st.booleans())
    comma = "," if rows and trailing else ""
    return ",".join(_gap(data) + row + _gap(data) for row in rows) + comma + _gap(data)


@settings(max_examples=100, deadline=None)
@given(value=st.lists(_VALUES, max_size=4), data=st.data())
def test_what_is_written_is_read(value: list[Any], data: st.DataObject) -> None:
    """However a value is quoted, commented and spaced, it reads back as itself."""
    assert LiteralReader(_drawn(value, data)).value() == value


@settings(max_examples=200, deadline=None)
@given(st.text("[]{}()'\"`,:/*\\+.abc1 \n<!-", max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text is read or refused; nothing else is raised, and it always ends."""
    with suppress(NotALiteral):
        LiteralReader(text).value()
