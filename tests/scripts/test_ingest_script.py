"""``scripts/ingest.py`` as its user runs it, through a running app."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from assistant.web.control import serve
from tests.pipeline.conftest import MakeKit
from tests.scripts.running import script


def documents(folder: Path) -> Path:
    folder.mkdir()
    (folder / "parking.md").write_text("# Parking places\n\nThe house has 20 places for visitors behind it.")
    (folder / "copy.md").write_text("# Parking places\n\nThe house has 20 places for visitors behind it.")
    (folder / "bad.pdf").write_bytes(b"%PDF-1.4 broken")
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("a/canteen.txt", "The canteen opens at noon and closes at two.")
        archive.writestr("../evil.md", "# Evil")
    return folder


async def test_a_folder_goes_in_and_the_same_again_costs_a_hash(make_kit: MakeKit, tmp_path: Path) -> None:
    kit = await make_kit()
    folder, out = documents(tmp_path / "docs"), tmp_path / "report.json"
    before = len(list(kit.ledger.rows()))
    async with await serve(kit):
        planned = await script(kit.settings, "ingest.py", str(folder), "--audience", "everyone", "--dry-run")
        assert (
            planned.code == 1
            and "     3  would be added" in planned.out
            and "would be refused: docs/bad.pdf" in planned.out
        )
        assert len(list(kit.ledger.rows())) == before, "a dry run changes nothing"
        done = await script(kit.settings, "ingest.py", str(folder), "--audience", "everyone", "--json", str(out))
        again = await script(kit.settings, "ingest.py", str(folder), "--audience", "everyone", "--owner", "")
        wrong = await script(kit.settings, "ingest.py", str(folder), "--audience", "everybody")
    told = json.loads(out.read_text())
    assert done.code == 1 and told["counts"] == {"added": 2, "duplicate": 1, "refused": 2}
    assert "docs/more.zip  ../evil.md was left out: its path leads out of the archive." in done.out
    assert "bad.pdf was not read: the PDF is damaged" in done.out
    assert "     2  unchanged" in again.out and again.code == 1
    assert wrong.code == 1 and "'everybody' is not a audience; there are everyone" in wrong.err
    assert kit.catalogue.words(["everyone"], "canteen noon", 3)
    keys = [item["document"] for item in told["items"] if item["state"] == "added"]
    assert kit.catalogue.document(keys[0], ["everyone"]).source_name == "docs/copy.md"
