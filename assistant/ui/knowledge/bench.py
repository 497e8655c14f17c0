"""The retrieval bench: a question, for whom, and every candidate with its ranks and the reason it came where it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.errors import StewardError
from assistant.ui.i18n import number, plural, t
from assistant.ui.knowledge import parts
from assistant.ui.knowledge.place import TEXT_CHARS, Click, Outcome, Place
from assistant.ui.markup import markdown, plain
from assistant.values import Person
from assistant.work.managing import managed
from assistant.work.retrieval_bench import Candidate, Tried, try_question
from assistant.work.saved_tests import SavedTests

if TYPE_CHECKING:
    from assistant.pipeline.kit import Kit

CUT = 420


class Bench:
    """Nothing that is tried is kept, until it is saved as a test."""

    def __init__(self, kit: Kit, tests: SavedTests) -> None:
        self.kit, self.tests = kit, tests

    async def head(self, person: Person, place: Place) -> str:
        """The question and for whom."""
        mine = managed(self.kit, person)
        place.audiences = tuple(a for a in place.audiences if a in mine) or mine
        hint = t("See what the search finds for a question, in which order and why. Nothing you try here is kept.")
        return (
            parts.title(t("Try a question"), hint)
            + '<form class="panel try" data-act="try"><label class="field wide"><span>'
            + f'{t("Question")}</span><input name="question" value="{plain(place.question)}" autocomplete="off" '
            + f'maxlength="{self.kit.settings.question_max_chars}" required></label>'
            + parts.ticks(t("Search as somebody who reads"), "audience", mine, place.audiences)
            + f'<button class="primary">{t("Search")}</button></form>'
        )

    async def tools(self, person: Person, place: Place) -> str:
        """None."""
        return ""

    async def body(self, person: Person, place: Place) -> str:
        """The candidates."""
        if not place.question:
            return ""
        tried = await try_question(self.kit, person, place.question, place.audiences)
        if not tried.candidates:
            return parts.nothing(
                t("Nothing was found"),
                t("No passage shares enough with this question. A person asking it is told that the documents do not "
                  "answer it."),
                _elsewhere(),
            )  # fmt: skip
        rows = "".join(self._row(candidate) for candidate in tried.candidates)
        return f'{self._summary(tried)}<ol class="candidates">{rows}</ol>{_elsewhere()}'

    async def act(self, person: Person, place: Place, click: Click) -> Outcome | None:
        """Try a question, or save the one that was tried."""
        match click.get("act"):
            case "try":
                place.question = click.get("question", TEXT_CHARS)
                place.audiences = click.picked("audience")
                if not place.audiences:
                    raise StewardError("Choose at least one audience.")
                return Outcome("body")
            case "expect":
                saved = await self.tests.save(
                    person, place.question, place.audiences, click.get("document"), click.get("section")
                )
                words = t("Saved as a test: {question}", question=saved.question)
                return Outcome("nothing", words)
        return None

    def _summary(self, tried: Tried) -> str:
        taken = sum(c.taken for c in tried.candidates)
        found = plural("{n} candidate", "{n} candidates", len(tried.candidates))
        also = "; ".join(f"{words}: {', '.join(others)}" for words, others in tried.question.also)
        wider = f"<p>{t('Also searched, from the vocabulary:')} {plain(also)}</p>" if also else ""
        return (
            f'<div class="summary"><p>{plain(found)} · '
            f"{t('{ms} ms', ms=number(tried.ms, 1))} · {plain(t('the first {n} would go to the model', n=taken))}</p>"
            f"{wider}</div>"
        )

    def _row(self, candidate: Candidate) -> str:
        passage = candidate.passage
        document, chunk = passage.document, passage.chunk
        text = chunk.text if len(chunk.text) <= CUT else chunk.text[:CUT].rsplit(" ", 1)[0] + " …"
        path = " › ".join(chunk.heading)
        page = f" · {t('page {n}', n=chunk.page)}" if chunk.page else ""
        below = "" if candidate.taken else " below"
        section = chunk.heading[-1] if chunk.heading else ""
        stale = f'<span class="badge warn">{plain(passage.stale)}</span>' if passage.stale else ""
        return (
            f'<li class="candidate{below}"><div class="rank">{candidate.rank}</div><div class="found">'
            f"<h2>{parts.button(document.title, 'document', 'link', key=document.key, chunk=chunk.id)}</h2>"
            f'<p class="place">{plain(path)}{page} <span class="badge">{plain(document.audience)}</span>{stale}</p>'
            f'<div class="text">{markdown(text, hosts=())}</div><p class="why">{_why(candidate)}</p></div>'
            f'<dl class="ranks">{_figures(candidate)}</dl>'
            f"{parts.button(t('Expect this'), 'expect', document=document.id, section=section)}</li>"
        )


def _figures(candidate: Candidate) -> str:
    passage = candidate.passage
    rows = (
        (t("Words"), f"{passage.word_rank}." if passage.word_rank else "–"),
        (t("Meaning"), f"{passage.vector_rank}." if passage.vector_rank else "–"),
        (t("Cosine"), number(passage.similarity, 2) if passage.similarity is not None else "–"),
        (t("Score"), number(passage.score, 3)),
    )
    return "".join(f"<div><dt>{plain(name)}</dt><dd>{plain(value)}</dd></div>" for name, value in rows)


def _why(candidate: Candidate) -> str:
    """In words, what put it there."""
    passage, words = candidate.passage, ", ".join(candidate.shared)
    by_words = passage.word_rank and t("{rank}. by words ({words})", rank=passage.word_rank, words=words or "–")
    by_meaning = passage.vector_rank and t("{rank}. by meaning", rank=passage.vector_rank)
    if by_words and by_meaning:
        reason = t("Found both ways: {one}, {other}.", one=by_words, other=by_meaning)
    elif by_words:
        reason = t("Found by words alone: {one}. It is not among the nearest in meaning.", one=by_words)
    elif words:
        reason = t("Found by meaning alone: {one}. It shares: {words}.", one=by_meaning, words=words)
    else:
        reason = t("Found by meaning alone: {one}. It shares no word with the question.", one=by_meaning)
    return plain(reason)


def _elsewhere() -> str:
    """For a source that is not among the candidates, which is when a test is worth most."""
    return (
        f'<form class="panel elsewhere" data-act="expect"><h2>{t("The right source is not in the list?")}</h2>'
        + parts.field(t("Document id"), "document", extra=" required")
        + parts.field(t("Section (empty: any)"), "section")
        + f'<button class="quiet">{t("Save as a test")}</button></form>'
    )
