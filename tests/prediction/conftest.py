import pytest

from kseg.data.preparation import Preparation


@pytest.fixture
def preparation():
    return Preparation(spacing_mm=(2.0, 2.0, 2.0), window_hu=(-200, 400), body_hu=-500)
