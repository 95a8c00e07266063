"""The nouns: frozen dataclasses and enums, standard library only.

No IO, no clock, no randomness. Fields that carry hostile or stolen content are
``repr=False``, so that neither a log line nor a traceback can show them.
Times are aware UTC; ratios lie in [0, 1]; scores name their direction.
"""
