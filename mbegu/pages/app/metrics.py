"""What the engine has done, in the text form that Prometheus reads (prometheus.io/docs/instrumenting/exposition_formats)."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mbegu.asking.together import Engine


def exposition(engine: "Engine") -> str:
    """Counters since the start, and who is there now."""
    answering, waiting = engine.load()
    told = engine.told  # copied before it is gone through: the engine adds models to it meanwhile
    answers = [(_labels(model=name, finish=how), count) for (name, how), count in dict(told.answers).items()]
    tokens = [(_labels(model=name), count) for name, count in dict(told.tokens).items()]
    lines = [
        *_metric("mbegu_answers_total", "counter", "Whole answers.", answers),
        *_metric("mbegu_tokens_total", "counter", "Tokens of whole answers.", tokens),
        *_metric("mbegu_first_token_seconds_total", "counter", "Seconds to all first tokens.", [("", told.first[1])]),
        *_metric("mbegu_first_tokens_total", "counter", "First tokens.", [("", told.first[0])]),
        *_metric("mbegu_switch_seconds_total", "counter", "Seconds of changes of the model.", [("", told.switches[1])]),
        *_metric("mbegu_switches_total", "counter", "Changes of the model.", [("", told.switches[0])]),
        *_metric("mbegu_answering", "gauge", "Questions being answered.", [("", answering)]),
        *_metric("mbegu_waiting", "gauge", "Questions that wait.", [("", waiting)]),
    ]
    return "\n".join(lines) + "\n"


def _metric(name: str, kind: str, help_: str, samples: Sequence[tuple[str, float]]) -> Iterator[str]:
    yield f"# HELP {name} {help_}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        yield f"{name}{labels} {value}"


def _labels(**values: str) -> str:
    said = ",".join(f'{key}="{_escaped(value)}"' for key, value in values.items())
    return f"{{{said}}}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
