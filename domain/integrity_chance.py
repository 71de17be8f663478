"""What chance alone would give: jumps dealt anew, many questions asked at once, and how far a ratio may be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SEED = 20220822  # fixed, so that the same history gives the same figures
MOST, LEAST = 9_999, 999  # times chance is tried
WORK = 20_000_000  # numbers drawn or kept at most: with very many jumps chance is tried fewer times


class Pool(msgspec.Struct, frozen=True):
    """Among whom a jump is dealt: labels, and the share of each; shares add up to 1."""

    labels: Ints
    shares: Floats


class Dealt(msgspec.Struct, frozen=True):
    """What chance gave each label.

    Attributes:
        observed, expected, low, high: sums of weights; low to high holds 95 of 100 tries.
        p: share of tries with at least as much as observed, itself counted among them, so never 0.
        tested: whether the label was in any pool; of others chance says nothing.
        permutations: tries.
    """

    observed: Floats
    expected: Floats
    low: Floats
    high: Floats
    p: Floats
    tested: npt.NDArray[np.bool_]
    permutations: int


def pool(labels: Ints, weights: Floats | None = None) -> Pool:
    """A pool of labels, each as often as it stands there or by weight."""
    known, place = np.unique(labels, return_inverse=True)
    sums = np.bincount(place, weights=weights, minlength=len(known)).astype(np.float64)
    return Pool(known, sums / sums.sum())


def deal(weights: Floats, owners: Ints, pools: Sequence[Pool], count: int) -> Dealt:
    """Deal every jump anew among those of its pool, many times, and see how much each label gets.

    Args:
        weights: places of each jump.
        owners: label each jump has in truth.
        pools: among whom each is dealt.
        count: how many labels there are.
    """
    tries = int(np.clip(WORK // max(len(weights), count, 1), LEAST, MOST))
    rng = np.random.default_rng(SEED)
    sums, every = np.zeros((tries, count), np.float32), np.arange(tries)
    expected, tested = np.zeros(count), np.zeros(count, np.bool_)
    for weight, one in zip(weights, pools, strict=True):
        expected[one.labels] += weight * one.shares
        tested[one.labels] = True
        drawn = np.searchsorted(np.cumsum(one.shares)[:-1], rng.random(tries), side="right")
        sums[every, one.labels[drawn]] += weight
    observed = np.bincount(owners, weights=weights, minlength=count).astype(np.float64)
    low, high = np.quantile(sums, (0.025, 0.975), axis=0) if len(weights) else np.zeros((2, count))
    p = (1 + (sums >= observed - 1e-6).sum(axis=0)) / (tries + 1)
    return Dealt(observed, expected, low, high, p, tested, tries)


def bounded(p: Floats) -> Floats:
    """q-values: the share of false findings expected when all with as small a p are called found."""
    from scipy import stats  # type: ignore[import-untyped]  # a second to load, and no start has need of it

    return np.asarray(stats.false_discovery_control(p)) if len(p) else p


def ratio_interval(count: int, expected: float) -> tuple[float, float]:
    """95 % interval of count / expected, exact for a count of Poisson's; wider than needed for a bounded one."""
    from scipy import stats

    low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return float(low) / expected, float(stats.chi2.ppf(0.975, 2 * count + 2)) / 2 / expected


def upper_quantile(ordered: Floats, share: float) -> tuple[float, float]:
    """A quantile of sorted values, and the upper end of its 95 % interval; infinite when they are too few for one."""
    from scipy import stats

    place = int(stats.binom.ppf(0.975, len(ordered), share))
    upper = float(ordered[place]) if place < len(ordered) else np.inf
    return float(np.quantile(ordered, share)), upper
