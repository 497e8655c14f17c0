"""The Knowledge page's handlers and routes: what a manager sees and does, and that nobody else gets anything."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr
import httpx
import pytest
from fastapi import FastAPI

from assistant.loaders.limits import MAX_BYTES
from assistant.pipeline.kit import Kit
from assistant.ui import uploads
from assistant.ui.knowledge.place import Place
from assistant.ui.pages.knowledge import KnowledgePage
from assistant.values import Person
from assistant.work.saved_tests import SavedTests
from tests.ui.conftest import browser, click, newcomer, request_of, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = "<img src=x onerror=alert(1)>"
SECRET, OPEN = "topup@1", "leave@1"


def manager(kit: Kit, *groups: str) -> Person:
    return newcomer(kit, *groups, roles=("employee", "knowledge_manager"))


class Tab:
    """One tab of the page; ``tab["body"]`` is what its component shows now."""

    def __init__(self, kit: Kit, who: Person) -> None:
        self.kit, self.who, self.place = kit, who, Place()
        self.page = KnowledgePage(kit, SavedTests(kit))
        with gr.Blocks():
            self.page.components()
        self.shown: dict[Any, Any] = {}

    async def arrive(self, query: str = "") -> Tab:
        self.shown |= await self.page.arrive(self.place, request_of(self.kit, self.who, query))
        return self

    async def act(self, act: str, **data: str) -> Tab:
        self.shown |= await self.page.act(self.place, click(act=act, **data), request_of(self.kit, self.who))
        return self

    async def look(self, act: str = "look", **data: str) -> Tab:
        self.shown |= await self.page.look(self.place, click(act=act, **data), request_of(self.kit, self.who))
        return self

    def __getitem__(self, name: str) -> str:
        return str(self.shown.get(getattr(self.page, name), ""))

    @property
    def everything(self) -> str:
        return "".join(str(value) for value in self.shown.values())


async def send(client: httpx.AsyncClient, name: str, text: str | bytes, **given: str) -> httpx.Response:
    content = text.encode() if isinstance(text, str) else text
    return await client.post("/knowledge/files", params={"name": name, **given}, content=content)


async def taken(tab: Tab) -> Tab:
    """Wait until nothing is being read any more."""
    async with asyncio.timeout(30):
        await tab.look()
        while "being read" in tab["coming"]:
            await asyncio.sleep(0.05)
            await tab.look()
    return tab


async def test_a_manager_sees_their_documents_and_no_others(kit: Kit) -> None:
    tab = await Tab(kit, manager(kit)).arrive()
    assert "Parental leave" in tab["body"] and "Top-up" not in tab.everything and "hr" not in tab["tools"].split()
    assert "Top-up scheme" in (await Tab(kit, manager(kit, "hr")).arrive())["body"]
    await tab.act("filter", audience="hr")
    assert "Top-up" not in tab.everything and "Nothing here" in tab["body"]
    await tab.act("filter", text="parking")
    assert "Parking" in tab["body"] and "Parental" not in tab["body"] and "text=parking" in tab["body"]
    await tab.act("unfilter")
    assert "Parental" in tab["body"]


async def test_ids_of_other_audiences_open_nothing(kit: Kit) -> None:
    tab = await Tab(kit, manager(kit)).arrive(f"document={SECRET}")
    assert "does not exist" in tab["head"] and "Cedar" not in tab.everything and "Top-up" not in tab.everything
    for act, data in (
        ("document", {"key": SECRET}), ("document", {"key": SECRET, "tab": "versions"}), ("document", {"key": "no@1"}),
        ("delete-many", {"pick.0": SECRET}), ("change-many", {"pick.0": SECRET, "owner": "me"}),
        ("try", {"question": "Cedar scheme", "audience.0": "hr"}),
        ("expect", {"document": "topup", "section": ""}), ("forget", {"id": "x"}), ("done", {"id": "x"}),
    ):  # fmt: skip
        for view in ("documents", "bench", "tests", "gaps"):
            tab.place.view = view if act not in ("document", "delete-many", "change-many") else "documents"
            await tab.act(act, **data)
            await tab.act("delete")
            assert "Cedar" not in tab.everything and "Top-up" not in tab.everything, act
    assert kit.catalogue.document(SECRET, ["hr"]).owner == "People"


async def test_for_everybody_else_there_is_nothing(kit: Kit, app: FastAPI) -> None:
    people = [newcomer(kit), newcomer(kit, "hr", roles=("employee", "expert")), newcomer(kit, roles=("auditor",))]
    for who in people:
        tab = Tab(kit, who)
        for call in (tab.arrive(f"document={OPEN}"), tab.act("document", key=OPEN), tab.act("try", question="leave"),
                     tab.look("cancel", job="x")):  # fmt: skip
            await call
            assert "There is nothing here" in tab["head"] and tab["body"] == tab["side"] == tab["coming"] == ""
        async with browser(app) as client:
            sign_in(kit, client, who)
            for method, path in ROUTES:
                assert (await client.request(method, path)).status_code == 404, path
    gone = manager(kit)
    tab = await Tab(kit, gone).arrive()
    kit.people.set_suspended(gone.name, True)
    tab.shown |= await tab.page.act(tab.place, click(act="go", view="gaps"), request_of(kit, None))
    assert "signed out" in tab["head"] and tab["body"] == ""
    async with browser(app) as client:
        for method, path in ROUTES[1:]:
            assert (await client.request(method, path)).status_code == 401, path


ROUTES = [
    ("GET", "/knowledge"),
    ("POST", "/knowledge/files?name=a.md"),
    ("GET", f"/knowledge/picture?document={OPEN}&passage=x"),
    ("GET", f"/knowledge/original?document={OPEN}"),
    ("GET", "/knowledge/documents.csv"),
    ("GET", "/knowledge/gaps.csv"),
]


async def test_the_page_is_there_for_a_manager(kit: Kit, app: FastAPI) -> None:
    async with browser(app) as client:
        sign_in(kit, client, manager(kit))
        page = await client.get("/knowledge")
        assert page.status_code == 200 and "/ui/knowledge.js" in page.text
        assert "/ui/knowledge.js" not in (await client.get("/")).text


async def test_rights_that_go_act_at_the_next_event(kit: Kit, app: FastAPI) -> None:
    who = manager(kit, "hr")
    tab = await Tab(kit, who).arrive(f"document={SECRET}")
    assert "Cedar" in tab["body"]
    kit.people.set_access(who.name, ["staff"], ["knowledge_manager"])
    await tab.act("tab", tab="details")
    assert "does not exist" in tab["head"] + tab["notice"]
    kit.people.set_access(who.name, ["staff", "hr"], ["employee"])
    await tab.act("tab", tab="passages")
    assert "There is nothing here" in tab["head"] and tab["body"] == ""


async def test_a_file_comes_in_is_found_replaced_compared_and_deleted(kit: Kit, app: FastAPI) -> None:
    who = manager(kit)
    tab = await Tab(kit, who).arrive()
    async with browser(app) as client:
        sign_in(kit, client, who)
        assert (await send(client, "dogs.md", DOGS, audience="everyone", owner="Reception")).status_code == 200
        assert (await send(client, "broken.pdf", b"%PDF-1.7 no", audience="everyone")).status_code == 200
        await taken(tab)
        assert "dogs.md" in tab["coming"] and "2 passages" in tab["coming"] and "phone number" in tab["coming"]
        assert "broken.pdf" in tab["coming"] and "damaged" in tab["coming"] and "Dogs at work" in tab["body"]
        key = found(tab["coming"], "Dogs at work")
        assert "Fridays" in (await tab.act("document", key=key))["body"]
        changed = DOGS.replace("Fridays", "Mondays")
        document = key.partition("@")[0]
        assert (await send(client, "dogs new.md", changed, replaces=document)).status_code == 200
        await taken(tab)
        assert "new version" in tab["coming"]
        newer = found(tab["coming"], "Dogs at work")
        await tab.act("document", key=newer, tab="versions")
        assert re.search('class="added">.*Mondays', tab["body"]) and re.search('class="removed">.*Fridays', tab["body"])
        original = await client.get("/knowledge/original", params={"document": newer})
        assert original.text == changed and original.headers["content-disposition"].startswith("attachment")
        assert original.headers["content-type"] == "application/octet-stream"
    await tab.act("save", title="Dogs & co", audience="everyone", owner="Reception", expires="2099-01-01")
    assert "Dogs &amp; co" in tab["head"] and kit.library.card(kit.manager(who), newer).document.expires is not None
    await tab.act("save", title="Dogs & co", audience="everyone", owner="Reception", expires="")
    assert kit.library.card(kit.manager(who), newer).document.expires is None
    await tab.act("back")
    await tab.act("delete-many", **{"pick.0": newer})
    assert "2 versions" in tab["body"] and "Dogs &amp; co" in tab["body"] and "cannot be brought back" in tab["body"]
    await tab.act("keep")
    assert "cannot be brought back" not in tab["body"] and kit.library.versions(kit.manager(who), document)
    await tab.act("delete-many", **{"pick.0": newer})
    await tab.act("delete")
    assert "Dogs" not in tab["body"] and "deleted" in tab["notice"]
    assert "Dogs" not in (await Tab(kit, who).arrive("view=documents"))["body"]


DOGS = "# Dogs at work\n\n## When\n\nDogs may come on Fridays.\n\n## Who\n\nAsk reception at +65 6123 4567.\n"


def found(html: str, title: str) -> str:
    """The key behind the button with this title."""
    match = re.search(f'data-key="([^"]+)"[^>]*>{re.escape(title)}', html)
    assert match, html
    return match.group(1)


async def test_uploads_are_refused_with_a_sentence(kit: Kit, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 4096

    async with browser(app) as client:
        sign_in(kit, client, manager(kit))
        assert (await send(client, "a.md", "text", audience="hr")).status_code == 404
        assert (await send(client, "a.md", "text", audience="everyone", expires="soon")).status_code == 400
        assert (await send(client, "a.md", "", audience="everyone")).status_code == 400
        too_large = {"content-length": str(MAX_BYTES + 1)}
        answer = await client.post("/knowledge/files?name=a", content=b"x", headers=too_large)
        assert answer.status_code == 413 and "50 MB" in answer.json()["detail"]
        monkeypatch.setattr(uploads, "MAX_BYTES", 100_000)
        assert (await client.post("/knowledge/files?name=a", content=endless())).status_code == 413
        elsewhere = {"origin": "https://evil.example"}
        assert (await client.post("/knowledge/files?name=a", content=b"x", headers=elsewhere)).status_code == 403
    left = list((kit.settings.data_dir / "uploads").glob("in-*"))
    assert left == []


async def test_names_are_labels_and_inert(kit: Kit, app: FastAPI) -> None:
    who = manager(kit)
    tab = await Tab(kit, who).arrive()
    names = {f"../../../../tmp/{HOSTILE}.md": f"# Owls {HOSTILE}\n\nOwls hoot {HOSTILE} at night.\n",
             "..\\..\\x\u202e.md": "# Bats\n\nBats sleep by day.\n"}  # fmt: skip
    async with browser(app) as client:
        sign_in(kit, client, who)
        for name, text in names.items():
            assert (await send(client, name, text, audience="everyone", owner=f"=cmd|{HOSTILE}")).status_code == 200
        await taken(tab)
        assert "<img src=x" not in tab.everything and "\u202e" not in tab.everything and "Owls" in tab["coming"]
        key = re.search(r'data-key="([^"]+)"[^>]*>Owls', tab["coming"])
        assert key
        await tab.act("document", key=key.group(1))
        assert "hoot" in tab["body"] and "<img src=x" not in tab.everything
        csv = (await client.get("/knowledge/documents.csv")).text
    assert "'=cmd" in csv and "\n=cmd" not in csv and ",=cmd" not in csv and "Parental leave" in csv
    assert "Top-up" not in csv


async def test_pictures_and_originals_ask_for_the_document(kit: Kit, app: FastAPI) -> None:
    chunk = kit.catalogue.chunk_ids(SECRET)[0]
    async with browser(app) as client:
        sign_in(kit, client, manager(kit))
        for params in ({"document": SECRET, "passage": chunk}, {"document": OPEN, "passage": chunk}, {}):
            assert (await client.get("/knowledge/picture", params=params)).status_code == 404
        assert (await client.get("/knowledge/original", params={"document": SECRET})).status_code == 404


async def test_jobs_of_others_cannot_be_cancelled_or_dismissed(kit: Kit, app: FastAPI) -> None:
    owner, other = manager(kit, "hr"), manager(kit)
    async with browser(app) as client:
        sign_in(kit, client, owner)
        job = (await send(client, "plans.pdf", b"%PDF-1.7 secret", audience="hr")).json()["job"]
    mine = await taken(await Tab(kit, owner).arrive())
    assert "plans.pdf" in mine["coming"]
    tab = await Tab(kit, other).arrive()
    assert "plans.pdf" not in tab.everything
    for act in ("cancel", "dismiss"):
        await tab.look(act, job=job, number="0")
        assert "does not exist" in tab["notice"] and "plans.pdf" not in tab.everything
    assert "plans.pdf" in (await mine.look())["coming"]
    await mine.look("dismiss", job=job, number="0")
    assert "plans.pdf" not in mine["coming"]


async def test_bench_tests_and_gaps_on_the_page(kit: Kit) -> None:
    tab = await Tab(kit, manager(kit)).arrive("view=bench")
    await tab.act("try", **{"question": f"How many days of parental leave {HOSTILE}?", "audience.0": "everyone"})
    assert (
        "126 calendar days" in tab["body"] and "Found both ways" in tab["body"] and "<img src=x" not in tab.everything
    )
    await tab.act("expect", document="leave", section="How long")
    assert "Saved as a test" in tab["notice"] and "<img src=x" not in tab["notice"]
    await tab.act("go", view="tests")
    assert "Parental leave" in tab["body"] and "not run" in tab["body"]
    await tab.act("run")
    assert "recall at 5 is 1.00" in tab["notice"] and 'class="badge good"' in tab["body"]
    test = re.search(r'data-act="forget" data-id="([0-9a-f]+)"', tab["body"])
    assert test
    await tab.act("forget", id=test.group(1))
    assert "No saved tests yet" in tab["body"]
    await tab.act("go", view="gaps")
    assert "No question is without a source" in tab["body"]
    await tab.act("go", view="no-such")
    assert "Documents" in tab["head"]


@pytest.mark.parametrize(
    ("value", "cell"),
    [("=1+1", "'=1+1"), ("  @x", "'  @x"), ("-2", "'-2"), ("+1", "'+1"), ("\tx", "'\tx"), ("plain", "plain"),
     (None, ""), (3, "3"), ("a=b", "a=b")],
)  # fmt: skip
async def test_a_spreadsheet_takes_no_cell_for_a_formula(value: object, cell: str) -> None:
    assert uploads._cell(value) == cell
