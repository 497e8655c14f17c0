from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils import Migrations

from assistant.errors import NotFound, StewardError
from assistant.store.canonical import canonical
from assistant.store.conversations import Conversations, m001_conversation
from assistant.store.database import SqliteFile
from assistant.store.keys import KeyStore
from assistant.values import Citation, Message


@pytest.fixture
def conversations(tmp_path: Path, keys: KeyStore) -> Conversations:
    return Conversations.open(tmp_path / "conversations.db", keys)


def message(name: str, text: str = "hello") -> Message:
    cited = Citation(1, "c1", "d@1", "Title", ("A", "B"), 3, "quote", "stale")
    made = {"confidence": 0.5, "stages": [{"name": "guard", "ms": 1.5}]}
    return Message(name, "assistant", text, datetime.now(UTC), "t1", "answered", (cited,), made=made)


def test_what_goes_in_comes_out(conversations: Conversations) -> None:
    mine = conversations.create("anna", "First")
    later = conversations.create("anna", "")
    sent = [message("m2"), message("m1")]
    for one in sent:
        conversations.append(mine.id, one)
    conversations.save_placeholders(mine.id, {"<PERSON_2>": "B", "<PERSON_1>": "Ä"})
    assert conversations.messages(mine.id) == sent
    assert list(conversations.placeholders(mine.id).items()) == [("<PERSON_2>", "B"), ("<PERSON_1>", "Ä")]
    conversations.append(later.id, message("m3"))
    conversations.rename(mine.id, "Another")  # which is no reason to come up in the list
    assert [c.title for c in conversations.list_for("anna")] == ["", "Another"]
    conversations.pin(mine.id, True)
    assert [(c.title, c.pinned) for c in conversations.list_for("anna")] == [("Another", True), ("", False)]
    conversations.pin(mine.id, False)
    assert [c.title for c in conversations.list_for("anna")] == ["", "Another"]


def test_questions_and_answers_fork_and_the_branch_last_chosen_is_read(conversations: Conversations) -> None:
    mine = conversations.create("anna", "").id
    added = [("q1", None), ("a1", None), ("q2", None), ("a2", "q2"), ("q2b", "a1"), ("a2b", "q2b")]
    for id_, parent in added:
        role = "user" if id_[0] == "q" else "assistant"
        conversations.append(mine, replace(message(id_), role=role), parent, seen=f"seen by {id_}" * (role != "user"))
    assert [m.id for m in conversations.messages(mine)] == ["q1", "a1", "q2b", "a2b"]
    assert [m.id for m in conversations.messages(mine, "a2")] == ["q1", "a1", "q2", "a2"]
    assert conversations.messages(mine)[2].siblings == ("q2", "q2b")
    conversations.choose(mine, "q2")
    conversations.append(mine, replace(message("a2"), role="assistant"), "q2")  # once more is no second one
    assert [m.id for m in conversations.messages(mine)] == ["q1", "a1", "q2", "a2"]
    assert len(conversations.every_message(mine)) == 6
    assert conversations.seen(mine, "a2") == "seen by a2" and conversations.seen(mine, "q2") == ""
    other = conversations.create("anna", "").id
    with pytest.raises(NotFound):
        conversations.choose(other, "a2")
    assert conversations.seen(other, "a2") == "" and conversations.messages(other) == []


def test_a_file_of_before_branches_reads_as_one_branch(tmp_path: Path, keys: KeyStore) -> None:
    old = Migrations("conversations")
    old()(m001_conversation)
    file = SqliteFile.open(tmp_path / "old.db", old)
    key = keys.new_conversation_key("anna")
    seal, now = keys.ring("anna").conversation(key), datetime.now(UTC).isoformat()
    with file.write() as db:
        sealed = (key, seal.seal("Old", "title:c"), seal.seal("{}", "placeholders:c"))
        db.execute("INSERT INTO conversation VALUES ('c', 'anna', ?, ?, ?, ?, ?)", (*sealed, now, now))
        for id_ in ("m2", "m1", "m3"):
            fields = {k: v for k, v in asdict(message(id_)).items() if k not in ("parent", "siblings")}
            body = seal.seal(canonical(fields), f"message:{id_}:c")
            db.execute("INSERT INTO message (id, conversation_id, body) VALUES (?, 'c', ?)", (id_, body))
    file.close()
    conversations = Conversations.open(tmp_path / "old.db", keys)
    assert [m.id for m in conversations.messages("c")] == ["m2", "m1", "m3"]
    assert conversations.get("anna", "c").title == "Old" and not conversations.get("anna", "c").pinned


def test_deleting_leaves_no_byte_and_no_key(conversations: Conversations, tmp_path: Path) -> None:
    mine, kept = conversations.create("anna", "Mine"), conversations.create("anna", "Kept")
    conversations.append(mine.id, message("m1", "x" * 9000), seen="y" * 9000)
    with conversations.file.read() as db:
        key, body = db.execute("SELECT key, body FROM message JOIN conversation c ON c.id = conversation_id").fetchone()
    conversations.delete(mine.id)
    on_disk = b"".join(file.read_bytes() for file in tmp_path.glob("conversations.db*"))
    assert key[12:40] not in on_disk and body[-200:] not in on_disk and mine.id.encode() not in on_disk
    assert [c.title for c in conversations.list_for("anna")] == ["Kept"]
    for call in (conversations.messages, conversations.placeholders, lambda i: conversations.append(i, message("m9"))):
        with pytest.raises(NotFound):
            call(mine.id)
    conversations.delete(kept.id)
    conversations.delete(kept.id)


def test_somebody_elses_conversation_is_not_found(conversations: Conversations) -> None:
    mine = conversations.create("anna", "Mine")
    for person, asked in (("ben", mine.id), ("anna", "nothing"), ("anna", "' OR 1=1 --")):
        with pytest.raises(NotFound) as error:
            conversations.get(person, asked)
        assert str(error.value) == "This conversation does not exist, or is not yours."
    assert conversations.list_for("ben") == []
    with pytest.raises(NotFound):
        conversations.append("nothing", message("m1"))


def test_no_text_lies_on_the_disk_and_none_can_be_moved(conversations: Conversations, tmp_path: Path) -> None:
    one, two = conversations.create("anna", "Plumtitle"), conversations.create("anna", "")
    conversations.append(one.id, message("m1", "Plumbody"))
    conversations.append(two.id, message("m2", "other"))
    conversations.save_placeholders(one.id, {"<PERSON_1>": "Plumname"})
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("conversations.db*"))
    assert b"Plum" not in kept and b"PERSON" not in kept
    with conversations.file.write() as db:
        db.execute("UPDATE message SET conversation_id = ? WHERE id = 'm1'", (two.id,))
    with pytest.raises(StewardError, match="changed"):
        conversations.messages(two.id)
