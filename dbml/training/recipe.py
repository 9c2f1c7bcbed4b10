"""How a model is made: a file, or the same as the version that serves (pure).

::

    [estimator]
    like = "churn@3"                      # an unfitted clone; nothing said: of the version that serves
    class = "sklearn.linear_model.LogisticRegression"     # or a class by its import path
    parameters = { C = 0.1 }
    entry = "shop.churn:estimator"        # or a function of your own that returns an unfitted estimator

    [[candidate]]                         # in place of [estimator]: several, of which the best is taken
    class = "sklearn.linear_model.LogisticRegression"
    search = { C = [0.01, 0.1, 1.0] }     # values of parameters that are tried
    tries = 10                            # so many of them, at random; all if there are fewer
    halving = true                        # the many on few rows, and on more rows those that do well

    [data]
    window = "365 days"                   # predictions made so long before the last day; all unless said
    half_life = "90 days"                 # a prediction so old has half the weight; none unless said
    resample = false                      # whether rows are drawn by their weights where an estimator takes none

    [history]                             # where the log does not reach: features counted again from the events
    moments = { "public.complaint" = "created_at", "public.customer" = "joined_on" }
    unchanged = ["plan"]                  # columns that no event counts, and that are what they always were
    every = "30 days"                     # the whole profile so often, or at = ["2026-01-01"]; else at each event

    [test]
    split = "time"                        # the latest predictions, or "entity": entities of their own
    share = 0.5                           # of them judge,
    blocks = 4                            # in so many turns: each is answered by a fit on what came before it
    segments = ["plan"]                   # features in whose groups the challenger may not be worse
    margin = 0.02                         # … by more than this, in the loss that is compared
    bias = 0.01                           # how far the mean answer may be off the mean outcome; not asked unless said
    slower = 3.0                          # how many times as long a score may take in the server; as above
    larger = 3.0                          # how many times as large the file may be; as above

    [feedback]                            # where scores lead to actions, such as a call or a discount
    decisions = "select customer_id, decided_at, offered, probability from public.decision"
    within = "1 day"                      # so long after a prediction its decision may come
    learn_from = "untouched"              # or "acted": only rows like that, by inverse propensity; all unless said

    [promote]
    strategy = "canary"                   # how a better version begins; at once for everyone unless said
    share = 10

    [retrain]                             # when it is due; never unless said
    every = "7 days"                      # so long after the last time
    drift = true                          # as soon as drift is certain
    worse = 0.05                          # as soon as the log loss is so much above that of the test
"""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from dbml.errors import TrainingError
from dbml.training.past import History

_TABLES = {
    "estimator": ("like", "class", "parameters", "entry"),
    "candidate": ("like", "class", "parameters", "entry", "search", "tries", "halving"),
    "data": ("window", "half_life", "resample"),
    "history": ("moments", "unchanged", "every", "at"),
    "test": ("split", "share", "blocks", "segments", "margin", "bias", "slower", "larger"),
    "feedback": ("decisions", "within", "learn_from"),
    "promote": ("strategy", "share", "steps", "hold", "where"),
    "retrain": ("every", "drift", "worse"),
}


LIMITS = ("bias", "slower", "larger")


@dataclass(frozen=True)
class Maker:
    """How one estimator is made: what ``[estimator]`` or a ``[[candidate]]`` says.

    :param search: parameter → values that are tried.
    :param tries: how many of them.
    :param halving: whether most are tried on few rows only.
    """

    like: str | None = None
    path: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    entry: str | None = None
    search: dict[str, list[Any]] = field(default_factory=dict)
    tries: int = 10
    halving: bool = False

    @property
    def clones(self) -> bool:
        """Whether it is a clone of a stored version."""
        return not (self.path or self.entry)

    def __str__(self) -> str:
        return self.entry or (self.path or "").rpartition(".")[2] or f"like {self.like or 'what serves'}"


@dataclass(frozen=True)
class Recipe:
    """What a recipe says; the module's docstring has an example.

    :param candidates: estimators of which the best is taken; none: the one that the recipe's own fields make.
    :param seed: for whatever is random: the split by entities, and every ``random_state`` that is not set.
    """

    like: str | None = None
    path: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    entry: str | None = None
    window: str | None = None
    half_life: str | None = None
    resample: bool = False
    split: str = "time"
    share: float = 0.5
    blocks: int = 4
    segments: tuple[str, ...] = ()
    margin: float = 0.0
    bias: float | None = None
    slower: float | None = None
    larger: float | None = None
    promote: dict[str, Any] = field(default_factory=dict)
    every: str | None = None
    drift: bool = False
    worse: float | None = None
    candidates: tuple[Maker, ...] = ()
    decisions: str | None = None
    decided_within: str = "1 day"
    learn_from: str | None = None
    history: History | None = None
    seed: int = 0

    @property
    def makers(self) -> tuple[Maker, ...]:
        """How each estimator is made that may become the version."""
        return self.candidates or (Maker(self.like, self.path, self.parameters, self.entry),)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON, as it is kept with the version: how it is made, and not when."""
        kept = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in _TABLES["retrain"]}
        kept |= {"candidates": [asdict(one) for one in self.candidates]}
        kept |= {"history": self.history.as_dict() if self.history else None}
        # A recipe of a release that knew neither reads the same.
        left = [] if self.candidates else ["candidates"]
        left += [] if self.resample else ["resample"]
        left += [name for name in LIMITS if getattr(self, name) is None]
        left += [] if self.history else ["history"]
        left += [] if self.decisions else ["decisions", "decided_within", "learn_from"]
        return {name: value for name, value in kept.items() if name not in left}


def read(file: Path) -> Recipe:
    """Read a recipe.

    :raises TrainingError: it is no TOML, or says what no recipe says.
    """
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainingError(f"{file} cannot be read: {error.strerror}", "Name the recipe's file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{file} is no TOML: {error}", "docs/training.md has an example.") from None
    return parse(said, str(file))


def parse(said: dict[str, Any], source: str) -> Recipe:
    """Make a recipe of what its file says.

    :param source: what messages call it.
    :raises TrainingError: a table or a key that no recipe has, or a value of another type.
    """

    def refuse(what: str, hint: str) -> TrainingError:
        return TrainingError(f"{source}: {what}", hint)

    for name, table in said.items():
        if name == "seed":
            continue
        if name not in _TABLES:
            raise refuse(f"there is no [{name}] in a recipe", f"There are {', '.join(_TABLES)} and seed.")
        for part in table if isinstance(table, list) else [table]:
            if not isinstance(part, dict) or isinstance(table, list) != (name == "candidate"):
                raise refuse(
                    f"{name} is {table!r}",
                    f"Write a table: [[{name}]]." if name == "candidate" else f"Write a table: [{name}].",
                )
            for key in part:
                if key not in _TABLES[name]:
                    raise refuse(f"[{name}] has no {key}", f"It has {', '.join(_TABLES[name])}.")
    estimator, data, test = (said.get(name, {}) for name in ("estimator", "data", "test"))
    feedback = said.get("feedback", {})
    candidates = tuple(_maker(one, "[[candidate]]", refuse) for one in said.get("candidate", []))
    if candidates and estimator:
        raise refuse("there is an [estimator] beside candidates", "Make it one of them.")
    maker = _maker(estimator, "[estimator]", refuse)
    recipe = Recipe(
        like=maker.like,
        path=maker.path,
        parameters=maker.parameters,
        entry=maker.entry,
        candidates=candidates,
        decisions=feedback.get("decisions"),
        decided_within=feedback.get("within", "1 day"),
        learn_from=feedback.get("learn_from"),
        window=data.get("window"),
        half_life=data.get("half_life"),
        resample=bool(data.get("resample", False)),
        split=test.get("split", "time"),
        share=test.get("share", 0.5),
        blocks=test.get("blocks", 4),
        segments=tuple(test.get("segments", ())),
        margin=test.get("margin", 0.0),
        **{name: test.get(name) for name in LIMITS},
        promote=said.get("promote", {}),
        **said.get("retrain", {}),
        history=_history(said["history"], refuse) if "history" in said else None,
        seed=said.get("seed", 0),
    )
    if recipe.split not in ("time", "entity"):
        raise refuse(f"[test] split is {recipe.split!r}", 'Say "time" or "entity".')
    if not isinstance(recipe.share, (int, float)) or not 0 < recipe.share < 1:
        raise refuse(f"[test] share is {recipe.share!r}", "Give a number between 0 and 1, such as 0.5.")
    if not isinstance(recipe.blocks, int) or isinstance(recipe.blocks, bool) or recipe.blocks < 1:
        raise refuse(f"[test] blocks is {recipe.blocks!r}", "Give a number such as 4; 1 fits once.")
    if not isinstance(recipe.margin, (int, float)) or recipe.margin < 0:
        raise refuse(f"[test] margin is {recipe.margin!r}", "Give a number that is not negative, such as 0.02.")
    for name in LIMITS:
        limit = getattr(recipe, name)
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, (int, float)) or limit <= 0):
            raise refuse(f"[test] {name} is {limit!r}", "Give a number above 0, such as 3.0; 0.01 for a bias.")
    if recipe.learn_from not in (None, "acted", "untouched") or (recipe.learn_from and not recipe.decisions):
        raise refuse(
            f"[feedback] learn_from is {recipe.learn_from!r}",
            'Say "acted" or "untouched", and give decisions beside it.',
        )
    if recipe.worse is not None and (isinstance(recipe.worse, bool) or not recipe.worse >= 0):
        raise refuse(f"[retrain] worse is {recipe.worse!r}", "Give a difference of losses, such as 0.05.")
    return recipe


def _history(said: dict[str, Any], refuse: Callable[[str, str], TrainingError]) -> History:
    moments, unchanged, at = said.get("moments", {}), said.get("unchanged", []), said.get("at", [])
    if not isinstance(moments, dict) or not all(isinstance(text, str) for text in moments.values()):
        raise refuse(f"[history] moments is {moments!r}", 'Write moments = { "public.complaint" = "created_at" }.')
    for name, value in (("unchanged", unchanged), ("at", at)):
        if not isinstance(value, list):
            raise refuse(f"[history] {name} is {value!r}", f"Write a list: {name} = [{value!r}].")
    if said.get("every") and at:
        raise refuse("[history] says both every and at", "Say one of them.")
    return History(moments, unchanged, said.get("every"), at)


def _maker(said: dict[str, Any], where: str, refuse: Callable[[str, str], TrainingError]) -> Maker:
    if sum(key in said for key in ("like", "class", "entry")) > 1:
        raise refuse(f"{where} says more than one of like, class and entry", "Say one of them.")
    if "parameters" in said and "entry" in said:
        raise refuse(f"{where} has parameters for an entry", "Set them inside that function.")
    search = said.get("search", {})
    if not isinstance(search, dict) or not all(isinstance(values, list) and values for values in search.values()):
        raise refuse(f"{where} search is {search!r}", "Give values for parameters: search = { C = [0.1, 1.0] }.")
    maker = {key: value for key, value in said.items() if key != "class"}
    return Maker(**maker, path=said.get("class"))


def named(path: str) -> Any:
    """What a path such as ``sklearn.svm.SVC`` or ``shop.churn:estimator`` names.

    :raises TrainingError: there is no such thing here.
    """
    module, _, name = path.partition(":") if ":" in path else path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise TrainingError(f"{path} cannot be had: {error}", "Install it here, or correct the recipe.") from None
