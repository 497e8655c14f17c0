"""All checks on answers, in the order in which they judge, each with the action that the policy names for it."""

from __future__ import annotations

from assistant.policy import Policies
from assistant.validators.citations import Citations
from assistant.validators.form import Form
from assistant.validators.grounding import Grounding
from assistant.validators.language import Language
from assistant.validators.leaks import Leaks
from assistant.validators.links import Links
from assistant.validators.piece import AnswerCheck
from assistant.values import PersonalData


def answer_checks(personal: PersonalData, policies: Policies) -> tuple[AnswerCheck, ...]:
    """What must never leave comes first, then form, then whether it is true to its passages."""
    act = policies.output.action
    return (
        Leaks(personal, policies.pii, action=act("leaks")),
        Links(tuple(policies.output.link_hosts), action=act("links")),
        Form(action=act("form")),
        Language(action=act("language")),
        Citations(action=act("citations")),
        Grounding(policies.output.grounding_threshold, action=act("grounding")),
    )
