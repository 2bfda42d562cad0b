"""`python -m bridge.worker`: what the supervisor starts; not meant to be started by hand."""

from __future__ import annotations

import sys

from bridge.worker.process import main

if __name__ == "__main__":
    sys.exit(main())
