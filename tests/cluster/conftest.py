"""The cluster test's modules lie beside this; in the cluster they are a folder of their own too."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
