"""Decides what follows from the verdicts: accept, another tier, or say that the documents do not answer.

Total: every report has a decision, and a blocked answer is never accepted. Topics that a person must
answer are recognised by the words that ``policies/escalation.yaml`` lists, before any model is asked; it does not
recognise what those words do not say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.errors import HandedOff, ModelUnavailable
from assistant.pipeline.results import Decision, Guarded, Report
from assistant.policy import Escalation, Output, Tier, Tiers
from assistant.values import Citation, Passage, sentence

if TYPE_CHECKING:
    from assistant.pipeline.results import Draft
    from assistant.pipeline.story import Story

MAX_WITHHELD = 0.34
CHECKED = sentence("An answer was made, but it did not pass its checks. A colleague will answer here.")
ACTIONS = {"accept": sentence("accept"), "retry": sentence("retry"), "abstain": sentence("abstain")}


@dataclass(frozen=True)
class Escalate:
    """Rules over policies; stateless."""

    tiers: Tiers
    output: Output
    policy: Escalation

    def __call__(self, report: Report, draft: Draft, story: Story) -> Decision:
        """What to do with one attempt."""
        if draft.abstains:
            return self._abstain(sentence("the documents do not say"), story)
        wanted = {v.action for v in (*draft.verdicts, *report.verdicts) if not v.passed}
        if "hand_over" in wanted:
            group, hours = self.policy.person_for("blocked")
            raise HandedOff(CHECKED, "an answer that did not pass its checks", group, hours)
        if "abstain" in wanted:
            return self._abstain(sentence("its answer did not pass the checks"), story)
        total = len(draft.kept) + len(draft.withheld)
        share = len(draft.withheld) / total if total else 1.0
        if report.blocked or report.empty or "retry" in wanted or share > MAX_WITHHELD:
            why = sentence("its answer did not pass the checks")
            stronger = self._next(story, up_only=True)
            if stronger is not None:
                return Decision(
                    "retry",
                    f"{stronger.name}: " + sentence(f"its answer on {story.attempts[-1]} did not pass the checks"),
                    stronger.name,
                )
            return self._abstain(why, story)
        if report.band == "hand_over":
            return Decision("accept", sentence("low confidence"), offer_person=True)
        return Decision("accept", sentence("all checks passed"), offer_person=bool(draft.withheld))

    def note(self, decision: Decision) -> str:
        """One line for the timeline."""
        return f"{ACTIONS[decision.action]}: {decision.reason}"

    def unavailable(self, error: ModelUnavailable, story: Story) -> Decision:
        """Another tier for one that is down; raises ``error`` when there is none."""
        tier = error.tier or (story.route.tier if story.route else "")
        story.attempts.append(tier)
        other = self._next(story, up_only=False)
        if other is None:
            raise ModelUnavailable(
                f"No model can answer at the moment. {error} Your question is on record; "
                "try again in a few minutes or ask a person.",
                tier,
            ) from error
        return Decision("retry", f"{other.name}: " + sentence(f"{tier} was skipped. {error}"), other.name)

    def topic(self, guarded: Guarded) -> None:
        """Raises HandedOff when the question is on a topic that a person must answer."""
        said = " ".join(guarded.masked.text.lower().replace("’", "'").split())
        for rule in self.policy.rules:
            if rule.when != "topic":
                continue
            if any(re.search(rf"\b{re.escape(word.lower())}\b", said) for word in rule.words):
                raise HandedOff(rule.text, rule.topic, rule.group, rule.respond_hours)

    def _next(self, story: Story, *, up_only: bool) -> Tier | None:
        """The next tier that is another model than those tried: upwards first, then downwards."""
        by_name = {t.name: t for t in self.tiers.tiers}
        tried = {(by_name[n].backend, by_name[n].model, by_name[n].base_url) for n in story.attempts if n in by_name}
        names = list(by_name)
        last = names.index(story.attempts[-1]) if story.attempts and story.attempts[-1] in names else -1
        order = names[last + 1 :] + ([] if up_only else list(reversed(names[: max(last, 0)])))
        for name in order:
            tier = by_name[name]
            if (tier.backend, tier.model, tier.base_url) not in tried:
                return tier
        return None

    def _abstain(self, reason: str, story: Story) -> Decision:
        text = sentence("The documents that you may read do not answer this.")
        if story.question is not None and not story.question.stands_alone:
            text = sentence("I cannot tell what your question refers to. Please ask it again with the topic in it.")
            return Decision("abstain", sentence("the question does not stand alone"), offer_person=True, text=text)
        near = [p for p in story.passages if p.similarity is not None and p.similarity > 0.45][:1]
        if not near:
            return Decision("abstain", reason, offer_person=True, text=text)
        passage = near[0]
        where = " › ".join((passage.document.title, *passage.chunk.heading))
        return Decision(
            "abstain",
            reason,
            offer_person=True,
            text=sentence(f"{text} The closest I found is *{where}* [1]."),
            citations=(_nearest(passage),),
        )


def _nearest(passage: Passage) -> Citation:
    return Citation(
        1,
        passage.chunk.id,
        passage.document.key,
        passage.document.title,
        passage.chunk.heading,
        passage.chunk.page,
        stale=passage.stale,
    )
