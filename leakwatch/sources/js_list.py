"""Kind ``js_list``: posts that a page holds as a JavaScript list.

The defaults read Kazu's page, ``const companies = [{name, url, description,
pubdate, ransom, size}, ...]``. Its ``url`` is the victim's site: a link counts
as the post's own only on the page's host, and a post without one is filed
under the page's address with a token of its own.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from leakwatch.model.source import SourceSpec
from leakwatch.sources.options import PostOptions, Text
from leakwatch.sources.post_source import Plan, PostSource
from leakwatch.sources.registry import SourceKind


class JsListOptions(PostOptions):
    """``[options]`` of a ``js_list``; fields are names, dotted for inner objects."""

    variable: Text = "companies"
    title: Text = "name"
    link: Text = "url"
    text: Text = "description"
    """Every other field is added to the text after it, under its name."""
    date: Text = "pubdate"
    key: Text | None = None
    state: Text | None = None
    files: Annotated[tuple[Text, ...], Field(max_length=20)] = ("files", "links")


def build(spec: SourceSpec, options: JsListOptions) -> PostSource:
    """Return the source."""
    plan = Plan(
        wire="leakwatch.sources.wire.js_list:parse",
        options=options.model_dump(
            mode="json",
            include={"variable", "title", "link", "text", "date", "key", "state", "files"},
        ),
        reading=options.reading(
            trust_links=False, states={str(k): v for k, v in options.states.items()}
        ),
        sweep_every=options.sweep_every,
    )
    return PostSource(spec, plan)


KIND = SourceKind("js_list", JsListOptions, build)
