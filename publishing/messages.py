"""What a publication says that somebody should look at, and when that goes again.

It holds one message: what comes later takes the place of what was there.
"""

from collections.abc import Sequence
from typing import Final

from publishing import sending
from publishing.models import Publication, Step
from publishing.outcomes import Refused
from publishing.problems import Problem

OF_ANY_STEP: Final = (
    Problem.FORBIDDEN,
    Problem.UNEXPECTED,
    Problem.DISCONNECTED,
    Problem.ORGANISATION_CHANGED,
)


def put(publication: Publication, outcome: Refused) -> None:
    publication.problem_code = outcome.code
    publication.problem = outcome.text
    publication.save(update_fields=["problem_code", "problem"])


def differ(
    publication: Publication,
    differences: Sequence[str],
    problem: Problem = Problem.TOTAL_DIFFERS,
) -> None:
    if differences:
        put(publication, Refused(problem, problem.over(differences)))


def forget_document(publication: Publication) -> None:
    """The message goes when its cause is mended; of what may concern any step, unless
    another one was not taken. What it had taken the place of comes back."""
    problems = [each for each in Problem if each.field == "document"]
    refused = publication.steps.filter(state=Step.State.REFUSED)
    if not refused.exists():
        problems += OF_ANY_STEP
    if forget(publication, [each.code for each in problems]):
        left = refused.filter(kind=Step.Kind.SENT, sent_at=None).exists()
        problem = Problem.LEFT_DRAFT if left else Problem.TOTAL_DIFFERS
        differ(publication, sending.differences(publication), problem)


def forget(publication: Publication, codes: list[str]) -> bool:
    """Whether it was one of them."""
    forgotten = Publication.unscoped.filter(
        pk=publication.pk, problem_code__in=codes
    ).update(problem_code="", problem="")
    return bool(forgotten)
