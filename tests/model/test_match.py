"""Grades are ordered by how sure they are, not by the alphabet."""

from leakwatch.model.match import Grade, Match, Method, best_grade


def test_grades_compare_by_rank() -> None:
    """Every comparison has possible < probable < conclusive."""
    assert sorted(Grade, key=lambda g: g.rank) == sorted(Grade)
    assert Grade.POSSIBLE < Grade.PROBABLE < Grade.CONCLUSIVE
    assert Grade.CONCLUSIVE >= Grade.PROBABLE > Grade.POSSIBLE <= Grade.POSSIBLE


def test_the_best_grade_of_some_matches() -> None:
    """The best of several matches counts; none have none."""
    matches = tuple(Match("x", "c", Method.TEXT, g) for g in Grade)
    assert best_grade(matches) is Grade.CONCLUSIVE
    assert best_grade(()) is None
