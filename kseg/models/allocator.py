"""How memory for large tensors is kept between steps on a CPU."""

from __future__ import annotations

import ctypes
import platform

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""From glibc's malloc.h."""


def keep_large_blocks() -> bool:
    """Ask glibc to reuse large blocks instead of mapping and unmapping them at every allocation.

    Makes a 3D training step on a CPU up to twice as fast, for up to one and a half times the resident memory.
    Call it before anything large is allocated; elsewhere than on Linux with glibc it does nothing.

    Returns:
        Whether the setting was taken.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    settings = {M_MMAP_MAX: 0, M_TRIM_THRESHOLD: 2**31 - 1, M_TOP_PAD: 256 * 2**20}
    return all(libc.mallopt(name, value) == 1 for name, value in settings.items())
