"""Makes the whole index anew beside the one in use, and switches at once.

Needed when the form of the index changes (``making.form``: loaders, chunking, words, encoder). Every document is read
again from its original, which keeps its card; where the original is not kept or cannot be read any more, its text and
passages stay as they are. Texts that the same encoder has seen are not encoded again. Questions are answered from
the old generation until the switch. A kill costs the document it was at; a cancelled re-index leaves nothing behind,
and the old form is used until somebody asks again or the next start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from assistant.errors import DocumentRefused, NotFound
from assistant.ingest import making
from assistant.ingest.index import Indexer, to_its_end
from assistant.store.shelf import document_of
from assistant.values import Chunk, Document, Understood, Vector

Progress = Callable[[str, int, int], None]
"""(name, documents done, documents in all)"""


class Reindex:
    """Built once; one run at a time."""

    def __init__(self, indexer: Indexer) -> None:
        self._indexer = indexer
        self._catalogue = indexer.catalogue
        self._generations = indexer.catalogue.generations

    @property
    def form(self) -> str:
        """The form that this program builds."""
        return making.form(self._indexer.encoder.name)

    def needed(self) -> bool:
        """Whether the index is of another form. An empty one takes the new form at once."""
        if self._generations.setting("form") == self.form:
            return False
        if self._generations.count(self._generations.current) == 0:
            self._generations.note(form=self.form)
            return False
        return True

    async def run(self, actor: str, progress: Progress, cancelled: Callable[[], bool]) -> tuple[str, ...]:
        """Build, switch, erase what is old; returns a sentence per document that stayed as it was.

        When ``cancelled`` says so, stops and erases what was built.
        """
        generation, form = await self._begin()
        kept: list[str] = []
        while pending := await asyncio.to_thread(self._generations.pending, generation):
            done = await asyncio.to_thread(self._generations.count, generation)
            for number, (key, card, searched) in enumerate(pending):
                if cancelled():
                    await self._give_up()
                    return ()
                document = document_of(card)
                progress(document.source_name, done + number, done + len(pending))
                if said := await self._document(document, key, card, generation, searched):
                    kept.append(said)
        if cancelled():
            await self._give_up()
            return ()
        if await self._switch(generation, form, actor):
            await self.clear()
            return tuple(kept)
        return (*kept, *await self.run(actor, progress, cancelled))

    async def clear(self) -> None:
        """Erase what is left of generations that nobody uses, as after a kill."""
        left = 1
        while left:
            left = await asyncio.to_thread(self._generations.erase_others)

    async def compact(self) -> None:
        """Fill a new folder of vectors and delete the old one, with all that Chroma kept of removed vectors."""
        nearest, generations = self._indexer.vectors, self._generations
        number, vectors = await asyncio.to_thread(nearest.beside)
        try:
            await to_its_end(nearest.fill, vectors, generations.current)
            async with self._indexer.one_at_a_time:
                await to_its_end(nearest.fill, vectors, generations.current)
                generations.note(folder=number)
                await to_its_end(nearest.switch, number, vectors)
                generations.note(erase="")
        except BaseException:
            if generations.setting("folder") != str(number):
                await asyncio.to_thread(nearest.discard, number, vectors)
            raise

    async def _begin(self) -> tuple[int, str]:
        """The generation to build: the one that was begun in this form, or a new one."""
        form, building = self.form, self._generations.building
        if building and self._generations.setting("building_form") == form:
            return building, form
        if building:
            await self._give_up()
        generation = max(self._generations.current, building) + 1
        self._generations.note(building=generation, building_form=form)
        return generation, form

    async def _give_up(self) -> None:
        self._generations.note(building="", building_form="")
        await self.clear()

    async def _document(self, document: Document, key: str, card: str, generation: int, searched: bool) -> str:
        """Build one document; a sentence where it stays as it was."""
        said = ""
        old, known = await asyncio.to_thread(self._generations.passages, key)
        try:
            text, chunks, understood = await self._read(document)
        except (DocumentRefused, NotFound) as error:
            said = f"{document.title} ({key}) stays as it was: {error}"
            text, understood = await asyncio.to_thread(self._generations.content, key)
            chunks = old
        vectors: Sequence[Vector] = ()
        marks: Sequence[bytes] = ()
        if searched:
            vectors, marks = await self._indexer.encode(document.title, chunks, key, known=known)
        made = await asyncio.to_thread(self._catalogue.made, document.title, text, chunks, vectors, marks, understood)
        await to_its_end(self._generations.build, key, card, generation, made)
        return said

    async def _read(self, document: Document) -> tuple[str, list[Chunk], Understood]:
        indexer = self._indexer
        added = await asyncio.to_thread(self._catalogue.original, document.key, indexer.audiences)
        path = indexer.originals.path(added.original)
        name = document.source_name.rsplit("/", 1)[-1]
        loaded = await indexer.parser.parse(path, name)
        text, chunks, understood = await asyncio.to_thread(
            making.passages, document, loaded, indexer.personal_data, name
        )
        return text, await indexer.flagged(chunks), understood

    async def _switch(self, generation: int, form: str, actor: str) -> bool:
        """Switch to a generation that lacks nothing; False when something is pending again."""
        nearest = self._indexer.vectors
        number, vectors = await asyncio.to_thread(nearest.beside)
        try:
            await to_its_end(nearest.fill, vectors, generation)
            async with self._indexer.one_at_a_time:
                if self._generations.pending(generation):
                    await asyncio.to_thread(nearest.discard, number, vectors)
                    return False
                await to_its_end(nearest.fill, vectors, generation)
                self._record(actor, generation, form)
                self._generations.switch(generation, form=form, building_form="", folder=number)
                self._catalogue.changed()
                await to_its_end(nearest.switch, number, vectors)
                self._generations.note(erase="")
        except BaseException:
            if self._generations.current != generation:
                await asyncio.to_thread(nearest.discard, number, vectors)
            raise
        return True

    def _record(self, actor: str, generation: int, form: str) -> None:
        if self._indexer.ledger is not None:
            row = {"form": form, "generation": generation, "documents": self._generations.count(generation)}
            self._indexer.ledger.act("index.rebuild", actor, row)
