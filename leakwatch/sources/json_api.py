"""Kind ``json_api``: posts out of JSON, found by JMESPath expressions."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from leakwatch.model.source import SourceSpec
from leakwatch.sources.options import PostOptions, Text
from leakwatch.sources.patterns import Expression
from leakwatch.sources.post_source import Plan, PostSource
from leakwatch.sources.registry import SourceKind

Texts = Annotated[tuple[Text, ...], Field(max_length=20)]


class JsonApiOptions(PostOptions):
    """``[options]`` of a ``json_api``; all but ``items`` and ``next_url`` look into one item."""

    items: Expression
    """The list of items."""
    key: Expression | None = None
    title: Expression
    text: Expression | None = None
    """Without it every value of the item counts as text."""
    link: Expression | None = None
    date: Expression | None = None
    deadline: Expression | None = None
    """A moment; while it lies ahead the post is in countdown."""
    state: Expression | None = None
    files: Expression | None = None
    """An address, a list of them, or of objects with ``url`` and ``name``."""
    next_url: Expression | None = None
    page_template: Annotated[str, Field(pattern=r"\{page\}", max_length=2_000)] | None = None
    """Address of page ``{page}``, from 2, where the answer names no next one."""
    null_values: Texts = ("Not Found", "N/A", "null")
    """Texts that stand for nothing."""
    empty_texts: Texts = ()
    """Answers, not JSON, that say that there is nothing."""
    refused_texts: Texts = ()
    """Answers, with whatever status, that say that we may not look."""
    url_decode: bool = False
    """The texts are percent-encoded."""


_NOT_WIRE = {
    "link_template", "assume_utc", "date_format", "states", "sweep_every", "page_template",
}  # fmt: skip


def build(spec: SourceSpec, options: JsonApiOptions) -> PostSource:
    """Return the source."""
    plan = Plan(
        wire="leakwatch.sources.wire.json_api:parse",
        options=options.model_dump(mode="json", exclude=_NOT_WIRE, exclude_none=True),
        reading=options.reading(states={str(k): v for k, v in options.states.items()}),
        page_template=options.page_template,
        sweep_every=options.sweep_every,
    )
    return PostSource(spec, plan)


KIND = SourceKind("json_api", JsonApiOptions, build)
