"""Training, networks, predictors and likelihoods on CUDA in float32 against the CPU in float64.

A CPU generator gives the same numbers on both. One pass of a network in float32 is off by about 1e-5;
five steps of AdamW, whose first steps divide by small gradients, multiply that by up to a hundred.
"""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from udm_lessons.destroy import Masking
from udm_lessons.learn import (
    DIGIT_PROCESS,
    MLP,
    Categorical,
    Squared,
    denoising_loss,
    digit_loss,
    digit_predictor,
    new_digit_network,
    token_predictor,
    train,
)
from udm_lessons.measure import GaussianChain, ode_log_likelihood
from udm_lessons.rebuild import GaussianMixture, Keep, Markov, Redraw, clipped, gaussian_draw, sample

pytestmark = pytest.mark.gpu

DEVICE = "cuda"
IMAGES = torch.rand(40, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
POINTS = torch.randn(40, 2, generator=torch.Generator().manual_seed(1))


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(2)


def mlp() -> MLP:
    torch.manual_seed(0)
    return MLP(2, 32, schedule=DIGIT_PROCESS.schedule)


def near(there: Tensor, here: Tensor, tolerance: float) -> None:
    assert there.device.type == DEVICE and there.dtype == torch.float32
    torch.testing.assert_close(there.cpu().double(), here, atol=tolerance, rtol=tolerance)


def trained(make, loss, data: Tensor, device: str, dtype: torch.dtype, steps=5, **options):
    """The average after a few steps, and the losses on the way."""
    losses: list[float] = []
    network = make().to(device=device, dtype=dtype)

    # float32 noise, cast up, is the same on both sides.
    def casting(model, batch, generator):
        value = loss(lambda x, t: model(x.to(dtype), t), batch, generator)
        return value.to(dtype)

    average = train(
        network, casting, data, steps=steps, batch_size=16, generator=seeded(), device=device,
        progress=False, callback=lambda step, value: losses.append(value), **options,
    )  # fmt: skip
    return average, losses


CASES = {
    "mlp": (mlp, denoising_loss(DIGIT_PROCESS, Squared("v")), POINTS),
    "u-net": (new_digit_network, digit_loss(), IMAGES),
}


@pytest.mark.parametrize("case", CASES)
def test_training(case: str) -> None:
    ours, losses = trained(*CASES[case], DEVICE, torch.float32)
    exact, expected = trained(*CASES[case], "cpu", torch.float64)
    torch.testing.assert_close(torch.tensor(losses), torch.tensor(expected), atol=1e-3, rtol=1e-3)
    for there, here in zip(ours.parameters(), exact.parameters()):
        near(there, here, 2e-3)


@pytest.mark.parametrize("case", CASES)
def test_training_in_bfloat16(case: str) -> None:
    """bfloat16 keeps three digits: the losses agree to a few percent."""
    ours, losses = trained(*CASES[case], DEVICE, torch.float32, autocast=torch.bfloat16)
    _, expected = trained(*CASES[case], "cpu", torch.float64)
    torch.testing.assert_close(torch.tensor(losses), torch.tensor(expected), atol=0.02, rtol=0.05)
    assert all(bool(p.isfinite().all()) for p in ours.parameters())


def test_a_run_goes_on_from_its_checkpoint(tmp_path) -> None:
    """Sums on a GPU may come in another order, so near is all that can be asked."""
    path = tmp_path / "run.safetensors"
    whole, _ = trained(*CASES["mlp"], DEVICE, torch.float32, steps=8)
    trained(*CASES["mlp"], DEVICE, torch.float32, steps=4, checkpoint=path)
    resumed, losses = trained(*CASES["mlp"], DEVICE, torch.float32, steps=8, checkpoint=path)
    assert len(losses) == 4
    for a, b in zip(resumed.parameters(), whole.parameters()):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


def test_a_generator_on_the_device_trains_too() -> None:
    network = new_digit_network().to(DEVICE)
    generator = torch.Generator(DEVICE).manual_seed(0)
    average = train(
        network, digit_loss(), IMAGES.to(DEVICE), steps=3, generator=generator, progress=False
    )
    assert next(average.parameters()).device.type == DEVICE


@pytest.mark.parametrize("refresh", [Keep(), Markov(), Redraw()], ids=lambda r: type(r).__name__)
def test_sampling_with_the_network_of_digits(refresh) -> None:
    network = new_digit_network()
    exact = copy.deepcopy(network).double()
    x_T = torch.randn(6, 1, 8, 8, generator=seeded())
    times = torch.linspace(1, 0, 6)
    there = sample(
        DIGIT_PROCESS, digit_predictor(network.to(DEVICE)), x_T.to(DEVICE), times, refresh, seeded(), False
    )
    if isinstance(refresh, Keep):  # draws nothing, so that float64 can follow
        here = sample(DIGIT_PROCESS, digit_predictor(exact), x_T.double(), times, refresh, None, False)
        near(there, here, 1e-3)
    alone = sample(
        DIGIT_PROCESS, digit_predictor(new_digit_network()), x_T, times, refresh, seeded(), False
    )
    torch.testing.assert_close(there.cpu(), alone, atol=1e-3, rtol=1e-3)


def test_predictors() -> None:
    network, x_t = new_digit_network(), torch.randn(6, 1, 8, 8, generator=seeded())
    for wrap in (lambda p: gaussian_draw(p, 0.3), lambda p: clipped(p, -1.0, 1.0)):
        alone = wrap(digit_predictor(new_digit_network()))(x_t, 0.4, seeded())
        there = wrap(digit_predictor(network.to(DEVICE)))(x_t.to(DEVICE), 0.4, seeded())
        assert there.device.type == DEVICE
        torch.testing.assert_close(there.cpu(), alone, atol=1e-4, rtol=1e-4)


def test_tokens() -> None:
    tokens, process = torch.randint(5, (16, 4), generator=seeded()), Masking(5)
    torch.manual_seed(0)
    inner = nn.Sequential(nn.Embedding(6, 8), nn.Linear(8, 5))
    loss = denoising_loss(process, Categorical())
    values = [
        loss(lambda x, t, net=net: net(x), data, seeded())
        for net, data in (
            (copy.deepcopy(inner), tokens),
            (copy.deepcopy(inner).to(DEVICE), tokens.to(DEVICE)),
        )
    ]
    torch.testing.assert_close(values[1].cpu(), values[0], atol=1e-5, rtol=1e-5)
    drawn = token_predictor(lambda x, t: inner.to(DEVICE)(x))(tokens.to(DEVICE), 0.5, seeded())
    assert drawn.device.type == DEVICE and drawn.shape == tokens.shape


def test_likelihoods() -> None:
    means = torch.tensor([[-1.4, 0.3], [0.5, 1.1]])
    variances = torch.tensor([0.3, 0.5])
    x0, noise = POINTS[:8], torch.randn(8, 2, generator=seeded())
    flows, bounds = [], []
    for device, dtype in ((DEVICE, torch.float32), ("cpu", torch.float64)):
        oracle = GaussianMixture(
            means.to(device=device, dtype=dtype), variances.to(device=device, dtype=dtype)
        )
        x, eps = (part.to(device=device, dtype=dtype) for part in (x0, noise))

        def velocity(x, t, oracle=oracle):
            return oracle.velocity(x, t, DIGIT_PROCESS.schedule)

        times = torch.linspace(0, 0.9, 41).tolist()
        flows.append(
            ode_log_likelihood(velocity, x, times, lambda x, o=oracle: o.log_prob(x, 0.9, DIGIT_PROCESS.schedule))
        )
        chain = GaussianChain(
            DIGIT_PROCESS.schedule,
            lambda x, t, generator=None, o=oracle: o.x0_mean(x, t, DIGIT_PROCESS.schedule),
            [0.9, 0.6, 0.3, 0.0],
            lambda t, s: 0.2,
        )
        bounds.append(chain.elbo(x, eps).total)
    near(*flows, 1e-3)
    near(*bounds, 1e-3)
