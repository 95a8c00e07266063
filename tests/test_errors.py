"""The tree of errors: stable, unique, documented."""

import leakwatch.errors as tree
from leakwatch.errors import LeakwatchError, error_classes


def test_slugs_and_exit_codes_are_unique() -> None:
    """A script can tell every error by its code, a log by its name."""
    classes = list(error_classes())
    assert len({c.slug for c in classes}) == len(classes) > 40
    assert len({c.exit_code for c in classes}) == len(classes)
    assert all(3 <= c.exit_code < 99 for c in classes)


def test_the_drawn_tree_is_the_tree() -> None:
    """Every class stands in the module's drawing with its code."""
    drawn = tree.__doc__ or ""
    for cls in error_classes():
        line = next(row for row in drawn.splitlines() if row.split()[:1] == [cls.__name__])
        assert line.split()[1] == str(cls.exit_code)


def test_an_error_is_what_it_says() -> None:
    """The message is the one line; the hint is apart."""
    error = LeakwatchError("what", hint="next")
    assert (str(error), error.hint) == ("what", "next")
