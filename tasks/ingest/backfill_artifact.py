"""How far a backfill is, as an artifact of Prefect that has a new version after each chunk."""

from __future__ import annotations

from dataclasses import dataclass

from prefect.artifacts import create_markdown_artifact

from desk.model import Window
from tasks.ingest.backfill_source import BackfillResult

KEY = "backfill-progress"
BAR = 20


@dataclass
class BackfillArtifact:
    """`total` and `done`: chunks."""

    window: Window
    result: BackfillResult
    total: int
    done: int = 0

    async def show(self, more: int) -> None:
        """Counts `more` chunks as over, and shows it."""
        self.done += more
        description = f"Backfill of {self.window.start} to {self.window.end}"
        await create_markdown_artifact(key=KEY, markdown=self.markdown(), description=description)

    def markdown(self) -> str:
        """A bar, the counts, and what has failed so far."""
        share = self.done / self.total if self.total else 1.0
        filled = round(BAR * share)
        lines = [
            f"# Backfill, {self.window.start} to {self.window.end}",
            "",
            f"`{'█' * filled}{'░' * (BAR - filled)}` **{share:.0%}**: {self.done} of {self.total} chunks,"
            f" {self.result.cells:,} cells asked for, {self.result.rows:,} new rows",
            "",
        ]
        lines += [f"- failed: {name}: {error}" for name, error in self.result.errors.items()]
        lines += [f"- not asked for: {count} chunks of {name}" for name, count in self.result.skipped_chunks.items()]
        return "\n".join(lines) + "\n"
