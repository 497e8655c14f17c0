"""Builds every part once and hands each what it needs. The only place that knows all of them.

``build(settings)`` is what opens files, models and sockets; importing does nothing. It takes the lock on the data
folder first and gives it back in ``Kit.close``. Order matters only where a comment says so.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from assistant import policy
from assistant.encoder.minilm import MiniLM
from assistant.errors import EncoderUnavailable, NotFound
from assistant.guards.acceptable_use import UseCheck
from assistant.guards.injection import Injection
from assistant.ingest.chunks import chunk
from assistant.ingest.inbox import Inbox
from assistant.ingest.index import Indexer
from assistant.ingest.library import Library, Manager
from assistant.ingest.parse import Parser
from assistant.ingest.pictures import Pictures
from assistant.ingest.running import Running
from assistant.pipeline.attached import Attached
from assistant.pipeline.audit import Audit
from assistant.pipeline.check import Check
from assistant.pipeline.clarify import Clarify
from assistant.pipeline.escalate import Escalate
from assistant.pipeline.find import Find
from assistant.pipeline.gather import Gather
from assistant.pipeline.generate import Generate, make_agent
from assistant.pipeline.guard import Guard
from assistant.pipeline.handoff import HandOffs
from assistant.pipeline.history import History
from assistant.pipeline.masking import PassageGuard
from assistant.pipeline.opinions import Opinions
from assistant.pipeline.purpose import Purpose
from assistant.pipeline.release import Release
from assistant.pipeline.retrieve import Retrieve
from assistant.pipeline.rewrite import Rewrite
from assistant.pipeline.route import RouteRule
from assistant.pipeline.samples import add_people, starters
from assistant.pipeline.turns import Turns
from assistant.pipeline.vocabulary import Thesaurus
from assistant.policy import Policies, Tier
from assistant.privacy.engine import Presidio
from assistant.privacy.handling import Handler
from assistant.privacy.normalise import normalise
from assistant.settings import Settings
from assistant.store.attachments import Attachments
from assistant.store.catalogue import Catalogue
from assistant.store.conversations import Conversations
from assistant.store.desk import Desk
from assistant.store.feedback import Feedbacks
from assistant.store.gap_marks import GapMarks
from assistant.store.jobs import Jobs
from assistant.store.keys import KeyStore
from assistant.store.ledger import Ledger
from assistant.store.lock import DataLock
from assistant.store.nearest import Nearest
from assistant.store.originals import Originals
from assistant.store.people import People
from assistant.store.saved_tests import SavedTestStore
from assistant.tiers import vllm
from assistant.tiers.answerable import Answerable
from assistant.tiers.builtin import BuiltinAnswerer
from assistant.validators.registry import answer_checks
from assistant.validators.whole import WholeCheck
from assistant.values import Person

Progress = Callable[[str], None]


@dataclass
class Kit:
    """Everything a turn and a page need. Stages first, in the order of the turn."""

    audit: Audit
    guard: Guard
    purpose: Purpose
    history: History
    rewrite: Rewrite
    gather: Gather
    clarify: Clarify
    route: RouteRule
    generate: Generate
    release: Release
    check: Check
    escalate: Escalate

    retrieve: Retrieve
    settings: Settings
    policies: Policies
    encoder: MiniLM
    people: People
    conversations: Conversations
    catalogue: Catalogue
    desk: Desk
    ledger: Ledger
    saved_tests: SavedTestStore
    gap_marks: GapMarks
    indexer: Indexer
    pictures: Pictures
    library: Library
    inbox: Inbox
    handoffs: HandOffs
    find: Find
    opinions: Opinions
    attached: Attached
    models: dict[str, BaseChatModel]
    turns: Turns
    _running: Running
    _close: Callable[[], None]

    def audiences(self, person: Person) -> tuple[str, ...]:
        """The audiences ``person`` belongs to now; none when suspended or gone."""
        now = self.people.get(person.id)
        return self.policies.access.readable(now.groups) if now and not now.suspended else ()

    def manager(self, person: Person) -> Manager:
        """``person`` as one who handles documents, with the audiences of now. Raises NotFound for anybody else."""
        now = self.people.get(person.id)
        if now is None or now.suspended or "knowledge_manager" not in now.roles:
            raise NotFound("This page is for knowledge managers.")
        return Manager(now.id, self.audiences(now))

    def starters(self, person: Person) -> list[str]:
        """A few questions to begin with, about documents that this person may read."""
        return starters(self.settings.knowledge_dir / "samples", person, self.audiences(person))

    async def close(self) -> None:
        """Stop running turns (each gets its closing row), then close everything."""
        await self.turns.close()
        await self.inbox.close()
        await self._running.close()
        for model in self.models.values():
            await vllm.close(model)
        await self.encoder.close()
        self._close()


async def build(settings: Settings, progress: Progress = lambda line: None, policies: Policies | None = None) -> Kit:
    """Open everything; ``policies`` stand in for the policy files where a bench or a test needs others.

    Raises a StewardError with what to do: PolicyError, DataFolderInUse, EncoderUnavailable and others.
    """
    policies = policies or policy.load(settings.policies_dir)
    lock = await asyncio.to_thread(DataLock.acquire, settings.data_dir)
    try:
        return await _build(settings, policies, lock, progress)
    except BaseException:
        lock.release()
        raise


async def _build(settings: Settings, policies: Policies, lock: DataLock, progress: Progress) -> Kit:
    data = settings.data_dir
    progress("Loading the encoder")
    encoder = await asyncio.to_thread(_encoder, data / "encoder", settings.encoder_threads)
    personal = await asyncio.to_thread(Presidio.build, policies.pii, encoder)
    keys = KeyStore.open(data / "keys")
    handler = Handler(policies.pii, await asyncio.to_thread(keys.secret, "fingerprints"))
    people = People.open(data / "people.db")
    conversations = Conversations.open(data / "conversations.db", keys)
    catalogue = Catalogue.open(data / "catalogue.db")
    originals = Originals.open(data / "originals")
    vectors = await asyncio.to_thread(Nearest.open, data / "index", catalogue, progress)
    desk = Desk.open(data / "desk.db", keys)
    ledger = Ledger.open(settings.audit_db, keys)
    saved_tests = SavedTestStore.open(data / "saved_tests.db")
    gap_marks = GapMarks.open(data / "gap_marks.db")
    parser, pictures = Parser(), Pictures()
    audiences = tuple(policies.access.audiences)
    acceptable = policies.acceptable_use
    injection = await asyncio.to_thread(
        Injection.build, encoder, lambda text: normalise(text).text, acceptable.injection.document_threshold
    )
    indexer = Indexer(
        catalogue, vectors, originals, encoder, ledger, audiences, personal, parser, injection, forget=pictures.forget
    )
    jobs = Jobs.open(data / "jobs.db")
    running = Running(indexer, jobs, data / "uploads")

    tiers = policies.tiers.tiers
    answerable = Answerable(encoder)
    models = {tier.name: _model(tier, answerable) for tier in tiers}
    checks = answer_checks(personal, policies)
    retrieve = Retrieve(catalogue, vectors, encoder, PassageGuard(personal, handler))
    shutil.rmtree(data / "incoming", ignore_errors=True)  # what a crash left of files that were being read
    attached = Attached(
        conversations, Attachments(conversations), ledger, parser, chunk, encoder, injection, data / "incoming"
    )
    escalate = Escalate(policies.tiers, policies.output, policies.escalation)
    kit = Kit(
        audit=Audit(ledger, conversations, catalogue),
        guard=Guard(
            personal,
            handler,
            conversations,
            settings.question_max_chars,
            settings.turns_per_minute,
            policies.output.check_timeout_s,
        ),
        purpose=Purpose(injection, UseCheck(encoder, acceptable), acceptable, policies.output.check_timeout_s),
        history=History(conversations),
        rewrite=Rewrite(Thesaurus(policies.vocabulary)),
        gather=Gather(retrieve, attached),
        retrieve=retrieve,
        clarify=Clarify(),
        route=RouteRule(policies.tiers),
        generate=Generate(
            {tier.name: make_agent(models[tier.name], tier) for tier in tiers},
            policies.tiers,
            policies.prompts["answer"],
            retrieve.masked,
        ),
        release=Release(checks, policies.output),
        check=Check(WholeCheck(checks), policies.confidence, policies.output.check_timeout_s),
        escalate=escalate,
        settings=settings,
        policies=policies,
        encoder=encoder,
        people=people,
        conversations=conversations,
        catalogue=catalogue,
        desk=desk,
        ledger=ledger,
        saved_tests=saved_tests,
        gap_marks=gap_marks,
        indexer=indexer,
        pictures=pictures,
        library=Library(indexer, jobs, running),
        inbox=Inbox(settings.knowledge_dir / "inbox", running, jobs, audiences),
        handoffs=HandOffs(
            desk,
            conversations,
            people,
            ledger,
            policies.escalation,
            personal,
            handler,
            tuple(policies.access.groups),
        ),
        find=Find(conversations),
        opinions=Opinions(conversations, Feedbacks(conversations), ledger, personal, handler),
        attached=attached,
        models=models,
        turns=Turns(lambda: kit),
        _running=running,
        _close=lambda: _close_all(
            lock,
            *(parser, pictures, vectors, ledger, saved_tests, gap_marks),
            *(desk, catalogue, jobs, conversations, people, keys),
        ),
    )
    try:
        await asyncio.to_thread(kit.audit.mend)
        if settings.samples:
            await _samples(kit, progress)
        mended = await indexer.mend(lambda name, done, total: progress(f"Mending the index {done}/{total}  {name}"))
        if mended:
            progress(f"{mended} passages were missing from the index and are back")
        running.start()
    except BaseException:
        await kit.close()
        raise
    return kit


def _encoder(cache: Path, threads: int) -> MiniLM:
    try:
        return MiniLM.open(cache=cache, threads=threads)
    except Exception as error:
        raise EncoderUnavailable(str(error)) from error


def _model(tier: Tier, answerable: Answerable) -> BaseChatModel:
    match tier.backend:
        case "builtin":
            return BuiltinAnswerer(answerable=answerable)
        case "vllm":
            return vllm.make(tier)


async def _samples(kit: Kit, progress: Progress) -> None:
    """The sample company's people and documents; unchanged documents cost a hash."""
    add_people(kit.people)
    folder = kit.settings.knowledge_dir / "samples"
    report = await kit.indexer.ingest_folder(
        folder, lambda name, done, total: progress(f"Indexing {done}/{total}  {name}")
    )
    for problem in report.refused:
        progress(problem)


def _close_all(lock: DataLock, *stores: object) -> None:
    for store in stores:
        close = getattr(store, "close", None)
        if close is not None:
            close()
    lock.release()
