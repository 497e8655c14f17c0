from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.errors import NotFound, StewardError
from assistant.store.conversations import Conversations
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
    conversations.rename(later.id, "Second")
    assert [c.title for c in conversations.list_for("anna")] == ["Second", "First"]
    conversations.append(mine.id, message("m3"))
    assert [c.title for c in conversations.list_for("anna")] == ["First", "Second"]


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
    with conversations._file.write() as db:
        db.execute("UPDATE message SET conversation_id = ? WHERE id = 'm1'", (two.id,))
    with pytest.raises(StewardError, match="changed"):
        conversations.messages(two.id)
