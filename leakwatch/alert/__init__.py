"""Stage ``alert``: says what was found, to whom, and keeps saying it until told.

``compose`` and ``routing`` are pure: a finding becomes one text and one outbox
row a recipient, committed with the finding itself. ``outbox`` hands due rows to
``channels``. Nothing here reads a page, a file or a fingerprint: what an alert
may say is what a ``Finding`` holds, and that is never leaked content.
"""
