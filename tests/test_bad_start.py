"""What a person meets when something is wrong at the start or breaks under a turn: a sentence, nothing unchecked."""

from __future__ import annotations

import asyncio
import resource
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import EncoderUnavailable, PolicyError, RecordUnavailable, StewardError
from assistant.pipeline.kit import Kit, build
from tests.pipeline.conftest import MakeKit, ask, make_kit, person, prepared, settings_in, shown
from tests.scripts.running import script

__all__ = ["make_kit", "prepared"]
LEAVE = "How many days of parental leave do I get?"


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    """A copy of the prepared data that a test may spoil."""
    return Path(shutil.copytree(prepared, tmp_path / "copy"))


async def refused(folder: Path, error: type[StewardError], **changes: object) -> str:
    """What ``build`` says; the data folder is free afterwards."""
    chosen = settings_in(folder).model_copy(update=changes)
    with pytest.raises(error) as said:
        await build(chosen)
    with pytest.raises(error):  # and not DataFolderInUse: the lock was given back
        await build(chosen)
    return str(said.value)


async def answers(folder: Path) -> Kit:
    """A kit that was built on ``folder`` and answers."""
    kit = await build(settings_in(folder))
    done = (await ask(kit, "ann", LEAVE))[-1].data
    assert done["outcome"] == "answered" and "126" in done["text"]
    return kit


async def test_an_invalid_policy_stops_the_start_with_file_key_value_and_allowed(folder: Path) -> None:
    policies = Path(shutil.copytree(settings_in(folder).policies_dir, folder / "policies"))
    text = (policies / "output.yaml").read_text(encoding="utf-8")
    (policies / "output.yaml").write_text(text.replace("mode: stream", "mode: fast"), encoding="utf-8")
    said = await refused(folder, PolicyError, policies_dir=policies)
    for part in (str(policies / "output.yaml"), "'mode'", "'fast'", "'stream' or 'hold'"):
        assert part in said
    (policies / "output.yaml").unlink()
    assert "output.yaml is missing" in await refused(folder, PolicyError, policies_dir=policies)


async def test_scripts_say_it_in_one_line(folder: Path) -> None:
    """An unreadable policy and an unknown setting, as the user of a script meets them."""
    policies = Path(shutil.copytree(settings_in(folder).policies_dir, folder / "policies"))
    (policies / "pii.yaml").write_bytes(b"\xff\xfe\x00nonsense")
    chosen = settings_in(folder).model_copy(update={"policies_dir": policies})
    policy_said, setting_said = await asyncio.gather(
        script(chosen, "ask.py", "--person", "ann", LEAVE),
        script(chosen, "ask.py", "--person", "ann", LEAVE, STEWARD_DATADIR="/srv"),
    )
    assert policy_said.code == 1 and f"{policies / 'pii.yaml'} cannot be read" in policy_said.err
    assert setting_said.code == 1 and "STEWARD_DATADIR is not a setting of Steward" in setting_said.err
    for done in (policy_said, setting_said):
        assert done.out == "" and done.err.count("\n") == 1


@pytest.mark.parametrize("damage", ["overwritten", "cut", "a changed row"])
async def test_a_damaged_record_stops_the_start(folder: Path, damage: str) -> None:
    path = folder / "audit.db"
    kit = await answers(folder)
    await kit.close()
    if damage == "overwritten":
        path.write_bytes(b"not a database at all, but long enough to look at " * 100)
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        with sqlite3.connect(path) as db:
            db.execute("DROP TRIGGER no_update")
            db.execute("UPDATE row SET body = replace(body, 'answered', 'declined') WHERE kind = 'turn.close'")
        db.close()
    before = path.read_bytes()
    said = await refused(folder, RecordUnavailable)
    assert "audit.db" in said and "backup" in said
    assert path.read_bytes() == before, "a damaged record is evidence and stays as it is"


async def test_a_record_that_another_program_locks_stops_the_start(folder: Path) -> None:
    holder = sqlite3.connect(folder / "audit.db")
    holder.execute("PRAGMA journal_mode = DELETE")  # in WAL mode readers get past an exclusive lock
    holder.execute("BEGIN EXCLUSIVE")
    said = await refused(folder, RecordUnavailable)
    assert "audit.db is locked by another program" in said
    holder.rollback()
    holder.close()
    kit = await answers(folder)
    await kit.close()


async def test_a_record_locked_under_a_turn_ends_it_and_nothing_is_shown(make_kit: MakeKit) -> None:
    kit = await make_kit()
    holder = sqlite3.connect(kit.settings.audit_db)
    holder.execute("BEGIN EXCLUSIVE")
    events = await ask(kit, "ann", LEAVE)
    assert events[-1].data["outcome"] == "failed" and "locked by another program" in events[-1].data["text"]
    assert shown(events) == "" and "126" not in str(events)
    holder.rollback()
    holder.close()
    assert (await ask(kit, "ann", LEAVE))[-1].data["outcome"] == "answered"
    assert kit.ledger.verify().ok and kit.ledger.verify().complete


async def test_a_deleted_index_is_built_anew_at_the_next_start(folder: Path) -> None:
    shutil.rmtree(folder / "var" / "index")
    told: list[str] = []
    kit = await build(settings_in(folder), told.append)
    assert any("passages were missing from the index and are back" in line for line in told)
    done = (await ask(kit, "ann", LEAVE))[-1].data
    assert done["outcome"] == "answered"
    assert any(p["vector_rank"] is not None for p in done["made"]["passages"]), "found by words alone"
    await kit.close()


async def test_a_damaged_index_is_told_and_built_anew(folder: Path) -> None:
    (index,) = (folder / "var" / "index").iterdir()
    (index / "chroma.sqlite3").write_bytes(b"garbage" * 1000)
    told: list[str] = []
    kit = await build(settings_in(folder), told.append)
    assert any(f"The search index in {index} is missing or damaged" in line for line in told)
    done = (await ask(kit, "ann", LEAVE))[-1].data
    assert any(p["vector_rank"] is not None for p in done["made"]["passages"])
    assert not index.exists()
    await kit.close()


@pytest.mark.parametrize("name", ["people.db", "conversations.db", "catalogue.db", "desk.db"])
async def test_a_damaged_store_stops_the_start(folder: Path, name: str) -> None:
    (folder / "var" / name).write_bytes(b"garbage" * 1000)
    said = await refused(folder, StewardError)
    assert name in said and "is damaged" in said


async def test_a_data_folder_that_cannot_be_made_is_said(folder: Path) -> None:
    (folder / "file").write_text("in the way")
    said = await refused(folder, StewardError, data_dir=folder / "file" / "var")
    assert str(folder / "file" / "var") in said and "STEWARD_DATA_DIR" in said


async def test_damaged_encoder_weights_stop_the_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assistant.encoder import weights

    def broken(*args: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(weights, "prepare", broken)
    await refused(folder, EncoderUnavailable)


@contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    """The kernel refuses this process every write past ``size`` bytes of a file, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


async def test_on_a_full_disk_a_question_ends_with_a_sentence(make_kit: MakeKit) -> None:
    kit = await make_kit()
    first = kit.turns.start(person(kit, "ann"), None, LEAVE)
    await first.task
    with no_file_grows_beyond(1024):
        with pytest.raises(StewardError, match="disk"):
            kit.turns.start(person(kit, "ann"), None, LEAVE)
        events = await ask(kit, "ann", LEAVE, first.conversation_id)
    done = events[-1].data
    assert done["outcome"] == "failed" and "audit.db" in done["text"] and "disk" in done["text"]
    assert shown(events) == "" and "126" not in str(events)
    assert (await ask(kit, "ann", LEAVE, first.conversation_id))[-1].data["outcome"] == "answered"
    assert kit.ledger.verify().ok and kit.ledger.verify().complete


@pytest.mark.parametrize("opening_row_fits", [False, True])
async def test_a_full_record_takes_the_answer_back(
    make_kit: MakeKit, monkeypatch: pytest.MonkeyPatch, opening_row_fits: bool
) -> None:
    """SQLite itself runs out of room: before the opening row, or between it and the closing row."""
    kit = await make_kit()
    open_turn = kit.ledger.open_turn

    def no_more_pages() -> None:
        database = kit.ledger._file._connection
        database.execute(f"PRAGMA max_page_count = {database.execute('PRAGMA page_count').fetchone()[0]}")

    def open_turn_then_full(turn_id: str, person_id: str, row: dict[str, Any]) -> None:
        open_turn(turn_id, person_id, row)
        no_more_pages()

    if opening_row_fits:
        monkeypatch.setattr(kit.ledger, "open_turn", open_turn_then_full)
    else:
        no_more_pages()
        with pytest.raises(RecordUnavailable):
            for n in range(1000):
                kit.ledger.act("ballast", "test", {"n": n})
    done = (await ask(kit, "ann", LEAVE))[-1].data
    assert done["outcome"] == "failed" and "the disk is full" in done["text"]
    assert "126" not in done["text"] and done["citations"] in ([], ())
