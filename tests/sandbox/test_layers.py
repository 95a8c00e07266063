"""Kernels that lack a layer of defence: said plainly, and refused where that is asked for."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from leakwatch.errors import SandboxError
from leakwatch.sandbox.layers import LAYERS, check_required, layers_here, missing_of, warning_of
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool


@pytest.mark.parametrize("name", LAYERS)
def test_a_kernel_without_a_layer_is_told_of_and_reads_on(name: str) -> None:
    """The work goes on, and the log names what is missing."""
    modules = [f"tests.support.no_{name}"]
    with capture_logs() as logs, SandboxPool(ReadLimits(), workers=1, parser_modules=modules) as p:
        assert not p.start()[name]
        assert p.read(b"a note", name="x")[0].text == "a note"
    assert [e["layers"] for e in logs if e["event"] == "sandbox_layer_missing"] == [[name]]


@pytest.mark.parametrize("name", LAYERS)
def test_a_required_layer_is_insisted_on_before_anything_is_read(name: str) -> None:
    """A pool that must have a layer reads nothing without it, however it is asked."""
    modules = [f"tests.support.no_{name}"]
    with SandboxPool(
        ReadLimits(), workers=1, parser_modules=modules, required_layers=LAYERS
    ) as pool:
        with pytest.raises(SandboxError, match=f"no {name}, which is required"):
            pool.read(b"a note", name="x")
        with pytest.raises(SandboxError, match=f"no {name}"):
            list(pool.read_many([("x", b"a note")]))


def test_this_kernel_is_seen_alike_from_here_and_from_a_child() -> None:
    """What a command says before it starts is what its children get."""
    with SandboxPool(ReadLimits(), workers=1, parser_modules=()) as pool:
        assert dict(pool.start()) == dict(layers_here())


def test_what_is_missing_is_said_with_what_follows() -> None:
    """One sentence names the layers and what a taken-over parser could do."""
    assert missing_of({"landlock": 0, "seccomp": 1}) == ["landlock"]
    assert "could read files" in warning_of(["landlock"])
    assert "no landlock and no seccomp" in warning_of(LAYERS)
    check_required(LAYERS, {"landlock": 7, "seccomp": 1})
    with pytest.raises(SandboxError) as raised:
        check_required(LAYERS, {"landlock": 0, "seccomp": 0})
    assert raised.value.exit_code == 35
