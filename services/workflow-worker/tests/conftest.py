"""Makes the scripted servers and cases of tests/support, and make_histories.py, importable: pytest's importlib mode leaves sys.path alone."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / "support"), str(Path(__file__).parent)]
