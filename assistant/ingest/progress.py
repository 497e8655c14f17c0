"""How far a job is, and about how long it still takes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from assistant.store.jobs import Job


@dataclass(frozen=True)
class Progressing:
    """A job with what it is at. ``share`` is 0 to 1; ``seconds_left`` is None until enough was seen to tell."""

    job: Job
    name: str = ""
    chunks_done: int = 0
    chunks_total: int = 0
    share: float = 0.0
    seconds_left: float | None = None


@dataclass
class Pace:
    """The pace of a job in this process: how much of it was done since when."""

    began: float = field(default_factory=time.monotonic)
    start: float | None = None
    name: str = ""
    chunks_done: int = 0
    chunks_total: int = 0

    def at(self, name: str, done: int, total: int) -> None:
        """What the job is at now."""
        self.name, self.chunks_done, self.chunks_total = name, done, total

    def told(self, job: Job) -> Progressing:
        """Of this job as it stands."""
        inside = self.chunks_done / self.chunks_total if self.chunks_total else 0.0
        share = min(1.0, (job.done + inside) / job.total) if job.total else inside
        if job.ended:
            return Progressing(job, share=1.0 if job.state == "done" else share, seconds_left=0.0)
        if self.start is None:
            self.start = share
        gone, spent = share - self.start, time.monotonic() - self.began
        left = spent * (1 - share) / gone if gone > 0.01 and spent > 2 else None
        return Progressing(job, self.name, self.chunks_done, self.chunks_total, share, left)
