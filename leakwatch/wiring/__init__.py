"""From settings to built objects: the only place that picks implementations.

One file a concern, so that a command that lists findings does not load the
parsers: ``storage``, ``channels``, ``corpora``, ``places`` (sources, fetcher,
sandbox), ``service`` (all of it together).
"""
