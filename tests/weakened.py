"""The negative control of a test: a twin of it, in which one check of the product is taken away, has to fail.

    @weakened("without an end to idle time", sessions, "idle_limit", lambda: timedelta(days=9))
    def test_whoever_does_nothing_is_signed_out(...): ...

gives the test `test_whoever_does_nothing_is_signed_out[without an end to idle time]`. It runs the same words while
`sessions.idle_limit` is the other one, and passes only if they then say no: by a failed assertion, or by a
`pytest.raises` that waited in vain. Any other error proves nothing and is an error of the twin, unless it is named
(`by`): the product's own word to somebody whom it should have let through.

Several may stand above one test, and one among the `marks` of a `pytest.param`. Where `target` is a dictionary,
`name` is its key. In place of a target and a name stands what makes a context in which the check is away: `reworded`,
for a rule inside a function, `together`, for one that is kept twice, or a function of one's own. `only` names the parameters of the test (as they stand in its
name) under which the check matters. What fixtures do is done before, with every check in its place.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from _pytest.python import CallSpec

NOTICED = (AssertionError, pytest.fail.Exception)


@dataclass(frozen=True)
class Weakening:
    what: str
    away: Callable[[], AbstractContextManager[Any]]
    only: tuple[str, ...]
    by: tuple[type[BaseException], ...]

    def concerns(self, parameters: str) -> bool:
        return not self.only or parameters in self.only

    def of(self, test: Callable[..., Any], name: str) -> Callable[..., None]:
        """The test as it is run by its twin."""

        def twin(**fixtures: Any) -> None:
            try:
                with self.away():
                    test(**fixtures)
            except (*NOTICED, *self.by):
                return
            pytest.fail(f"{name} does not notice what is away: {self.what}")

        return twin


def weakened(
    what: str,
    target: Any,
    name: Any = None,
    replacement: Any = None,
    *,
    only: str | Iterable[str] = (),
    by: type[BaseException] | tuple[type[BaseException], ...] = (),
) -> pytest.MarkDecorator:
    """A twin of the test below that has to fail `what`: without this, or with that other thing."""
    away = target if name is None else replaced(target, name, replacement)
    only = (only,) if isinstance(only, str) else tuple(only)
    return pytest.mark.weakened.with_args(Weakening(what, away, only, by if isinstance(by, tuple) else (by,)))


def reworded(function: Callable[..., Any], *changes: tuple[str, str]) -> Callable[[], AbstractContextManager[None]]:
    """Away is a rule inside a function, wherever it was imported or wrapped: `changes` are (what stands there, what
    would stand there). Not for a method that says `super()`."""
    inner = inspect.unwrap(function)
    tree = ast.parse(instead(textwrap.dedent(inspect.getsource(inner)), *changes))
    (words,) = tree.body
    words.decorator_list = []
    made: dict[str, Any] = {}
    exec(compile(tree, f"<{inner.__qualname__}, reworded>", "exec"), inner.__globals__, made)
    return replaced(inner, "__code__", made[inner.__name__].__code__)


def instead(text: str, *changes: tuple[str, str]) -> str:
    """A text with other words in it: each of `changes` stands there once."""
    for old, new in changes:
        assert text.count(old) == 1, f"{text.count(old)} times: {old}"
        text = text.replace(old, new)
    return text


def together(*aways: Callable[[], AbstractContextManager[None]]) -> Callable[[], AbstractContextManager[None]]:
    """For a rule that is kept twice: each of these away at once."""

    @contextmanager
    def away():
        with ExitStack() as stack:
            for each in aways:
                stack.enter_context(each())
            yield

    return away


def replaced(target: Any, name: Any, replacement: Any) -> Callable[[], AbstractContextManager[None]]:
    """Another thing under this name."""

    @contextmanager
    def away():
        with pytest.MonkeyPatch.context() as patch:
            if isinstance(target, Mapping):
                assert name in target
                patch.setitem(target, name, replacement)
            else:
                patch.setattr(target, name, replacement)
            yield

    return away


def twins(test: pytest.Function) -> list[pytest.Function]:
    """The twins of a test, for the hook that collects."""
    spec = getattr(test, "callspec", CallSpec())
    weakenings = [mark.args[0] for mark in test.iter_markers("weakened")]
    return [_twin(test, spec, each) for each in weakenings if each.concerns(spec.id)]


def _twin(test: pytest.Function, spec: CallSpec, weakening: Weakening) -> pytest.Function:
    spec = replace(spec, _idlist=[", ".join(filter(None, [spec.id, weakening.what]))])
    made = pytest.Function.from_parent(
        test.parent,
        name=f"{test.originalname}[{spec.id}]",
        originalname=test.originalname,
        callspec=spec,
        fixtureinfo=test._fixtureinfo,
    )
    made.obj = weakening.of(made.obj, test.name)
    return made
