"""What refreshes do to the noise of each law: who is drawn again, how often, and what stays.

Every statistical test has a false-alarm rate of at most 1e-4 in all.
"""

from __future__ import annotations

import pytest
import torch
from scipy import stats

from udm_lessons.destroy import Blur, Cold, Deletion, Editing, Gaussian, Masking, Replacement, Trig
from udm_lessons.rebuild import Mixture

from worlds.statistics import assert_plausible, chi2, rng, tally

PAD, V, WIDTH, N = 9, 4, 3, 20_000
PROCESSES = {
    "normal": Gaussian(Trig()),
    "blur": Blur((WIDTH,)),
    "uniform": Masking(9),
    "deletion": Deletion(PAD),
    "pair": Replacement(V),
    "edit": Editing(PAD, V),
}


def data(name: str, n: int = N) -> torch.Tensor:
    return torch.zeros(n, WIDTH, dtype=torch.float64 if name in ("normal", "blur") else torch.int64)


def parts(noise) -> tuple[torch.Tensor, ...]:
    return (noise,) if isinstance(noise, torch.Tensor) else tuple(noise)


def changed(name: str, before, after) -> list[torch.Tensor]:
    """Which coordinates were drawn again, by their thresholds, which then differ for sure: (n, width) each."""
    moved = [a != b for a, b in zip(parts(before), parts(after), strict=True)]
    # Spare tokens and second thresholds belong to the first one: they may only move together with it.
    groups = {"pair": [(0, 1)], "edit": [(0, 1, 2), (3, 4)]}.get(name, [(0,)])
    for first, *others in groups:
        for other in others:
            assert not bool((moved[other] & ~moved[first]).any())
    return [moved[first] for first, *_ in groups]


@pytest.mark.parametrize("redraw", [0.0, 0.3, 0.85, 1.0])
@pytest.mark.parametrize("name", PROCESSES)
def test_every_coordinate_is_drawn_again_by_a_coin_of_its_own(name: str, redraw: float) -> None:
    """Patterns over a row beside products of coins; one coin for a row, or that of 1 - redraw, is refused."""
    process, x0 = PROCESSES[name], data(name)
    noise = process.sample_noise(x0, rng(1))
    after = Mixture(redraw)(process, noise, 0.6, 0.3, rng(2))
    p_values = []
    for moved in changed(name, noise, after):
        seen = tally(moved.long())

        def coins(chance: float, width: int = moved.shape[1]) -> dict[tuple, float]:
            cells = torch.cartesian_prod(*[torch.arange(2)] * width).tolist()
            return {tuple(c): chance ** sum(c) * (1 - chance) ** (width - sum(c)) for c in cells}

        p_values.append(chi2(seen, coins(redraw)))
        if 0 < redraw < 1:
            width = moved.shape[1]
            together = {(1,) * width: redraw, (0,) * width: 1 - redraw}
            assert chi2(seen, coins(1 - redraw)) < 1e-6 and chi2(seen, together) < 1e-6
    assert_plausible(p_values)


def test_a_token_drawn_again_may_be_the_same() -> None:
    """Thresholds stay; a token differs with chance redraw (1 - 1 / V), not redraw. A chance for each sample too."""
    law = PROCESSES["pair"].noise_law
    noise = law.sample(data("pair"), rng(3))
    one, each = 0.4, torch.tensor([0.1, 0.9], dtype=torch.float64).repeat(N // 2)[:, None]
    p_values = []
    for redraw, chances in ((one, [0.4]), (each, [0.1, 0.9])):
        after = law.redraw_token(noise, redraw, rng(4))
        assert torch.equal(after.threshold, noise.threshold)
        for k, chance in enumerate(chances):
            differs = (after.token != noise.token)[k :: len(chances)]
            test = lambda p: stats.binomtest(int(differs.sum()), differs.numel(), p).pvalue  # noqa: B023, E731
            p_values.append(test(chance * (1 - 1 / V)))
            assert test(chance) < 1e-6  # control
    assert_plausible(p_values)


def test_without_noise_there_is_nothing_to_draw_again() -> None:
    process, x0 = Cold(lambda x0, t: (1 - t) * x0), torch.ones(5, 2)
    residual = process.sample_noise(x0)
    assert torch.equal(Mixture(0.5)(process, residual, 0.6, 0.3, rng(0)), torch.zeros_like(x0))
