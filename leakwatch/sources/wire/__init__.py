"""Pure parsers of hostile pages: ``parse(body, options) -> JSON-ready dict``.

They run in the sandbox child, the only place where their parsing libraries are
imported. None raises for odd input: ``{"problem": slug, "detail": line}`` says
what stopped it. Output is bounded (see ``items.py``).
"""
