"""One Chroma collection for everybody with a metadata filter: what the search bench measures ours against."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import chromadb
from chromadb.config import Settings

from assistant.values import Vector

BATCH = 1000


class Filtered:
    """Vectors of all audiences in one place. For measurements only: a filter can be forgotten."""

    def __init__(self, folder: Path) -> None:
        self._client: Any = chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))
        self._collection: Any = self._client.create_collection(
            "plain", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )

    def add(self, audiences: Sequence[str], vectors: Sequence[Vector]) -> None:
        """Vectors, each with its audience."""
        for at in range(0, len(vectors), BATCH):
            part = audiences[at : at + BATCH]
            self._collection.add(
                ids=[str(at + number) for number in range(len(part))],
                embeddings=list(vectors[at : at + BATCH]),
                metadatas=[{"audience": audience} for audience in part],
            )

    def search(self, audiences: Sequence[str], vector: Vector, limit: int) -> list[str]:
        """The nearest of some audiences."""
        found = self._collection.query(
            query_embeddings=[vector], n_results=limit, where={"audience": {"$in": list(audiences)}}
        )
        ids: list[str] = found["ids"][0]
        return ids

    def close(self) -> None:
        self._client.close()
