"""Training, networks, losses and predictors on another device in float32 against the CPU in float64.

A CPU generator gives the same numbers on both. One pass of a network in float32 is off by about 1e-5;
five steps of AdamW, whose first steps divide by small gradients, multiply that by up to a hundred.
"""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from udm_lessons._arrays import moved, widest
from udm_lessons.data import PAD, encode
from udm_lessons.destroy import Deletion, DiscreteSchedule, Gaussian, Masking, Trig, VPLinear
from udm_lessons.learn import (
    DIGIT_PROCESS,
    MLP,
    Autoencoder,
    Categorical,
    EditTransformer,
    JointTransformer,
    Squared,
    TokenTransformer,
    TokenUNet,
    denoising_loss,
    digit_loss,
    digit_predictor,
    draw_digits,
    draw_times,
    edit_loss,
    edit_predictor,
    impossible_mass,
    load_digit_network,
    masking_weight,
    network_predictor,
    new_digit_network,
    reconstruction_loss,
    token_predictor,
    train,
    train_digits,
)
from udm_lessons.rebuild import Keep, Markov, Redraw, carry_over, clipped, gaussian_draw, sample
from worlds.stand_in import APART

IMAGES = torch.rand(40, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
POINTS = torch.randn(40, 2, generator=torch.Generator().manual_seed(1))


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(2)


def mlp(classes: int = 0) -> MLP:
    torch.manual_seed(0)
    return MLP(2, 32, schedule=DIGIT_PROCESS.schedule, classes=classes)


def near(there: Tensor, here: Tensor, device: torch.device, tolerance: float) -> None:
    assert there.device.type == device.type and there.dtype == torch.float32
    torch.testing.assert_close(there.cpu().double(), here, atol=tolerance, rtol=tolerance)


def trained(make, loss, data, device: torch.device | str, dtype: torch.dtype, steps=5, **options):
    """The average after a few steps, and the losses on the way."""
    losses: list[float] = []
    network = make().to(device=device, dtype=dtype)

    # float32 noise, cast up, is the same on both sides.
    def casting(model, batch, generator):
        value = loss(lambda x, t, *label: model(x.to(dtype), t, *label), batch, generator)
        return value.to(dtype)

    average = train(
        network, casting, data, steps=steps, batch_size=16, generator=seeded(), device=device,
        progress=False, callback=lambda step, value: losses.append(value), **options,
    )  # fmt: skip
    return average, losses


LABELS = torch.arange(40) % 3
CASES = {
    "mlp": (mlp, denoising_loss(DIGIT_PROCESS, Squared("v")), POINTS),
    "mlp with labels": (lambda: mlp(3), denoising_loss(DIGIT_PROCESS, Squared("eps", "x0", max_weight=5.0)), (POINTS, LABELS)),
    "u-net": (new_digit_network, digit_loss(), IMAGES),
}


@pytest.mark.parametrize("case", CASES)
def test_training(case: str, device) -> None:
    ours, losses = trained(*CASES[case], device, torch.float32)
    exact, expected = trained(*CASES[case], "cpu", torch.float64)
    torch.testing.assert_close(torch.tensor(losses), torch.tensor(expected), atol=1e-3, rtol=1e-3)
    for there, here in zip(ours.parameters(), exact.parameters()):
        near(there, here, device, 2e-3)


@pytest.mark.gpu
@pytest.mark.parametrize("case", CASES)
def test_training_in_bfloat16(case: str) -> None:
    """bfloat16 keeps three digits: the losses agree to a few percent. A stand-in has no rules for autocast."""
    ours, losses = trained(*CASES[case], "cuda", torch.float32, autocast=torch.bfloat16)
    _, expected = trained(*CASES[case], "cpu", torch.float64)
    torch.testing.assert_close(torch.tensor(losses), torch.tensor(expected), atol=0.02, rtol=0.05)
    assert all(bool(p.isfinite().all()) for p in ours.parameters())


def test_a_run_goes_on_from_its_checkpoint(tmp_path, device) -> None:
    """Sums on a GPU may come in another order, so near is all that can be asked."""
    path = tmp_path / "run.safetensors"
    whole, _ = trained(*CASES["mlp"], device, torch.float32, steps=8)
    trained(*CASES["mlp"], device, torch.float32, steps=4, checkpoint=path)
    resumed, losses = trained(*CASES["mlp"], device, torch.float32, steps=8, checkpoint=path)
    assert len(losses) == 4
    for a, b in zip(resumed.parameters(), whole.parameters()):
        near(a, b.cpu().double(), device, 1e-5)


def test_data_in_float64_and_from_a_function(device) -> None:
    """Data comes to the device in a dtype that it has; a loss without a generator draws from the global state."""
    draw = lambda n, generator: torch.randn(n, 2, generator=generator)  # noqa: E731
    losses = []
    for data in (POINTS.double(), draw):
        loss = lambda net, x, g: denoising_loss(DIGIT_PROCESS, Squared("v"))(lambda x, t: net(x.float(), t).to(x), x, None)  # noqa: E731
        average = train(mlp(), loss, data, steps=2, device=device, generator=seeded(), progress=False,
                        callback=lambda step, value: losses.append(value))  # fmt: skip
        assert next(average.parameters()).device.type == device.type
    assert len(losses) == 4


@pytest.mark.gpu
def test_a_generator_on_the_device_trains_too() -> None:
    """The stand-in has no generator of its own."""
    network = new_digit_network().to("cuda")
    generator = torch.Generator("cuda").manual_seed(0)
    average = train(network, digit_loss(), IMAGES.to("cuda"), steps=3, generator=generator, progress=False)
    assert next(average.parameters()).is_cuda


@pytest.mark.parametrize("refresh", [Keep(), Markov(), Redraw()], ids=lambda r: type(r).__name__)
def test_sampling_with_the_network_of_digits(refresh, device) -> None:
    network = new_digit_network()
    exact = copy.deepcopy(network).double()
    x_T = torch.randn(6, 1, 8, 8, generator=seeded())
    times = torch.linspace(1, 0, 6)
    there = sample(
        DIGIT_PROCESS, digit_predictor(network.to(device)), x_T.to(device), times, refresh, seeded(), False
    )
    if isinstance(refresh, Keep):  # draws nothing, so that float64 can follow
        here = sample(DIGIT_PROCESS, digit_predictor(exact), x_T.double(), times, refresh, None, False)
        near(there, here, device, 1e-3)
    alone = sample(
        DIGIT_PROCESS, digit_predictor(new_digit_network()), x_T, times, refresh, seeded(), False
    )
    torch.testing.assert_close(there.cpu(), alone, atol=1e-3, rtol=1e-3)


def test_predictors(device) -> None:
    network, x_t = new_digit_network(), torch.randn(6, 1, 8, 8, generator=seeded())
    for wrap in (lambda p: gaussian_draw(p, 0.3), lambda p: clipped(p, -1.0, 1.0)):
        alone = wrap(digit_predictor(new_digit_network()))(x_t, 0.4, seeded())
        near(wrap(digit_predictor(network.to(device)))(x_t.to(device), 0.4, seeded()), alone.double(), device, 1e-4)


@pytest.mark.parametrize("t", [0.4, torch.linspace(0.2, 0.9, 6, dtype=torch.float64)], ids=["one time", "a time each"])
@pytest.mark.parametrize("schedule", [None, Trig(), VPLinear()], ids=lambda s: type(s).__name__)
def test_networks_know_the_time(schedule, t, device) -> None:
    """The waves of the time are computed in the digits of the device."""
    torch.manual_seed(0)
    x, label = torch.randn(6, 2, generator=seeded()), torch.tensor([0, 1, 2, -1, 0, 1])
    network = MLP(2, 16, schedule=schedule, classes=3)
    exact = copy.deepcopy(network).double()
    network.to(device)
    for told in (None, 1, label):
        there = told.to(device) if isinstance(told, Tensor) else told
        near(network(x.to(device), t, there), exact(x.double(), t, told), device, 1e-5)
    predict = network_predictor(network, "eps", Trig(), label=1, guidance=2.0)
    near(predict(x.to(device), t), network_predictor(exact, "eps", Trig(), label=1, guidance=2.0)(x.double(), t), device, 1e-4)
    with pytest.raises(ValueError, match="label must lie"):
        network(x.to(device), t, label.to(device) + 5)


def test_an_autoencoder(device) -> None:
    torch.manual_seed(0)
    network, images = Autoencoder(), torch.rand(8, 1, 8, 8, generator=seeded())
    exact = copy.deepcopy(network).double().fit_scale(images.double())
    network.to(device).fit_scale(images.to(device))
    near(network.decode(network.encode(images.to(device))), exact.decode(exact.encode(images.double())), device, 1e-4)
    average = train(network, reconstruction_loss(), images, steps=2, device=device, generator=seeded(), progress=False)
    assert average.mean.device.type == device.type


def token_networks() -> dict:
    torch.manual_seed(0)
    return {
        "transformer": TokenTransformer(6, 4, mask=5, dim=16, depth=1, heads=2, classes=3),
        "u-net": TokenUNet(6, 2, mask=5, classes=3),
        "joint": JointTransformer(6, 4, mask=5, dim=16, depth=1, heads=2, classes=3),
    }


@pytest.mark.parametrize("name", token_networks())
def test_networks_of_tokens(name: str, device) -> None:
    tokens, labels, process = torch.randint(5, (16, 4), generator=seeded()), torch.arange(16) % 3, Masking(5)
    joint = name == "joint"
    loss = denoising_loss(process, Categorical(), t_min=0.01, weight=masking_weight(process.level), autoregressive=joint)
    network, alone = token_networks()[name], token_networks()[name].double()
    value = loss(alone, (tokens, labels), seeded())
    network.to(device)
    near(loss(network, (tokens.to(device), labels.to(device)), seeded()), value, device, 1e-4)
    x_t = torch.full((16, 4), 5)
    predictor = (lambda net: net.draw) if joint else token_predictor
    drawn = predictor(network)(x_t.to(device), 0.5, seeded())
    assert drawn.device.type == device.type and torch.equal(drawn.cpu(), predictor(alone)(x_t, 0.5, seeded()))
    train(network, loss, (tokens, labels), steps=2, device=device, generator=seeded(), progress=False)
    chain = sample(process, carry_over(process, predictor(network)), x_t.to(device), [1.0, 0.5, 0.0], Markov(), seeded(), False)
    assert chain.device.type == device.type and not bool((chain == 5).any())


def test_edits(device) -> None:
    names, process = encode(["abc", "ab", "cab", "b"], width=4), Deletion(PAD)
    torch.manual_seed(0)
    network = EditTransformer(3, 4, PAD, dim=16, depth=1, heads=2)
    exact, loss = copy.deepcopy(network).double(), edit_loss(process, 0.05)
    network.to(device)
    near(loss(network, names.to(device), seeded()), loss(exact, names, seeded()), device, 1e-4)
    x_t = names.masked_fill(names == 0, PAD).sort(1).values
    drawn = edit_predictor(network)(x_t.to(device), 0.5, seeded())
    assert drawn.device.type == device.type and torch.equal(drawn.cpu(), edit_predictor(exact)(x_t, 0.5, seeded()))
    share = impossible_mass(network, process, names.to(device), seeded())
    assert share == pytest.approx(impossible_mass(exact, process, names, seeded()), abs=1e-5)
    train(network, loss, names, steps=2, device=device, generator=seeded(), progress=False)


def test_times_are_drawn_in_the_digits_of_the_device(device) -> None:
    for process in (DIGIT_PROCESS, Gaussian(DiscreteSchedule.ddpm(50)), Masking(5)):
        for stratified in (True, False):
            there = draw_times(process, 2000, seeded(), 0.0, stratified=stratified, device=device)
            here = draw_times(process, 2000, seeded(), 0.0, stratified=stratified)
            assert there.dtype == widest(device) and bool((there > 0).all()) and bool((there <= process.t_max).all())
            whole = 0.0 if process.t_max == 1 else 1.0  # a step may be rounded to the next one
            torch.testing.assert_close(there.cpu().double(), here, atol=1e-6 + whole, rtol=0)


@pytest.mark.parametrize("t", [0.4, torch.linspace(0.2, 0.9, 40)], ids=["one time", "a time each"])
def test_the_course_s_network_answers_where_it_is_asked(t, device) -> None:
    """Lessons ask it on the CPU, and it lies on the default device; and the other way round."""
    here, there = new_digit_network(), new_digit_network().to(device)
    expected = digit_predictor(here)(IMAGES, t)
    for network, time in ((here, t), (there, moved(t, device) if isinstance(t, Tensor) else t)):
        near(digit_predictor(network)(IMAGES.to(device), time), expected.double(), device, 1e-4)
    back = digit_predictor(there)(IMAGES, t)
    assert back.device.type == "cpu"
    torch.testing.assert_close(back, expected, atol=1e-4, rtol=1e-4)
    drawn = sample(DIGIT_PROCESS, digit_predictor(there), IMAGES, [0.9, 0.5, 0.0], Redraw(), seeded(), False)
    assert drawn.device.type == "cpu"


def test_what_the_course_loads_lies_on_the_default_device(device, monkeypatch) -> None:
    monkeypatch.setattr("udm_lessons.learn.digit_model.default_device", lambda: device)
    monkeypatch.setenv("UDM_DIGITS", "none.safetensors")
    network = load_digit_network()
    assert next(network.parameters()).device.type == device.type
    drawn = draw_digits(digit_predictor(network), 3, Markov(), steps=3, progress=False)
    assert drawn.device.type == "cpu" and drawn.shape == (3, 1, 8, 8)
    mine = train_digits(steps=2, progress=False)
    assert next(mine.parameters()).device.type == device.type


def test_control_a_network_on_the_cpu_fails(device) -> None:
    with pytest.raises(RuntimeError, match=APART):
        new_digit_network()(IMAGES.to(device), 0.4)
    with pytest.raises(RuntimeError, match=APART):
        digit_loss()(lambda x, t: IMAGES[: len(x)], IMAGES.to(device), seeded())
