"""Assess: (facts, order versions) -> outcome and reasons. Pure: no IO, no clock.

``claims`` turns a page's words into flags, ``elements`` decides the seven
elements of a breach one by one, ``assessor`` picks the outcome, ``escalation``
keeps what was said before. The words are always "apparent breach": a court
decides the rest. The tool may raise an outcome; only a named person lowers one.
"""
