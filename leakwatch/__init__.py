"""leakwatch: knows stolen files when it sees them, without holding them.

The flow, one folder a stage (see ``pipeline.py`` for the same on one page)::

    source -> fetch -> (listing | artefact) -> unpack -> extract
           -> fingerprint -> match -> assess -> evidence -> alert

Nouns live in ``model/`` (frozen dataclasses, standard library only), verbs in
the stage folders. Stages never import each other; ``wiring/`` joins them.
This module imports nothing, so that ``import leakwatch`` stays free of cost.
"""

__version__ = "0.1.0"
