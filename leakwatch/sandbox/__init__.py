"""Stage: the child processes in which everything hostile is parsed.

    SandboxPool -- one thread a request --> zygote -- fork --> child
         ^                                  (parsers loaded)     |
         +------------------ frames over a pipe -----------------+

Attack model: the bytes are the attacker's, and a parser may be taken over by
them. Then the child can lie about these bytes, and no more: it holds no key, no
other content and no open file but its input, reaches no network, file or
process, and ends with its limits. What it says is bounded, validated field by
field and never unpickled; the digests of the whole are computed by the parent.

May import unpack/, extract/, model/, errors, clock and ports.
"""
