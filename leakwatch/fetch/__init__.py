"""Stage fetch: one polite GET within policy, through Tor or to a configured host.

May import ``model``, ``ports``, ``errors`` and ``clock``. ``client.HttpFetcher``
is the way in. Rules that every part keeps:

- Onion names go through Tor whatever the request says, and nothing that goes
  through Tor is ever looked up locally.
- Past Tor, only hosts that the operator configured are connected to, at an
  address that was checked and is then used as it is.
- No cookie, no credential, no validator of one site is shown to another.
- Bodies, paths and queries stay out of messages: they may name a patient.
"""
