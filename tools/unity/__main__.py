"""`python -m tools.unity`: write the `.meta` files of the Unity package."""

from __future__ import annotations

import sys

from tools.unity.metas import main

if __name__ == "__main__":
    sys.exit(main())
