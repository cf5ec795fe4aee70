"""Does the picture show what was outlined?"""

import base64
import io

import numpy as np
from PIL import Image

from kseg.cases.overview.look import look_at
from kseg.images import Grid, Volume
from kseg.labels import Label

GRID = Grid((300, 200, 8), np.diag([-1.0, -1.0, 5.0, 1.0]))
BLUE, ORANGE = (86, 180, 233), (245, 163, 0)


def looked(cortex):
    labels = np.zeros(GRID.shape, np.uint8)
    labels[60:110, 80:120, 2:6] = cortex
    labels[75:95, 90:110, 2:6] = Label.MEDULLA if cortex == Label.CORTEX else cortex
    hu = np.where(labels > 0, 150, -60).astype(np.int16)
    return look_at(Volume(hu, GRID), labels, window_hu=(-150, 300))


def pixels(picture):
    kind, text = picture.split(",")
    assert kind == "data:image/jpeg;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text)))).astype(int)


def count(shown, colour):
    return int((np.abs(shown - colour).max(axis=-1) < 40).sum())


def test_both_outlines_are_drawn_in_colours_that_the_colour_blind_tell_apart():
    """Okabe and Ito's sky blue, and an orange."""
    shown = pixels(looked(Label.CORTEX).picture)
    assert count(shown, BLUE) > 200
    assert count(shown, ORANGE) > 50


def test_no_cortex_is_drawn_where_none_was_outlined():
    shown = pixels(looked(Label.UNDIVIDED).picture)
    assert count(shown, BLUE) > 200
    assert count(shown, ORANGE) == 0


def test_the_patients_right_is_on_the_left():
    labels = np.zeros(GRID.shape, np.uint8)
    labels[60:110, 80:120] = Label.UNDIVIDED
    hu = np.where(labels > 0, 150, -60).astype(np.int16)
    hu[15:45, 80:120] = 700  # to the right of the kidney: the first voxels are the patient's right
    shown = pixels(look_at(Volume(hu, GRID), labels, window_hu=(-150, 300)).picture)
    bright = np.nonzero((shown > 240).all(axis=-1))[1]
    kidney = np.nonzero(np.abs(shown - BLUE).max(axis=-1) < 40)[1]
    assert len(bright) > 1000
    assert bright.mean() < kidney.mean() - 50


def test_a_picture_is_small():
    rng = np.random.default_rng(0)
    labels = np.zeros(GRID.shape, np.uint8)
    labels[60:110, 80:120] = Label.CORTEX
    noisy = Volume(rng.normal(40, 15, GRID.shape).astype(np.int16), GRID)
    assert len(base64.b64decode(look_at(noisy, labels, window_hu=(-150, 300)).picture.split(",")[1])) < 50_000
