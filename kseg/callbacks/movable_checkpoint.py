"""The best checkpoint of a run stays the best when the run's folder is moved or copied."""

from __future__ import annotations

from typing import Any

from lightning.pytorch.callbacks import ModelCheckpoint


class MovableCheckpoint(ModelCheckpoint):
    """Lightning's, which in another folder would forget how good the best was, and let the next one replace it."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up where the checkpoint left off, its paths moved to where the folder is now; Lightning calls this."""
        old, new = state_dict.get("dirpath"), self.dirpath
        super().load_state_dict(_moved(state_dict, str(old), str(new)) if old and new else state_dict)


def _moved(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {_moved(key, old, new): _moved(content, old, new) for key, content in value.items()}
    is_below = isinstance(value, str) and (value == old or value.startswith(f"{old}/"))
    return new + value[len(old) :] if is_below else value
