"""Evidence: what was seen, sealed and chained, so that others can check it.

``record`` says what is kept of a capture, ``canonical`` in which bytes;
``ledger`` checks the chain; ``warc`` and ``seal`` put content away under the
legal team's keys; ``vault`` keeps the sealed files, each written once;
``verify`` checks ledger and vault together; ``unseal`` is the legal team's
side; ``journal`` holds an observation until the database has it.

Attack model. Whoever takes the daemon's host gets sealed files that nothing
on it can open, and records without text, names or addresses of documents.
Whoever rewrites the ledger must rewrite every later record, and is found out
by anybody who noted a later ``head``: send heads outside, often. Not covered:
a host that lies from the start; what a record says is then only as good as
the second witness. A body's SHA-256 in a record can be tested against a guess
by those who hold the record: treat the ledger as health information.

To check by hand, without leakwatch, with ``jq``, ``sha256sum`` and ``age``:

1. Get the ledger as one JSON object a line, first record first::

       leakwatch evidence list --json > ledger.jsonl

2. Each record's ``sha256`` is that of its other fields, in compact JSON with
   sorted keys; ``previous_sha256`` is the one of the record before, and 64
   zeros for the first::

       sed -n 7p ledger.jsonl | jq -cSj 'del(.sha256)' | sha256sum

3. A sealed file is named by its own digest, and the record gives it::

       sha256sum vault/MATTER/3f/3f9c....age

4. The legal team opens it; any WARC viewer shows it, and each response's
   digest is the ``body_sha256`` of its record::

       age -d -i legal.key vault/MATTER/3f/3f9c....age > capture.warc.gz
"""
