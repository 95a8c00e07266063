"""Where a source stands when some of its files could not be fetched."""

from leakwatch.progress import MAX_ATTEMPTS, Progress

OLD, NEW = {"n": 1}, {"n": 2}


def test_a_missed_file_holds_the_checkpoint_and_remembers_the_rest() -> None:
    """The next poll reports the post again, and fetches only what is missing."""
    after = Progress(OLD).after(NEW, fetched=frozenset({"a"}), missed=1)
    assert (after.adapter, after.done, after.attempts) == (OLD, frozenset({"a"}), 1)
    after = Progress.from_checkpoint(after.to_checkpoint())
    after = after.after(NEW, fetched=frozenset({"b"}), missed=1)
    assert (after.done, after.attempts) == (frozenset({"a", "b"}), 2)


def test_nothing_missed_moves_on_and_forgets() -> None:
    """A whole batch advances the checkpoint."""
    held = Progress(OLD, frozenset({"a"}), 2)
    after = held.after(NEW, fetched=frozenset(), missed=0)
    assert Progress.from_checkpoint(after.to_checkpoint()) == Progress(NEW)


def test_a_held_checkpoint_is_not_moved_by_what_comes_behind() -> None:
    """Later batches of the same poll are looked at, and cannot skip the failing one."""
    held = Progress(OLD).after({"n": 2}, fetched=frozenset(), missed=1)
    later = held.after({"n": 3}, fetched=frozenset({"b"}), missed=0)
    assert (later.adapter, later.done, later.attempts) == (OLD, frozenset({"b"}), 1)
    assert later.after({"n": 4}, fetched=frozenset(), missed=2).attempts == 1


def test_a_file_that_never_comes_is_given_up() -> None:
    """A dead link does not hold a source for ever."""
    progress = Progress(OLD)
    for _ in range(MAX_ATTEMPTS - 1):
        progress = progress.after(NEW, fetched=frozenset(), missed=1)
        assert progress.adapter == OLD
        progress = Progress.from_checkpoint(progress.to_checkpoint())
    assert progress.after(NEW, fetched=frozenset(), missed=1) == Progress(NEW)


def test_a_fresh_source_has_no_past() -> None:
    """An empty checkpoint is a start."""
    assert Progress.from_checkpoint({}) == Progress()


def test_a_full_disk_gives_up_no_file() -> None:
    """However long there is no room: that passes once somebody makes some."""
    progress = Progress(OLD)
    for _ in range(3 * MAX_ATTEMPTS):
        progress = progress.after(NEW, fetched=frozenset(), missed=1, is_full=True)
        assert progress.adapter == OLD
        progress = Progress.from_checkpoint(progress.to_checkpoint())
    assert progress.after(NEW, fetched=frozenset(), missed=0) == Progress(NEW)
