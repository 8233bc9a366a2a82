r"""The laws of a process, tried on the process itself: what a new corruption must satisfy to be sampled.

    1  repeatable    F_t and its inference depend on their arguments and the generator given, and on nothing else
    2  one by one    a sample in a batch, with a time of its own, is destroyed as it would be alone
    3  consistent    F_t(x0, eps_hat) = x_t for the inferred noise eps_hat
    4  noise         the inferred noise has the law q, for every x0
    5  refresh       q K = q for every refresh that the process allows
    6  marginal      with the true x0, a reverse step leads from the law of x_t to the law of x_s
    7  off support   a wrong guess of x0 is refused with ValueError, or explained exactly
    8  odds          log p(x_t | x0), if the process has one, says how often x_t came from which x0
    9  information   x_t tells x0 no better at a later time

With 3 and 4 the marginal follows for every refresh that satisfies 5; it is tried all the same. A symmetric F_t hides
a wrong inference from 6, and an inference that ignores x_t is hidden from 4 to 6: no law can be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from tqdm.auto import tqdm

from .._arrays import check_callable, check_probability, check_tensor, check_times, check_whole, home, in_float64
from ..destroy import ForwardProcess, check_process
from ..rebuild import Ddim, Interpolate, Keep, Markov, Mixture, Redraw, Reflect, Refresh, reverse_step
from .law_report import Law, LawReport
from .law_trial import ROWS, Trial
from .same_law import difference, odds_p_value, p_values, parts_of, rise_p_value, rows_of

REFRESHES = (Keep(), Redraw(), Markov(), Mixture(0.3), Interpolate(0.6), Ddim(0.5), Reflect())
_EXACT, _PAIRS, _NEIGHBOUR_MARGIN = 1e-9, 20, 0.05


def laws(
    process: ForwardProcess,
    data: Tensor,
    times: Sequence[float] | None = None,
    refreshes: Sequence[Refresh] = REFRESHES,
    draws: int = 2000,
    seed: int = 0,
    false_alarm: float = 1e-3,
    progress: bool = True,
) -> LawReport:
    """Tries the nine laws of a process on a few rows of data, and reports which are broken, and by how much.

    data         (n, ...), a row each; the first three are used for what is tried row by row
    times        decreasing times in (0, t_max]; four spread over the process if None
    refreshes    those that the process refuses with TypeError are left out, and named
    draws        samples for each comparison
    false_alarm  shared equally by all p-values of all laws; fewer than 0.1% of right processes are refused by default

    A law that holds here was not refuted by these rows, times and draws: no test proves a law. Numbers are tried
    in float64. Raises TypeError or ValueError for bad arguments; an error of the process itself is reported.
    """
    process = check_process(process)
    check_tensor(data, "data")
    if data.ndim < 2 or len(data) < 2:
        raise ValueError(f"data must hold at least two rows (n, ...); got shape {tuple(data.shape)}")
    if data.is_complex() or not bool(data.isfinite().all()):
        raise ValueError("data must hold real and finite numbers, or tokens")
    for refresh in refreshes:
        check_callable(refresh, "refreshes", "(process, noise, t, s, generator)")
    data = in_float64(data) if data.is_floating_point() else data.to(home(data.device))
    times = check_times(_spread(process) if times is None else times, process.t_max)
    if times[-1] <= 0:
        raise ValueError(f"times must be above 0; got {times[-1]:g}")
    draws, false_alarm = check_whole(draws, 100, "draws"), check_probability(false_alarm, "false_alarm")
    trial = Trial(process, data, times, tuple(refreshes), draws, check_whole(seed, 0, "seed"))
    found = []
    for name, law in tqdm(_LAWS.items(), desc="laws", disable=not progress, leave=False):
        found.append((name, *_tried(law, trial)))
    level = false_alarm / max(1, sum(len(values) for _, _, _, values in found))
    return LawReport(type(process).__name__, tuple(_judged(*one, level) for one in found), false_alarm)


def _spread(process: ForwardProcess) -> list[float]:
    shares = (0.95, 0.62, 0.3, 0.08)
    if process.t_max <= 1:
        return [process.t_max * share for share in shares]
    return sorted({max(1.0, float(round(process.t_max * share))) for share in shares}, reverse=True)


def _tried(law: Callable, trial: Trial) -> tuple[bool | None, str, list[float]]:
    """Whether it held but for chance, what was seen, and the p-values to judge by."""
    try:
        return law(trial)
    except Exception as error:  # the process is a stranger's: whatever it raises is a finding
        return False, f"{type(error).__name__}: {str(error)[:200]}", []


def _judged(name: str, holds: bool | None, seen: str, values: list[float], level: float) -> Law:
    if holds and values:
        least = min(values)
        seen += f"; least of {len(values)} p-values {least:.1e}, refused below {level:.1e}"
        holds = least >= level
    return Law(name, holds, seen)


def _repeatable(trial: Trial):
    x0, process, t = trial.some(), trial.process, trial.times[len(trial.times) // 2]
    state = torch.get_rng_state()
    noise = process.sample_noise(x0, trial.generator(3))
    x_t = process.forward(x0, noise, t)
    same = {
        "F_t gives another x_t for the same noise": difference(process.forward(x0, noise, t), x_t) == 0,
        "one seed gives two noises": _equal(process.sample_noise(x0, trial.generator(3)), noise),
        "one seed gives two inferences": _equal(
            *(process.infer_noise(x0, x_t, t, trial.generator(4)) for _ in range(2))
        ),
        "the global random numbers are used although a generator was given": torch.equal(torch.get_rng_state(), state),
        "x0 is changed in place": difference(x0, trial.some()) == 0,
    }
    wrong = [what for what, right in same.items() if not right]
    return not wrong, "; ".join(wrong) or "the same arguments give the same values", []


def _equal(a, b) -> bool:
    return max(difference(*pair) for pair in zip(parts_of(a), parts_of(b), strict=True)) == 0


def _one_by_one(trial: Trial):
    x0, process = trial.some(), trial.process
    low, high = trial.times[-1], trial.times[0]
    t = low + (high - low) * torch.rand(len(x0), generator=trial.generator(5), dtype=torch.float64)
    t = t.round() if process.t_max > 1 else t
    noise = process.sample_noise(x0, trial.generator(6))
    x_t, worst = process.forward(x0, noise, t), 0.0
    for k in range(0, len(x0), 7):
        one = slice(k, k + 1)
        alone = process.forward(x0[one], rows_of(noise, one), float(t[k]))
        worst = max(worst, difference(*trial.as_wide(alone, x_t[one])))
    return worst <= _EXACT, f"largest difference {worst:.1e}", []


def _consistent(trial: Trial):
    worst, process = 0.0, trial.process
    for k, t in enumerate(trial.times):
        x0 = trial.some()
        x_t = trial.x_t(x0, t, 10 + k)
        noise = process.infer_noise(x0, x_t, t, trial.generator(20 + k))
        worst = max(worst, difference(*trial.as_wide(process.forward(x0, noise, t), x_t)))
    return worst <= _EXACT, f"largest difference of F_t(x0, inferred noise) and x_t: {worst:.1e}", []


def _noise(trial: Trial):
    values, process = [], trial.process
    for k, t in enumerate(trial.times):
        for row, x0 in enumerate(trial.rows()):
            seed = 100 + 10 * k + row
            found = process.infer_noise(x0, trial.x_t(x0, t, seed), t, trial.generator(seed + 500))
            values += p_values(found, process.sample_noise(x0, trial.generator(seed + 1000)), trial.choices(seed))
    return True, f"inferred noise against noise ~ q at {len(trial.times)} times", values


def _refreshed(trial: Trial):
    values, process, x0 = [], trial.process, next(trial.rows())
    allowed = trial.allowed()
    for k, refresh in enumerate(allowed):
        for j, (t, s) in enumerate(zip(trial.times, trial.times[1:])):
            seed = 3000 + 10 * k + j
            noise = process.sample_noise(x0, trial.generator(seed))
            after = refresh(process, noise, t, s, trial.generator(seed + 500))
            values += p_values(after, process.sample_noise(x0, trial.generator(seed + 1000)), trial.choices(seed))
    refused = [str(refresh) for refresh in trial.refreshes if refresh not in allowed]
    named = f"; refused by the process: {', '.join(refused)}" if refused else ""
    return True, f"{len(allowed)} refreshes{named}", values


def _marginal(trial: Trial):
    values, process, allowed = [], trial.process, trial.allowed()
    for k, refresh in enumerate(allowed):
        for j, (t, s) in enumerate(zip(trial.times, trial.times[1:])):
            seed = 5000 + 10 * k + j
            row = trial.data[seed % min(ROWS, len(trial.data))]
            x0 = row.expand(trial.draws, *row.shape).contiguous()
            x_t = trial.x_t(x0, t, seed)
            x_s = reverse_step(process, x0, x_t, t, s, refresh, trial.generator(seed + 500))
            wanted = trial.x_t(x0, s, seed + 1000)
            values += p_values(*trial.as_wide(x_s, wanted), trial.choices(seed))
    return True, f"{len(allowed)} refreshes, {len(trial.times) - 1} steps each", values


def _off_support(trial: Trial):
    process, explained, refused = trial.process, 0, 0
    for k in range(_PAIRS):
        t = trial.times[k % len(trial.times)]
        true, guess = (trial.data[[(k + j) % len(trial.data)]] for j in (0, 1))
        x_t = trial.x_t(true, t, 7000 + k)
        try:
            noise = process.infer_noise(guess, x_t, t, trial.generator(8000 + k))
        except ValueError:
            refused += 1
            continue
        gap = difference(*trial.as_wide(process.forward(guess, noise, t), x_t))
        if gap > _EXACT:
            return False, f"a wrong guess at t = {t:g} is taken, and leads to another x_t (difference {gap:.1e})", []
        explained += 1
    return True, f"{explained} wrong guesses explained exactly, {refused} refused", []


def _odds(trial: Trial):
    first, second = trial.data[:1], trial.data[1:2]
    if difference(first, second) == 0:
        return None, "the first two rows of the data are equal", []
    values = []
    for k, t in enumerate(trial.times):
        x0 = torch.cat([first, second]).repeat_interleave(trial.draws, 0)
        x_t = trial.x_t(x0, t, 9000 + k)
        try:
            chance = trial.process.pairwise_log_likelihood(x_t, torch.cat([first, second]), t).double().softmax(1)[:, 0]
        except TypeError as error:
            return None, str(error), []
        values.append(odds_p_value(chance, torch.arange(2 * trial.draws) < trial.draws))
    return True, f"two rows at {len(trial.times)} times", values


def _information(trial: Trial):
    told, how = [], "chance of the true row given x_t"
    rows = trial.data.flatten(1).unique(dim=0).reshape(-1, *trial.data.shape[1:])[:16]
    if len(rows) < 2:
        return None, "all rows of the data are equal", []
    each = max(20, trial.draws // len(rows))
    label = torch.arange(len(rows), device=rows.device).repeat_interleave(each)
    for k, t in enumerate(reversed(trial.times)):  # from early to late
        x_t = trial.x_t(rows[label], t, 11_000 + k)
        try:
            chances = trial.process.pairwise_log_likelihood(x_t, rows, t).double().softmax(1)
            told.append(chances.gather(1, label[:, None])[:, 0])
        except TypeError:
            how = "share of x_t whose nearest neighbour has the same x0"
            told.append(_neighbours(trial, rows, label, x_t, t, k))
    margin = _NEIGHBOUR_MARGIN if "nearest" in how else 0.0
    values = [rise_p_value(a, (b - margin)) for a, b in zip(told, told[1:])]
    shares = ", ".join(f"{float(one.double().mean()):.2f}" for one in told)
    return True, f"{how}, early to late: {shares}", values


def _neighbours(trial: Trial, rows: Tensor, label: Tensor, x_t: Tensor, t: float, k: int) -> Tensor:
    """Whether the nearest of other draws comes from the same row; equal distances count by shares."""
    x_t, others = trial.as_wide(x_t, trial.x_t(rows[label], t, 12_000 + k))
    if x_t.is_floating_point():
        distances = torch.cdist(x_t.flatten(1), others.flatten(1))
    else:
        distances = torch.stack([(others != one).flatten(1).sum(1) for one in x_t]).double()
    nearest = (distances <= distances.min(1, keepdim=True).values).double()
    return (nearest * (label[:, None] == label)).sum(1) / nearest.sum(1)


_LAWS = {
    "repeatable": _repeatable,
    "one by one": _one_by_one,
    "consistent": _consistent,
    "noise": _noise,
    "refresh": _refreshed,
    "marginal": _marginal,
    "off support": _off_support,
    "odds": _odds,
    "information": _information,
}
