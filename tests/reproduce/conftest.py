"""A small data root in DSS layout, written by the kit's own generator."""

from pathlib import Path

import pytest

from mi_cot_lib.data.worlds.write import write_dataset

SIZES = {"train": 96, "valid": 24, "test": 32, "unseen": 16}


@pytest.fixture(scope="session")
def small_root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("data")
    for name in ("nano_svamp", "nano_cqa", "nano_esnli", "nano_anli"):
        write_dataset(name, root, sizes=SIZES)
    return root
