"""How a checkpoint gets onto the disk: whole or not at all, whatever file system the run lies on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO
from typing_extensions import override

from kseg.images import opened_atomically


class WholeCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside the one that it replaces, and replaces it once all is on the disk.

    Lightning writes into the system's folder of temporary files and moves the file from there: across file systems
    that is a copy, and what a crash, a full disk or a power cut leaves of it stands in the place of the one before.
    """

    @override
    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None) -> None:
        """Save; memory holds the checkpoint once.

        Args:
            checkpoint: As Lightning made it.
            path: Where to, on this machine's file systems.
            storage_options: None; there are none for files.

        Raises:
            OSError: There is no room, or no right to write.
            TypeError: There are options.
        """
        if storage_options is not None:
            raise TypeError("a checkpoint's file takes no storage_options")
        with opened_atomically(Path(path)) as file:
            try:
                torch.save(checkpoint, file)
            except RuntimeError as error:
                if isinstance(error.__context__, OSError):  # torch tells of a full disk in words of its own
                    raise error.__context__ from error
                raise
