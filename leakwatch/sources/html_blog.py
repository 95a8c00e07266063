"""Kind ``html_blog``: posts on HTML pages, found by CSS selectors.

A place is ``selector`` (its text), ``selector@attribute`` or ``@attribute`` (of
the item itself); ``link`` and ``next`` mean ``href`` unless they name another.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from leakwatch.model.source import SourceSpec
from leakwatch.sources.options import PostOptions, Text
from leakwatch.sources.patterns import Pattern
from leakwatch.sources.post_source import Plan, PostSource
from leakwatch.sources.registry import SourceKind


class HtmlBlogOptions(PostOptions):
    """``[options]`` of an ``html_blog``; a state rule is a selector or ``text:WORDS``."""

    item: Text
    """Selector of one post."""
    title: Text | None = None
    text: Text | None = None
    """Selector of the post's words; without it all of the item counts."""
    link: Text | None = None
    key: Text | None = None
    """The site's own id of the post; the link serves where there is none."""
    key_pattern: Pattern | None = None
    """Takes the id out of what ``key`` gives, as out of an ``onclick``."""
    date: Text | None = None
    files: Text | None = None
    """Selector of links to files."""
    file_row: Text | None = None
    """Selector of one file that the item shows by name: a document, a row of a table."""
    file_name: Text | None = None
    """Place of its name in the row; without it all of the row is its name."""
    file_size: Text | None = None
    """Place of its size, exact or rounded."""
    next: Text | None = None
    """Place of the link to the next page."""
    container: Text | None = None
    """Selector that is there even when no post is."""
    empty_texts: Annotated[tuple[Text, ...], Field(max_length=20)] = ()
    """Words that say that there is no post."""


def build(spec: SourceSpec, options: HtmlBlogOptions) -> PostSource:
    """Return the source."""
    plan = Plan(
        wire="leakwatch.sources.wire.html_blog:parse",
        options=options.model_dump(
            mode="json",
            exclude={"link_template", "assume_utc", "date_format", "sweep_every"},
            exclude_none=True,
        ),
        # Rules are tested on the markup, in the sandbox; what comes back is a state.
        reading=options.reading(states={}),
        sweep_every=options.sweep_every,
    )
    return PostSource(spec, plan)


KIND = SourceKind("html_blog", HtmlBlogOptions, build)
