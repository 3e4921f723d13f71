"""Writes docs/message-table.md from the table that the workflow itself obeys."""

from pathlib import Path

from trustrelay.workflow_worker.domain.compliance.message_table import as_markdown

if __name__ == "__main__":
    (Path(__file__).parents[3] / "docs" / "message-table.md").write_text(as_markdown())
