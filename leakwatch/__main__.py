"""``python -m leakwatch`` is the ``leakwatch`` command."""

import sys

from leakwatch.cli.main import main

sys.exit(main())
