"""The bytes of attachments: in memory, or in a folder that outlives a restart."""

from __future__ import annotations

from pathlib import Path


class Documents:
    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[str, bytes] = {}

    def put(self, document_id: str, content: bytes) -> None:
        if self._folder is None:
            self._memory[document_id] = content
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / document_id).write_bytes(content)

    def get(self, document_id: str) -> bytes:
        if self._folder is None:
            return self._memory[document_id]
        return (self._folder / document_id).read_bytes()

    def remove(self, document_id: str) -> None:
        if self._folder is None:
            self._memory.pop(document_id, None)
            return
        (self._folder / document_id).unlink(missing_ok=True)
