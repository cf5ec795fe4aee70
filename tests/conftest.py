"""What several rooms' tests share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = Path(os.environ.get("KSEG_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no development data at {folder}; set KSEG_TEST_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def clinic(shared_data: Path) -> Path:
    return shared_data / "clinic"
