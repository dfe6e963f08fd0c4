"""Where the paper's own data lie, if they do."""

from pathlib import Path

import pytest

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "dss"
needs_real_data = pytest.mark.skipif(not REAL.is_dir(), reason=f"the real data is not at {REAL}")
