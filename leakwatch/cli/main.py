"""The ``leakwatch`` command: assembles the nouns, turns errors into exit codes.

Exit codes: 0 done; 1 nothing found where ``--exit-code`` asks; 2 wrong usage;
3 and up one stable code an error class (``leakwatch errors``); 130 Ctrl-C.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import logging
import os
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer

from leakwatch import __version__
from leakwatch.cli.invocation import Invocation
from leakwatch.cli.logs import configure_logs
from leakwatch.cli.render import Output
from leakwatch.errors import LeakwatchError

INTERRUPTED = 130
INTERNAL = 99
_COLLECT_EVERY = 50_000
"""Objects made between two looks for cycles: imports and batches make many, and keep them."""
_MODULES: Mapping[str, str] = MappingProxyType(
    {
        "keygen": "keygen_cmd",
        "corpus": "corpus_cmd",
        "scan": "scan_cmd",
        "run": "daemon_cmd",
        "poll": "daemon_cmd",
        "doctor": "doctor_cmd",
        "db": "db_cmd",
        "sources": "sources_cmd",
        "matters": "matters_cmd",
        "findings": "findings_cmd",
        "alerts": "alerts_cmd",
        "evidence": "evidence_cmd",
        "errors": "errors_cmd",
        "demo": "demo_cmd",
    }
)
"""First word of a command, and the module of this package that registers it."""


@cache
def commands(first_word: str | None = None) -> typer.Typer:
    """Return the command line: all of it, or what one command needs, in half the time to load.

    Args:
        first_word: one of a command; None for all.
    """
    app = typer.Typer(
        name="leakwatch",
        help="Know stolen files when you see them, without holding them.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    words = _MODULES if first_word is None else (first_word,)
    for name in dict.fromkeys(_MODULES[word] for word in words):
        importlib.import_module(f"leakwatch.cli.{name}").register(app)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        Output().text(f"leakwatch {__version__}")
        raise typer.Exit


def _options(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Settings file (TOML).", metavar="FILE")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and debug logs.")] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    context.obj = Invocation(config=config, debug=debug)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given
    _start_lightly()
    # A daemon tells what it does (``run``); a command at the terminal answers by itself.
    configure_logs(logging.DEBUG if debug else logging.WARNING)
    try:
        app = commands(given[0] if given and given[0] in _MODULES else None)
        result = app(args=given, standalone_mode=False, prog_name="leakwatch")
    except Exception as error:
        if debug and not isinstance(error, typer.TyperException | typer.Abort):
            raise
        return _exit_code(error)
    except KeyboardInterrupt:
        Output().notice("interrupted")
        return INTERRUPTED
    except SystemExit:
        # All that makes click leave this way: the reader (head, less) has seen enough.
        return 0
    return result if isinstance(result, int) else 0


@cache
def _start_lightly() -> None:
    """Keep the interpreter from work that a command of a second would spend a third of it on."""
    gc.set_threshold(max(_COLLECT_EVERY, gc.get_threshold()[0]))
    # The last search for cycles, when the process ends anyway, would walk all there is.
    atexit.register(gc.freeze)
    # Read when NumPy is loaded. Nothing here multiplies matrices worth a second thread,
    # and one that waits for them burns a twentieth of a second in every process.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _exit_code(error: Exception) -> int:
    """Say what went wrong in one line and return the code for it."""
    match error:
        case LeakwatchError():
            Output().error(error)
            return error.exit_code
        case typer.Abort():
            Output().notice("interrupted")
            return INTERRUPTED
        case typer.TyperException():
            asked = getattr(getattr(error, "ctx", None), "command_path", "leakwatch")
            # Without arguments the help has been shown, and the message is empty.
            if message := error.format_message():
                Output().notice(f"{message} (see: {asked} --help)")
            return error.exit_code
        case BrokenPipeError():
            # The reader (head, less) has seen enough; Python must not complain at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        case OSError(strerror=str(says)):
            # Without its file name, which may be a stolen document's.
            Output().notice(f"error: the system refused: {says}")
            return INTERNAL
        case _:
            Output().notice(
                f"internal error: {type(error).__name__} (run again with --debug to see where)"
            )
            return INTERNAL
