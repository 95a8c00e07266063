"""What wire parsers may answer: checked field by field.

They run on hostile bytes, so a parser that was taken over may answer anything;
what is not of these shapes counts as a page that was not understood.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
Line = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\r\n]*$")]


class Result(BaseModel):
    """What every parser answers."""

    model_config = ConfigDict(extra="forbid", strict=True)

    problem: Slug | None
    detail: Line | None


class _Link(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    url: str
    name: str


Size = Annotated[int, Field(ge=0, lt=2**63)]
SizeRange = Annotated[list[Size], Field(min_length=2, max_length=2)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    size_range: SizeRange | None


class _Item(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    key: str | None
    title: str
    text: str
    link: str | None
    date: str | None
    state: str | None
    links: list[_Link]
    deadline: str | None = None
    files: list[_File] = []


class ItemsResult(Result):
    """A page of posts: ``wire.items``."""

    items: list[_Item]
    next: str | None
    base: str | None
    is_empty: bool
    is_cut: bool


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, StringConstraints(min_length=1, pattern=r"^[^/]*$")]
    url: str
    is_directory: bool
    size_bytes: Annotated[int, Field(ge=0)] | None
    size_range: (
        Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)] | None
    ) = None
    shown: str


class EntriesResult(Result):
    """A directory listing: ``wire.autoindex``."""

    entries: list[_Entry]
    is_cut: bool


class WholeResult(Result):
    """A page read whole: ``wire.page``."""

    title: str
    text: str
    links: list[_Link]
    base: str | None
