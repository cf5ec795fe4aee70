"""By what name does a patient leave the hospital: a hash of the id, keyed with what only the data folder holds."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kseg.errors import InputError

log = logging.getLogger("kseg")

KEY_FILE = "pseudonyms.key"
KEY_BYTES = 32
DIGITS = 12
"""Of a pseudonym, hexadecimal: among 10,000 patients two share one with a chance of 1 in 5 million."""


def pseudonym(patient: str, key: bytes) -> str:
    """Name a patient or a case by a hash that nobody without the key can guess (HMAC-SHA256, RFC 2104).

    Args:
        patient: The id.
        key: From `open_key`.

    Returns:
        12 hexadecimal digits.
    """
    return hmac.new(key, patient.encode(), hashlib.sha256).hexdigest()[:DIGITS]


def look_up(wanted: str, ids: Iterable[str], key: bytes) -> list[str]:
    """Find whom a pseudonym stands for.

    Args:
        wanted: The pseudonym.
        ids: Who may be meant.
        key: By which it was made.

    Returns:
        The ids that have it: one, or none.
    """
    return [one for one in dict.fromkeys(ids) if hmac.compare_digest(pseudonym(one, key), wanted)]


def open_key(folder: Path, otherwise: Path) -> bytes | None:
    """Read the key of a data folder; the first who asks makes it, readable by its owner alone.

    Args:
        folder: Of the data.
        otherwise: Where the key lies if the data folder cannot be written.

    Returns:
        32 bytes. None, which is said, where there is no data to keep it with, where a key lies there that this user may
        not read, or where none can be written: any other key would give patients names that nobody can look up.
    """
    try:
        key = read_key(folder, otherwise)
    except InputError as error:
        log.warning("%s; until then W&B is told no patient's pseudonym", error)
        return None
    if key is not None:
        return key
    if not folder.is_dir():
        log.warning("%s is not there, nor a key to the patients' pseudonyms: W&B is told none", folder)
        return None
    return _made_in(folder, otherwise)


def read_key(folder: Path, otherwise: Path) -> bytes | None:
    """Read the key where there is one, and make none.

    Args:
        folder: Of the data.
        otherwise: Where the key lies if the data folder cannot be written.

    Returns:
        32 bytes, or None.

    Raises:
        InputError: There is one that cannot be read, or that is none.
    """
    for path in (folder / KEY_FILE, otherwise / KEY_FILE):
        try:
            return _read(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            why = f"cannot be read ({error.strerror}); ask its owner to let you, as by chgrp and chmod 640"
            raise InputError(f"{path}: the key to the patients' pseudonyms {why}") from error
        except ValueError as error:
            raise InputError(f"{path}: holds no key to the patients' pseudonyms; bring back the one it held") from error
    return None


def _made_in(folder: Path, otherwise: Path) -> bytes | None:
    with suppress(OSError, ValueError):
        return _made(folder / KEY_FILE)
    with suppress(OSError, ValueError):
        otherwise.mkdir(parents=True, exist_ok=True)
        key = _made(otherwise / KEY_FILE)
        log.warning("%s cannot be written: the key to the patients' pseudonyms lies in %s", folder, otherwise)
        return key
    log.warning("The key to the patients' pseudonyms can be written nowhere: W&B is told none")
    return None


def _made(path: Path) -> bytes:
    """Make the key whole or not at all; of processes that make it at once, the first one's counts."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".pseudonyms")  # mode 600
    with os.fdopen(number, "w") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
    try:
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(name)
    return _read(path)


def _read(path: Path) -> bytes:
    key = bytes.fromhex(path.read_text())
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path}: holds no key")
    return key
