"""The settings of a law over whole answers: always the same examples, and no time spent on making a failure smaller."""

from hypothesis import HealthCheck, Phase, settings


def law_of(examples: int) -> settings:
    """The settings of a law that is tried with a number of examples."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
