r"""Exact posteriors p(x0 | x_t): what a perfect network would know.

`FiniteData` knows the posterior over a data set under ANY process with a tractable likelihood.
`GaussianMixture` knows it in closed form under Gaussian noise, with mean, noise, score and velocity
each computed from a formula of its own, so that relations between them can be tested.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import wraps

import torch
from torch import Tensor

from .._arrays import (
    Generator,
    Time,
    align,
    blocks,
    check_floating,
    check_range,
    check_tensor,
    check_whole,
    choose,
    moved,
    normal,
    normal_like,
    precise,
    quoted,
    times_of,
    uniform,
    wide,
)
from ..destroy import ForwardProcess, Schedule, check_process, check_schedule, distances


def _joined(parts: list[Tensor]) -> Tensor:
    """`torch.cat`, without the copy where there is one part."""
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def _check_batch(x_t: Tensor) -> None:
    check_tensor(x_t, "x_t")
    if x_t.ndim < 2:
        raise ValueError(f"x_t must have shape (batch, ...); got {tuple(x_t.shape)}")


def _check_positive_entries(values: Tensor, n: int, name: str) -> None:
    """Raises TypeError or ValueError unless `values` is a tensor of n positive finite numbers."""
    check_floating(values, name)
    if values.shape != (n,) or not bool(((values > 0) & (values < math.inf)).all()):
        raise ValueError(f"{name} must be {n} positive numbers; got {quoted(values)}")


class FiniteData:
    r"""The exact posterior when x0 is one of n known rows: w_i \propto w_i^0 p(x_t | x_0 = d_i).

    One class serves digits under noise and names under deletion.

    data     (n, ...) tensor: images, tokens or padded strings
    process  any process with `log_likelihood`
    weights  prior probabilities of the rows, (n,); equal unless given

    Data in half precision is computed with in single. Methods raise ValueError if some x_t cannot come from any row of the data or holds NaN.
    Source: Lai et al. 2025, "The Principles of Diffusion Models", eq. 6.1.1, for Gaussian noise.
    """

    def __init__(self, data: Tensor, process: ForwardProcess, weights: Tensor | None = None):
        if not isinstance(data, Tensor) or data.ndim < 2 or len(data) == 0:
            raise ValueError("data must be a tensor of shape (n, ...) with n >= 1")
        check_process(process)
        if weights is not None:
            _check_positive_entries(weights, len(data), "weights")
        self.data = data
        self.process = process
        self._log_prior = 0.0 if weights is None else moved((weights / weights.sum()).log(), data.device)

    def weights(self, x_t: Tensor, t: Time) -> Tensor:
        r"""p(x_0 = d_i | x_t) = softmax_i \log p(x_t | d_i): shape (batch, n), rows sum to 1."""
        return _joined([weights for _, weights in self._weights(x_t, t)])

    def _weights(self, x_t: Tensor, t: Time) -> Iterator[tuple[slice, Tensor]]:
        """Parts of the batch with their weights, one block in memory at a time."""
        _check_batch(x_t)
        align(t, x_t)
        for part in blocks(len(x_t), len(self.data)):
            log_weights = self.process.pairwise_log_likelihood(x_t[part], self.data, times_of(t, part))
            log_weights = log_weights + self._log_prior
            # Negated, so that NaN counts as unreachable too.
            unreachable = ~(log_weights.amax(1) > -math.inf)
            if bool(unreachable.any()):
                bad = part.start + int(unreachable.nonzero()[0])
                raise ValueError(f"x_t must be reachable from some row of the data; sample {bad} is not")
            yield part, log_weights.softmax(1)

    def sample_x0(self, x_t: Tensor, t: Time, generator: Generator = None) -> Tensor:
        """x0 ~ p(x0 | x_t), exactly: rows of the data, shape (batch, ...)."""
        _check_batch(x_t)
        u = uniform((len(x_t), 1), generator, x_t.device)
        rows = [choose(weights, u[part], "x_t") for part, weights in self._weights(x_t, t)]
        return self.data[torch.cat(rows)]

    def _moments(self, x_t: Tensor, t: Time) -> Iterator[tuple[Tensor, Tensor]]:
        """Weights and E[x0 | x_t], flattened, of parts of the batch."""
        check_floating(self.data, "data")
        for _, weights in self._weights(x_t, t):
            data = wide(self.data)
            weights = weights.to(data.dtype)
            yield weights, torch.tensordot(weights, data, dims=1).flatten(1)

    def x0_mean(self, x_t: Tensor, t: Time) -> Tensor:
        """E[x0 | x_t], shape (batch, ...). Raises TypeError for tokens: ids have no mean."""
        means = torch.cat([mean for _, mean in self._moments(x_t, t)])
        return means.reshape(-1, *self.data.shape[1:]).to(self.data.dtype)

    def x0_cov(self, x_t: Tensor, t: Time) -> Tensor:
        """Cov[x0 | x_t] of the flattened samples, shape (batch, d, d). Raises TypeError for tokens."""
        return torch.cat([self._cov(*parts) for parts in self._moments(x_t, t)]).to(self.data.dtype)

    def _cov(self, weights: Tensor, mean: Tensor) -> Tensor:
        flat, found = wide(self.data).flatten(1), []
        for some in blocks(len(mean), flat.numel()):
            cov = 0.0
            for rows in blocks(len(flat), mean[some].numel()):
                centred = flat[rows] - mean[some, None]
                cov = cov + torch.einsum("bn,bni,bnj->bij", weights[some, rows], centred, centred)
            found.append(cov)
        return torch.cat(found)

    def mmse(self, x_t: Tensor, t: Time) -> Tensor:
        """E[ |x0 - E[x0 | x_t]|^2 | x_t ] / d: the squared error per entry of the best guess, (batch,)."""
        flat = wide(self.data).flatten(1)
        errors = [
            (weights * distances(mean, flat) ** 2).sum(1) for weights, mean in self._moments(x_t, t)
        ]
        return (torch.cat(errors) / flat.shape[1]).to(self.data.dtype)

    def marginals(self, x_t: Tensor, t: Time, vocabulary: int) -> Tensor:
        """p(x_{0,i} = v | x_t) per position: (batch, width, vocabulary). Raises TypeError for images."""
        if self.data.dtype != torch.int64:
            raise TypeError(f"data must hold tokens (torch.int64); got dtype {self.data.dtype}")
        check_range(self.data, 0, check_whole(vocabulary, 1, "vocabulary") - 1, "data")
        columns = self.data.flatten(1).T
        found = []
        for _, weights in self._weights(x_t, t):
            mass = precise(weights.T).contiguous()
            nothing = mass.new_zeros((vocabulary, len(weights)))
            chances = torch.stack([nothing.index_add(0, tokens, mass) for tokens in columns])
            found.append(chances.permute(2, 0, 1))
        return torch.cat(found).reshape(-1, *self.data.shape[1:], vocabulary)

    def entropy(self, x_t: Tensor, t: Time) -> Tensor:
        r"""H(x_0 | x_t) = -\sum_i w_i \log w_i in nats, shape (batch,): what is left to guess.

        Equal rows of the data count as different.
        """
        # A weight of 0 adds 0, with a gradient of 0 too: hence no logarithm of 0.
        tiny = torch.finfo(torch.float32).tiny
        return torch.cat([-(w * w.clamp(min=tiny).log()).sum(1) for _, w in self._weights(x_t, t)])


def _in_blocks(method: Callable) -> Callable:
    """A method of GaussianMixture that takes no more (batch, k, d) numbers at a time than a block holds."""

    @wraps(method)
    def whole(self, x_t: Tensor, t: Time, schedule: Schedule) -> Tensor:
        check_floating(x_t, "x_t")
        if x_t.ndim != 2 or x_t.shape[1] != self.means.shape[1]:
            raise ValueError(
                f"x_t must have shape (batch, {self.means.shape[1]}); got {tuple(x_t.shape)}"
            )
        align(t, x_t)
        parts = blocks(len(x_t), self.means.numel())
        found = [method(self, wide(x_t[part]), times_of(t, part), schedule) for part in parts]
        return torch.cat(found).to(x_t.dtype)

    return whole


class GaussianMixture:
    r"""p(x_0) = \sum_k w_k N(m_k, v_k I), so that p_t = \sum_k w_k N(\alpha m_k, V_k I), V_k = \alpha^2 v_k + \sigma^2.

    means (k, d), variances (k,), weights (k,). Every method takes x_t (batch, d), a time and a schedule.
    With r_k = x_t - alpha m_k and responsibilities c_k = p(k | x_t), the four conditional
    expectations are written from four separate formulas, none from another.
    """

    def __init__(self, means: Tensor, variances: Tensor, weights: Tensor | None = None):
        check_floating(means, "means")
        if means.ndim != 2 or not bool(means.isfinite().all()):
            raise ValueError(f"means must be finite and of shape (k, d); got {quoted(means)}")
        if weights is None:
            weights = torch.ones(len(means), dtype=means.dtype, device=means.device)
        for name, values in (("variances", variances), ("weights", weights)):
            _check_positive_entries(values, len(means), name)
        self.means = means
        self.variances, self.weights = (moved(x, means.device) for x in (variances, weights / weights.sum()))

    def _scales(self, x_t: Tensor, t: Time, schedule: Schedule) -> tuple[Tensor, Tensor]:
        """alpha and sigma, (batch, 1) or (1, 1)."""
        check_schedule(schedule)
        return tuple(
            torch.as_tensor(f(align(t, x_t)), dtype=x_t.dtype, device=x_t.device).reshape(-1, 1)
            for f in (schedule.alpha, schedule.sigma)
        )

    def _parts(self, x_t: Tensor, t: Time, schedule: Schedule):
        """alpha, sigma, and per component the residual (b, k, d), V_k and log weights (b, k)."""
        means, variances = self.means.to(x_t), self.variances.to(x_t)
        alpha, sigma = self._scales(x_t, t, schedule)
        residual = x_t[:, None, :] - alpha[..., None] * means
        total = alpha**2 * variances + sigma**2
        log_normal = -(residual**2).sum(-1) / (2 * total) - x_t.shape[1] / 2 * torch.log(
            2 * math.pi * total
        )
        return alpha, sigma, residual, total, log_normal + self.weights.to(x_t).log()

    def sample(self, n: int, generator: Generator = None) -> Tensor:
        """n draws from p(x0), shape (n, d)."""
        u = uniform((check_whole(n, 0, "n"), 1), generator, self.weights.device)
        k = choose(self.weights.expand(n, -1), u, "weights")
        fresh = normal((n, self.means.shape[1]), generator, self.means.dtype, self.means.device)
        return self.means[k] + self.variances[k].sqrt()[:, None] * fresh

    @_in_blocks
    def log_prob(self, x_t: Tensor, t: Time, schedule: Schedule) -> Tensor:
        """log p_t(x_t), shape (batch,)."""
        return self._parts(x_t, t, schedule)[-1].logsumexp(1)

    def _average(self, log_weights: Tensor, values: Tensor) -> Tensor:
        return (log_weights.softmax(1)[..., None] * values).sum(1)

    @_in_blocks
    def x0_mean(self, x_t: Tensor, t: Time, schedule: Schedule) -> Tensor:
        r"""E[x_0 | x_t] = \sum_k c_k ( m_k + (\alpha v_k / V_k) r_k )."""
        alpha, _, residual, total, log_weights = self._parts(x_t, t, schedule)
        gain = alpha * self.variances.to(x_t) / total
        return self._average(log_weights, self.means.to(x_t) + gain[..., None] * residual)

    @_in_blocks
    def eps_mean(self, x_t: Tensor, t: Time, schedule: Schedule) -> Tensor:
        r"""E[\varepsilon | x_t] = \sum_k c_k (\sigma / V_k) r_k."""
        _, sigma, residual, total, log_weights = self._parts(x_t, t, schedule)
        return self._average(log_weights, (sigma / total)[..., None] * residual)

    @_in_blocks
    def score(self, x_t: Tensor, t: Time, schedule: Schedule) -> Tensor:
        r"""\nabla \log p_t(x_t) = -\sum_k c_k r_k / V_k."""
        _, _, residual, total, log_weights = self._parts(x_t, t, schedule)
        return self._average(log_weights, -residual / total[..., None])

    @_in_blocks
    def velocity(self, x_t: Tensor, t: Time, schedule: Schedule) -> Tensor:
        r"""E[\alpha' x_0 + \sigma' \varepsilon | x_t] = \sum_k c_k ( \alpha' m_k + (V_k' / 2 V_k) r_k ).

        V_k' = 2 (\alpha \alpha' v_k + \sigma \sigma') is the time derivative of V_k.
        """
        alpha, sigma, residual, total, log_weights = self._parts(x_t, t, schedule)
        d_alpha, d_sigma = (
            torch.as_tensor(f(align(t, x_t)), dtype=x_t.dtype, device=x_t.device).reshape(-1, 1)
            for f in (schedule.d_alpha, schedule.d_sigma)
        )
        slope = (alpha * d_alpha * self.variances.to(x_t) + sigma * d_sigma) / total
        values = d_alpha[..., None] * self.means.to(x_t) + slope[..., None] * residual
        return self._average(log_weights, values)

    @_in_blocks
    def x0_cov(self, x_t: Tensor, t: Time, schedule: Schedule) -> Tensor:
        r"""Cov[x_0 | x_t], shape (batch, d, d): \sum_k c_k (v_k \sigma^2 / V_k I + \mu_k \mu_k^T) - \mu \mu^T."""
        alpha, sigma, residual, total, log_weights = self._parts(x_t, t, schedule)
        variances, c = self.variances.to(x_t), log_weights.softmax(1)
        means = self.means.to(x_t) + (alpha * variances / total)[..., None] * residual
        centred = means - (c[..., None] * means).sum(1, keepdim=True)
        within = (c * variances * sigma**2 / total).sum(1)
        identity = torch.eye(x_t.shape[1], dtype=x_t.dtype, device=x_t.device)
        return within[:, None, None] * identity + torch.einsum(
            "bk,bki,bkj->bij", c, centred, centred
        )

    def sample_x0(
        self, x_t: Tensor, t: Time, schedule: Schedule, generator: Generator = None
    ) -> Tensor:
        """x0 ~ p(x0 | x_t), exactly: a component by its responsibility, then its Gaussian."""
        log_weights = self._log_weights(x_t, t, schedule)
        # nan and infinity stay in their samples, as in every method here: any component will do.
        weights = log_weights.nan_to_num().softmax(1)
        k = choose(weights, uniform((len(x_t), 1), generator, x_t.device), "x_t")
        means, variances = self.means.to(x_t)[k], self.variances.to(x_t)[k][:, None]
        alpha, sigma = self._scales(x_t, t, schedule)
        total = alpha**2 * variances + sigma**2
        mean = means + alpha * variances / total * (x_t - alpha * means)
        return mean + sigma * (variances / total).sqrt() * normal_like(x_t, generator)

    @_in_blocks
    def _log_weights(self, x_t: Tensor, t: Time, schedule: Schedule) -> Tensor:
        return self._parts(x_t, t, schedule)[-1]
