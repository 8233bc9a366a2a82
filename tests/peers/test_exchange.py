"""Out to diffusers and back: the same network draws the same images, step for step, under either library.

diffusers keeps its tables in float32, so that equal means: to a few float32 roundings, relative to the largest state.
Each control is a setting that is lost or wrong; it moves the images by at least 30 times that. Skipped where not installed.
"""

from __future__ import annotations

import ast
import copy
import inspect
import json
import sys

import pytest
import torch
from torch import Tensor

from house import PACKAGE
from worlds.statistics import rng

from udm_lessons.destroy import VE, Cosine, DiscreteSchedule, Gaussian, Linear, Schedule, Trig, VPLinear
from udm_lessons.exchange import (
    ddim_scheduler, diffusers_library, flow_match_scheduler, from_diffusers, load_pipeline, scheduler_schedule, scheduler_times,
    to_diffusers, to_pipeline,
)  # fmt: skip
from udm_lessons.flow import uniform_times
from udm_lessons.learn import (
    DIGIT_PROCESS, MLP, Squared, UNet, denoising_loss, digit_predictor, load_digit_network, network_predictor, train,
)  # fmt: skip
from udm_lessons.rebuild import Ddim, Keep, Redraw, sample

pytest.importorskip("diffusers")
CHAIN = DiscreteSchedule.ddpm(1000)
SHAPE = (3, 1, 8, 8)
CLOSE = {torch.float32: 1e-4, torch.float64: 2e-5}
SEEN = 3e-3  # what a wrong setting moves at least


def unet(schedule: Schedule | None, classes: int = 0, dtype: torch.dtype = torch.float32, **options) -> UNet:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return UNet(1, 8, 2, schedule, classes, **options).to(dtype).eval()


def start(process: Gaussian, dtype: torch.dtype = torch.float32) -> Tensor:
    return process.sample_prior(SHAPE, rng(1), dtype=dtype)


def gap(ours: list[Tensor], theirs: list[Tensor]) -> float:
    """The largest difference of two chains, relative to the largest state."""
    assert len(ours) == len(theirs) > 0
    assert {x.dtype for x in ours} == {x.dtype for x in theirs}
    a, b = torch.stack(ours), torch.stack(theirs)
    assert bool(a.isfinite().all())
    return float((a - b).abs().max() / a.abs().max().clamp(min=1.0))


def our_states(process: Gaussian, predict, x: Tensor, times, refresh=Keep(), seed: int = 2) -> list[Tensor]:
    states: list[Tensor] = []
    sample(process, predict, x, times, refresh, rng(seed), False, lambda s, x_s, x0: states.append(x_s))
    return states


def their_states(model, scheduler, x: Tensor, seed: int = 2, **options) -> list[Tensor]:
    """The bare loop, as any page of diffusers writes it."""
    states: list[Tensor] = []
    generator = rng(seed)
    with torch.no_grad():
        for k in scheduler.timesteps:
            x = scheduler.step(model(x, k).sample, k, x, generator=generator, **options).prev_sample
            states.append(x)
    return states


def quiet(pipe):
    pipe.set_progress_bar_config(disable=True)
    return pipe


# Out, under DDIMScheduler

DDIM_CASES = [
    (Trig(), "x0"), (Trig(), "v_vp"), (Trig(), "v"), (Cosine(), "eps"), (VPLinear(), "score"), (CHAIN, "eps"), (CHAIN, "x0"),
]  # fmt: skip
MORE_DDIM_CASES = [
    (Trig(), "flow"), (Trig(), "edm"), (Cosine(), "v_vp"), (VPLinear(), "eps"), (VPLinear(), "x0"), (CHAIN, "edm"),
]  # fmt: skip
named = lambda value: str(value) if isinstance(value, str | torch.dtype) else type(value).__name__  # noqa: E731


def in_both(cases: list, more: list) -> list:
    """All in float32, and in float64 every third; `more` where there is time."""
    slow = [pytest.param(*case, torch.float32, marks=pytest.mark.slow) for case in more]
    return [(*case, torch.float32) for case in cases] + [(*case, torch.float64) for case in cases[::3]] + slow


@pytest.mark.parametrize(("schedule", "kind", "dtype"), in_both(DDIM_CASES, MORE_DDIM_CASES), ids=named)
def test_every_step_under_ddim_is_ours(schedule: Schedule, kind: str, dtype: torch.dtype) -> None:
    network, process = unet(schedule, dtype=dtype), Gaussian(schedule)
    scheduler = ddim_scheduler(schedule, kind)
    scheduler.set_timesteps(8)
    times, x = scheduler_times(scheduler, schedule), start(process, dtype)
    assert times == pytest.approx(uniform_times(8, schedule.t_max), abs=1e-12 * schedule.t_max)
    predict, model = network_predictor(network, kind, schedule), to_diffusers(network, kind, schedule)
    for eta in (0.0, 0.7):
        ours = our_states(process, predict, x, times, Ddim(eta))
        assert gap(ours, their_states(model, scheduler, x, eta=eta)) < CLOSE[dtype]
    assert gap(ours, their_states(model, scheduler, x, eta=0.4)) > SEEN  # control


@pytest.mark.parametrize("schedule", [Trig(), Cosine(), VPLinear(), CHAIN], ids=named)
def test_its_alpha_bars_are_those_of_the_schedule(schedule: Schedule) -> None:
    """To a rounding of float32 at 1, each: the roundings of 1000 betas do not add up."""
    table = ddim_scheduler(schedule, "x0").alphas_cumprod.double()
    wanted = torch.tensor([schedule.alpha(schedule.t_max * k / 1000) ** 2 for k in range(1, 1001)], dtype=torch.float64)
    assert float((table - wanted).abs().max()) < 1.5 * 2**-24
    ratios = wanted / torch.cat([torch.ones(1, dtype=torch.float64), wanted[:-1]])
    rounded = torch.cumprod((1 - (1 - ratios).float()), 0)
    assert float((rounded - wanted).abs().max()) > 3 * 2**-24  # control: betas that are rounded one by one


def test_the_digits_of_the_course_open_in_their_own_pipeline(tmp_path) -> None:
    """The folder is opened by diffusers' DDIMPipeline, which knows nothing of the course."""
    network = load_digit_network().cpu()
    quiet(to_pipeline(network, "x0", DIGIT_PROCESS, size=8)).save_pretrained(tmp_path / "digits")
    stock = quiet(diffusers_library().DDIMPipeline.from_pretrained(tmp_path / "digits"))
    x = torch.randn(4, 1, 8, 8, generator=rng(3))
    ours = sample(DIGIT_PROCESS, digit_predictor(network), x, uniform_times(50), progress=False)
    theirs = stock(4, generator=rng(3), output_type="pt").images
    assert float((theirs - (ours / 2 + 0.5).clamp(0, 1)).abs().max()) < 1e-5
    assert stock(1, num_inference_steps=2).images[0].size == (8, 8)


WRONG = {
    "prediction type": dict(prediction_type="epsilon"), "last alpha-bar": dict(set_alpha_to_one=False),
    "clipped": dict(clip_sample=True), "thresholded": dict(thresholding=True), "spacing": dict(timestep_spacing="leading"),
    "betas": dict(trained_betas=None), "terminal": dict(rescale_betas_zero_snr=True),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_control_a_wrong_setting_is_seen(wrong: str) -> None:
    schedule, kind = Cosine(floor=1e-2), "v_vp"
    network = unet(schedule)
    with torch.no_grad():
        network.last[-1].weight.mul_(8)  # answers that leave [-1, 1]
    model, scheduler, x = to_diffusers(network, kind), ddim_scheduler(schedule, kind), start(Gaussian(schedule))
    other = type(scheduler).from_config(scheduler.config, **WRONG[wrong])
    scheduler.set_timesteps(10), other.set_timesteps(10)
    ours = our_states(Gaussian(schedule), network_predictor(network, kind, schedule), x, uniform_times(10))
    assert gap(ours, their_states(model, scheduler, x)) < 1e-4
    assert gap(ours, their_states(model, other, x)) > SEEN


def test_the_last_step_may_not_be_wholly_fresh_where_alpha_is_0() -> None:
    """There DDIMScheduler takes the root of 1 - abar_s - deviation^2, which is 0 up to rounding."""
    pipe, x = quiet(to_pipeline(unet(Trig()), "x0", size=8)), start(Gaussian(Trig()))
    with pytest.raises(ValueError, match="^eta must be at most 0.999"):
        pipe(latents=x, eta=1.0)
    predict = network_predictor(pipe.unet.network, "x0", Trig())
    ours = our_states(Gaussian(Trig()), predict, x, uniform_times(50), Ddim(0.99))
    theirs = pipe(latents=x, eta=0.99, generator=rng(2), output_type="latent").images
    assert gap(ours[-1:], [theirs]) < 1e-3


# Out, under FlowMatchEulerDiscreteScheduler

FLOW_CASES = [
    (Trig(), "x0"), (Trig(), "v"), (Cosine(), "eps"), (VPLinear(), "score"), (VPLinear(), "v"), (Linear(), "flow"),
]  # fmt: skip
MORE_FLOW_CASES = [(Trig(), "edm"), (Cosine(), "v_vp"), (VPLinear(), "eps"), (Linear(), "v"), (Linear(), "x0")]


@pytest.mark.parametrize(("schedule", "kind", "dtype"), in_both(FLOW_CASES, MORE_FLOW_CASES), ids=named)
def test_every_step_of_the_pipeline_under_flow_matching_is_ours(schedule: Schedule, kind: str, dtype: torch.dtype) -> None:
    network, process = unet(schedule, dtype=dtype), Gaussian(schedule)
    pipe, x = quiet(to_pipeline(network, kind, size=8, under="flow_match")), start(process, dtype)
    states, step = [], pipe.scheduler.step
    pipe.scheduler.step = lambda *args, **options: states.append(out := step(*args, **options)) or out
    theirs = pipe(latents=x, num_inference_steps=10, output_type="latent").images
    times = scheduler_times(pipe.scheduler, schedule)
    assert times == pytest.approx(uniform_times(10), abs=1e-6)
    ours = our_states(process, network_predictor(network, kind, schedule), x, uniform_times(10))
    lengths = [(schedule.alpha(t) ** 2 + schedule.sigma(t) ** 2) ** 0.5 for t in uniform_times(10)[1:]]
    taus = pipe.scheduler.sigmas[1:].tolist()
    scales = [length / ((1 - tau) ** 2 + tau**2) ** 0.5 for length, tau in zip(lengths, taus)]
    assert gap(ours, [c * out.prev_sample for c, out in zip(scales, states)]) < 1e-4
    assert gap(ours[-1:], [theirs]) < 1e-4 and theirs.dtype == dtype
    assert gap(ours, [out.prev_sample for out in states]) > SEEN or isinstance(schedule, Linear)  # control: the scale


def test_both_ways_out_draw_the_same_images() -> None:
    network, x = unet(Cosine()), start(Gaussian(Cosine()))
    ddim, flow = (quiet(to_pipeline(network, "eps", size=8, under=under)) for under in ("ddim", "flow_match"))
    one, two = (pipe(latents=x, num_inference_steps=8, output_type="latent").images for pipe in (ddim, flow))
    assert gap([one], [two]) < 1e-4


def test_flow_matching_as_diffusers_spaces_it_is_ours_on_the_matched_times() -> None:
    """The bare loop with its own even steps of tau; a schedule that reaches tau = 1."""
    network, x = unet(Trig()), start(Gaussian(Trig()))
    scheduler, model = flow_match_scheduler(), to_diffusers(network, "x0", under="flow_match")
    scheduler.set_timesteps(12)
    times = scheduler_times(scheduler, Trig())
    assert max(abs(a - b) for a, b in zip(times, uniform_times(12))) > 0.01
    predict = network_predictor(network, "x0", Trig())
    ours = our_states(Gaussian(Trig()), predict, x, times)
    assert gap(ours[-1:], their_states(model, scheduler, x)[-1:]) < 1e-4
    other = our_states(Gaussian(Trig()), predict, x, uniform_times(12))
    assert gap(other[-1:], their_states_again(model, scheduler, x)) > SEEN  # control: the times


def their_states_again(model, scheduler, x: Tensor) -> list[Tensor]:
    scheduler.set_timesteps(12)
    return their_states(model, scheduler, x)[-1:]


def test_stochastic_sampling_is_redraw() -> None:
    network, x = unet(Linear()), start(Gaussian(Linear()))
    scheduler, model = flow_match_scheduler(redraw=True), to_diffusers(network, "v", under="flow_match")
    scheduler.set_timesteps(sigmas=uniform_times(10)[:-1])
    theirs = their_states(model, scheduler, x)
    predict = network_predictor(network, "v", Linear())
    assert gap(our_states(Gaussian(Linear()), predict, x, uniform_times(10), Redraw()), theirs) < 1e-5
    assert gap(our_states(Gaussian(Linear()), predict, x, uniform_times(10), Keep()), theirs) > SEEN


def test_a_schedule_that_keeps_some_noise_ends_clean_there() -> None:
    """VE ends at sigma_min with us; there it ends at the last guess of x0."""
    schedule, guesses = VE(0.01, 5.0), []
    network, x = unet(schedule), start(Gaussian(schedule))
    theirs = quiet(to_pipeline(network, "x0", size=8, under="flow_match"))(latents=x, num_inference_steps=15, output_type="latent")
    sample(Gaussian(schedule), network_predictor(network, "x0", schedule), x, uniform_times(15), progress=False,
           callback=lambda s, x_s, x0: guesses.append((x_s, x0)))  # fmt: skip
    assert gap([guesses[-1][1]], [theirs.images]) < 1e-4
    assert gap([guesses[-1][0]], [theirs.images]) > 1e-3


# Labels and guidance

@pytest.mark.parametrize("under", ["ddim", "flow_match"])
@pytest.mark.parametrize("scale", [0.0, 1.0, 2.5])
def test_guidance_is_that_of_network_predictor(under: str, scale: float) -> None:
    schedule, labels = Cosine(), torch.tensor([2, 0, -1])
    network = unet(schedule, classes=3)
    pipe, x, calls = quiet(to_pipeline(network, "v_vp", size=8, under=under)), start(Gaussian(schedule)), []
    pipe.unet.network.register_forward_hook(lambda module, args, out: calls.append(len(out)))
    theirs = pipe(latents=x, class_labels=labels, guidance_scale=scale, num_inference_steps=5, output_type="latent").images
    assert calls == [3 if scale in (0, 1) else 6] * 5  # one call a step
    drawn = lambda label, w: our_states(  # noqa: E731
        Gaussian(schedule), network_predictor(network, "v_vp", schedule, label, w), x, uniform_times(5))[-1:]  # fmt: skip
    assert gap(drawn(labels, scale), [theirs]) < 1e-4
    assert gap(drawn(labels, scale + 0.5), [theirs]) > 1e-3 and gap(drawn(labels.roll(1), scale or 1.0), [theirs]) > 1e-3
    one = pipe(latents=x, class_labels=2, guidance_scale=scale, num_inference_steps=5, output_type="latent").images
    assert gap(drawn(2, scale), [one]) < 1e-4


# Folders

@pytest.mark.parametrize("under", ["ddim", "flow_match"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_a_folder_opens_as_what_was_saved(tmp_path, capfd, under: str, dtype: torch.dtype) -> None:
    network = unet(VPLinear(0.2, 15.0), classes=2).to(dtype)
    pipe, x = quiet(to_pipeline(network, "v_vp", size=8, under=under)), start(Gaussian(VPLinear()), dtype)
    before = torch.get_rng_state()
    pipe.save_pretrained(tmp_path)
    again = quiet(load_pipeline(tmp_path))
    assert torch.equal(before, torch.get_rng_state()) and capfd.readouterr().err == ""
    assert again.unet.dtype == dtype and not again.unet.training
    for name, value in network.state_dict().items():
        assert torch.equal(again.unet.network.state_dict()[name], value)
    drawn = lambda pipe: pipe(latents=x, class_labels=1, num_inference_steps=5, output_type="latent").images  # noqa: E731
    # Weights as they lie in a file are not aligned as others are, and the last bit may differ.
    assert gap([drawn(again)], [drawn(pipe)]) < (0.1 if dtype == torch.bfloat16 else 1e-5) and drawn(again).dtype == dtype
    assert again.unet._schedule.beta_max == 15.0 and again.unet.network.condition.schedule.beta_min == 0.2
    files = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {"model_index.json", "config.json", "diffusion_pytorch_model.safetensors", "scheduler_config.json"}
    assert load_pipeline(tmp_path, dtype=torch.float16).unet.dtype == torch.float16


@pytest.mark.parametrize("low", [False, True])
def test_the_model_alone_is_saved_and_loaded(tmp_path, low: bool) -> None:
    """With the class's own from_pretrained, with and without accelerate's loading on no device, and with a dtype asked for."""
    if low:
        pytest.importorskip("accelerate")
    chain = DiscreteSchedule(torch.linspace(0.01, 1.0, 12, dtype=torch.float64))
    model = to_diffusers(unet(None, t_max=12.0), "x0", chain)
    model.save_pretrained(tmp_path)
    x = start(Gaussian(chain))
    again = type(model).from_pretrained(tmp_path, low_cpu_mem_usage=low)
    with torch.no_grad():
        assert all(gap([again(x, k).sample], [model(x, k).sample]) < 1e-5 for k in range(12))
        assert torch.equal(again(x, 3, return_dict=False)[0], again.network(x, 4.0))
    assert [again._schedule.alpha(k) for k in range(13)] == pytest.approx([chain.alpha(k) for k in range(13)], rel=1e-12, abs=0)
    assert type(model).from_pretrained(tmp_path, dtype=torch.float64, low_cpu_mem_usage=low).dtype == torch.float64
    assert from_diffusers(again) is again.network
    model.to(torch.bfloat16).save_pretrained(tmp_path / "narrow")
    assert type(model).from_pretrained(tmp_path / "narrow", low_cpu_mem_usage=low).dtype == torch.bfloat16


def test_what_is_saved_is_the_average(tmp_path) -> None:
    """And training goes on where it was: the copy and the folder share nothing with it."""
    data, network = torch.randn(20, 1, 8, 8, generator=rng(4)), unet(Trig())
    average = train(network, denoising_loss(Gaussian(Trig()), Squared("x0")), data, steps=5, batch_size=4, generator=rng(5), progress=False)
    network.train()
    kept = copy.deepcopy(network.state_dict())
    pipe = to_pipeline(average, "x0", size=8)
    pipe.save_pretrained(tmp_path)
    saved = load_pipeline(tmp_path).unet.network.state_dict()
    assert all(torch.equal(saved[name], value) for name, value in average.state_dict().items())
    assert any(not torch.equal(saved[name], value) for name, value in network.state_dict().items())  # control
    with torch.no_grad():
        next(pipe.unet.parameters()).add_(1.0)
    assert all(torch.equal(kept[name], value) for name, value in network.state_dict().items()) and network.training
    assert all(torch.equal(saved[name], value) for name, value in average.state_dict().items())


@pytest.mark.parametrize("under", ["ddim", "flow_match"])
def test_a_scheduler_made_of_the_config_draws_the_same(under: str, tmp_path) -> None:
    pipe = quiet(to_pipeline(unet(Trig()), "x0", size=8, under=under))
    kind, settings = type(pipe.scheduler), inspect.signature(type(pipe.scheduler).__init__).parameters
    assert set(settings) - {"self"} <= set(pipe.scheduler.config)
    assert not pipe.scheduler.config.get("_use_default_values")
    drawn = lambda: pipe(latents=start(Gaussian(Trig())), num_inference_steps=10, output_type="latent").images  # noqa: E731
    first = drawn()
    pipe.scheduler = kind.from_config(pipe.scheduler.config)
    assert torch.equal(first, drawn())
    pipe.scheduler.save_pretrained(tmp_path)
    pipe.scheduler = kind.from_pretrained(tmp_path)
    assert torch.equal(first, drawn())
    if under == "ddim":  # control: made by hand, the kind of prediction and the betas are lost
        pipe.scheduler = kind(clip_sample=False)
        assert gap([first], [drawn()]) > SEEN


def test_another_scheduler_made_of_the_config_knows_the_kind() -> None:
    """DDPMScheduler takes over betas, prediction type and that nothing is clipped; one of its steps is Markov's."""
    library, schedule = diffusers_library(), Cosine()
    ddim = ddim_scheduler(schedule, "x0")
    ddpm = library.DDPMScheduler.from_config(ddim.config, variance_type="fixed_small")
    assert torch.equal(ddpm.alphas_cumprod, ddim.alphas_cumprod)
    assert (ddpm.config.prediction_type, ddpm.config.clip_sample, ddpm.config.timestep_spacing) == ("sample", False, "trailing")
    assert library.DDPMScheduler().config.prediction_type == "epsilon"  # control: what a scheduler made by hand has
    ddim.set_timesteps(1000), ddpm.set_timesteps(1000)
    x, guess = start(Gaussian(schedule)), 0.3 * start(Gaussian(schedule)).flip(0)
    one = ddim.step(guess, 700, x, eta=1.0, generator=rng(6)).prev_sample
    two = ddpm.step(guess, 700, x, generator=rng(6)).prev_sample
    assert gap([one], [two]) < 1e-4


@pytest.mark.parametrize("name", ["DPMSolverMultistepScheduler", pytest.param("EulerDiscreteScheduler", marks=pytest.mark.slow)])
def test_another_scheduler_follows_the_same_flow(name: str) -> None:
    """Of higher order, or in other scales: at 50 steps near our 100 of DDIM; one made by hand is far."""
    library, x = diffusers_library(), start(Gaussian(Cosine()))
    pipe = quiet(to_pipeline(unet(Cosine()), "v_vp", size=8))
    ours = our_states(Gaussian(Cosine()), network_predictor(pipe.unet.network, "v_vp", Cosine()), x, uniform_times(100))[-1:]
    drawn = lambda: [pipe(latents=x, output_type="latent").images]  # noqa: E731
    pipe.scheduler = getattr(library, name).from_config(pipe.scheduler.config)
    assert gap(ours, drawn()) < 0.05
    pipe.scheduler = getattr(library, name)()
    assert gap(ours, drawn()) > 0.15
    pipe = quiet(to_pipeline(unet(Trig()), "x0", size=8))
    pipe.scheduler = getattr(library, name).from_config(pipe.scheduler.config)
    with pytest.raises(ValueError, match="^scheduler must be one that these steps do not take to infinity"):
        pipe(latents=x, output_type="latent")


def test_a_folder_of_another_release_opens(tmp_path) -> None:
    """An older one lacks a setting, a newer one has one more."""
    pipe, x = quiet(to_pipeline(unet(Trig()), "x0", size=8)), start(Gaussian(Trig()))
    pipe.save_pretrained(tmp_path)
    for name in ("model_index.json", "unet/config.json", "scheduler/scheduler_config.json"):
        config = json.loads((tmp_path / name).read_text(encoding="utf-8")) | {"_diffusers_version": "0.99.0"}
        config |= {"of_a_later_release": True} if name != "model_index.json" else {}
        config.pop("rescale_betas_zero_snr", None)
        (tmp_path / name).write_text(json.dumps(config), encoding="utf-8")
    again = quiet(load_pipeline(tmp_path))
    drawn = lambda pipe: pipe(latents=x, num_inference_steps=5, output_type="latent").images  # noqa: E731
    assert gap([drawn(again)], [drawn(pipe)]) < 1e-5


# Back

def theirs(classes: int = 0, **other):
    with torch.random.fork_rng():
        torch.manual_seed(7)
        settings = dict(
            sample_size=8, in_channels=1, out_channels=1, block_out_channels=(8, 16), norm_num_groups=4, layers_per_block=1,
            down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"),
            num_class_embeds=classes or None,
        )  # fmt: skip
        return diffusers_library().UNet2DModel(**settings | other).eval()


@pytest.mark.parametrize("kind", ["eps", "x0", "v_vp"])
def test_a_model_of_diffusers_under_its_own_chain(kind: str) -> None:
    """As after its own training scripts: DDIMPipeline there, `sample` here."""
    library = diffusers_library()
    prediction = {"eps": "epsilon", "x0": "sample", "v_vp": "v_prediction"}[kind]
    scheduler = library.DDIMScheduler(beta_end=0.004, clip_sample=False, prediction_type=prediction, timestep_spacing="trailing")
    pipe = quiet(library.DDIMPipeline(theirs(), scheduler))
    schedule, found = scheduler_schedule(pipe.scheduler)
    assert found == kind and schedule.t_max == 1000
    assert schedule.alpha(640) ** 2 == pytest.approx(float(scheduler.alphas_cumprod[639]), rel=1e-5)
    network = from_diffusers(pipe.unet, schedule)
    pipe.scheduler.set_timesteps(10)
    times, x = scheduler_times(pipe.scheduler, schedule), torch.randn(3, 1, 8, 8, generator=rng(1))
    for eta in (0.0, 1.0):
        generator = rng(1)
        images = pipe(3, generator, eta, 10, output_type="pt").images
        generator = rng(1)
        torch.randn(3, 1, 8, 8, generator=generator)
        ours = sample(Gaussian(schedule), network_predictor(network, kind, schedule), x, times, Ddim(eta), generator, False)
        assert float((images - (ours / 2 + 0.5).clamp(0, 1)).abs().max()) < 1e-4 * max(1.0, float(ours.abs().max()))
        assert 0.05 < float(((images > 0) & (images < 1)).float().mean())  # not all is clipped


def test_it_is_trained_by_train_and_drawn_by_sample(tmp_path) -> None:
    process, data = Gaussian(Trig()), (torch.randn(64, 1, 8, 8, generator=rng(8)) * 0.1 + 0.5, torch.arange(64) % 3)
    model = theirs(classes=4)
    network, losses = from_diffusers(model, process), []
    loss = denoising_loss(process, Squared("x0"))
    average = train(network, loss, data, steps=40, batch_size=8, lr=4e-3, generator=rng(9), progress=False,
                    callback=lambda step, value: losses.append(value))  # fmt: skip
    assert network.model is model and sum(losses[-10:]) < 0.3 * sum(losses[:10])
    x = start(process)
    drawn = lambda network, label, w=1.0: sample(  # noqa: E731
        process, network_predictor(network, "x0", Trig(), label, w), x, uniform_times(5), progress=False)  # fmt: skip
    assert abs(float(drawn(average, None).mean()) - 0.5) < 0.25
    assert float((drawn(average, 0) - drawn(average, 2)).abs().max()) > 1e-4
    assert torch.equal(drawn(average, -1), drawn(average, None)) and drawn(average, 1, 2.0).shape == x.shape
    average.model.save_pretrained(tmp_path)
    again = from_diffusers(type(model).from_pretrained(tmp_path), process).eval()
    assert gap([drawn(again, 1)], [drawn(average, 1)]) < 1e-5
    assert gap([drawn(network.eval(), 1)], [drawn(average, 1)]) > 1e-3  # control: the last weights


def test_every_time_is_told_whole_or_not() -> None:
    """A Python number is cut down to a whole one by UNet2DModel; ours reaches it as it is."""
    model, x = theirs(), start(Gaussian(Trig()))
    network = from_diffusers(model, Trig())
    with torch.no_grad():
        told = lambda k: model(x, torch.tensor([k])).sample  # noqa: E731
        assert torch.equal(network(x, 0.5), told(499.0)) and torch.equal(network(x, 0.5007), told(499.7))
        assert torch.equal(model(x, 499.7).sample, told(499.0))  # control: theirs
        assert not torch.equal(network(x, 0.5), network(x, 0.5007))
        each = network(x, torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64))
        assert torch.allclose(each[1], network(x, 0.5)[1], atol=1e-6) and not torch.allclose(each[0], each[1])
        assert torch.equal(from_diffusers(model, CHAIN)(x, 500), told(499.0))


# What is refused

class Own(Trig):
    pass


T, G = Trig(), Gaussian(Trig())
PIPE = dict(num_inference_steps=5, output_type="latent")
REFUSED = [
    (lambda: to_diffusers(MLP(), "x0", T), TypeError, "network must be a learn.UNet, bare"),
    (lambda: to_diffusers(torch.nn.DataParallel(unet(T)), "x0", T), TypeError, "network must be a learn.UNet, bare"),
    (lambda: to_diffusers(unet(None), "x0"), ValueError, "schedule must be given"),
    (lambda: to_diffusers(unet(T), "x0", "Trig"), TypeError, "schedule must be a Schedule or a Gaussian process; got 'Trig'"),
    (lambda: to_diffusers(unet(T), "x0", Own()), TypeError, "schedule must be one of Linear, Trig"),
    (lambda: to_diffusers(unet(T), "noise", T), ValueError, "kind must be one of"),
    (lambda: to_diffusers(unet(T), "eps", T), ValueError, "t must be a time at which x_t and eps determine x0; got t = 1, where alpha_t = 0"),
    (lambda: to_diffusers(unet(T), "eps", T, under="flow_match"), ValueError, "t must be a time at which x_t and eps determine x0"),
    (lambda: to_diffusers(unet(T), "x0", T, under="euler"), ValueError, "under must be one of ddim, flow_match"),
    (lambda: to_diffusers(unet(T), "x0", Linear()), ValueError, "schedule must have alpha^2 + sigma^2 = 1"),
    (lambda: to_diffusers(unet(T), "x0", VE()), ValueError, "schedule must be clean at t = 0"),
    (lambda: to_diffusers(unet(T), "v", CHAIN), TypeError, "d_alpha needs continuous time"),
    (lambda: to_diffusers(unet(T), "x0", CHAIN, under="flow_match"), TypeError, "time_at_log_snr needs continuous time"),
    (lambda: to_diffusers(unet(T), "x0", CHAIN, ticks=500), ValueError, "ticks must be the number of steps of the chain, 1000; got 500"),
    (lambda: to_diffusers(unet(T), "x0", ticks=0), ValueError, "ticks must be at least 1"),
    (lambda: to_pipeline(unet(T), "x0", size=8.0), TypeError, "size must be a whole number"),
    (lambda: ddim_scheduler(T, "eps"), ValueError, "t must be a time at which x_t and eps determine x0"),
    (lambda: ddim_scheduler(unet(T), "x0"), TypeError, "schedule must be a Schedule or a Gaussian process"),
    (lambda: flow_match_scheduler(ticks=1.5), TypeError, "ticks must be a whole number"),
    (lambda: scheduler_times(ddim_scheduler(T, "x0"), T), ValueError, "scheduler must know its steps"),
    (lambda: scheduler_times(set_to(ddim_scheduler(T, "x0"), 30), T), ValueError, "scheduler must take even steps"),
    (lambda: scheduler_schedule(flow_match_scheduler()), TypeError, "scheduler must have betas"),
    (lambda: to_diffusers(unet(T), "x0")(start(G), 1000), ValueError, "timestep must lie in [0, 999]"),
    (lambda: to_diffusers(unet(T), "x0")(start(G), torch.ones(2)), ValueError, "timestep must hold one time per sample"),
    (lambda: to_diffusers(unet(VPLinear()), "x0", under="flow_match")(start(G), 1000.0), ValueError, "t must be a time whose SNR"),
    (lambda: to_diffusers(unet(T), "x0")(start(G), 1, 0), ValueError, "label must be None"),
    (lambda: pipe_of()(num_inference_steps=30), ValueError, "num_inference_steps must divide 1000"),
    (lambda: pipe_of()(times=[1.0, 0.0]), ValueError, "times must be None under ddim"),
    (lambda: pipe_of("flow_match")(times=[1.0, 0.5]), ValueError, "times must end at 0"),
    (lambda: pipe_of("flow_match")(eta=0.5, **PIPE), ValueError, "eta must be 0 with FlowMatch"),
    (lambda: pipe_of()(eta=1.5, **PIPE), ValueError, "eta must lie in [0, 1]"),
    (lambda: pipe_of()(guidance_scale=2.0, **PIPE), ValueError, "class_labels must be given with guidance_scale"),
    (lambda: pipe_of()(2, class_labels=torch.zeros(3, dtype=torch.int64), **PIPE), ValueError, "class_labels must hold one label per image, 2"),
    (lambda: pipe_of()(class_labels=0.5, guidance_scale=2.0, **PIPE), TypeError, "label must hold whole numbers"),
    (lambda: pipe_of()(class_labels="a", **PIPE), TypeError, "class_labels must hold whole numbers; got 'a'"),
    (lambda: pipe_of()(latents=[1], **PIPE), TypeError, "latents must be a tensor"),
    (lambda: pipe_of()(latents=start(G).double(), **PIPE), TypeError, "x_t must have the dtype of the network"),
    (lambda: pipe_of()(output_type="tensor"), ValueError, "output_type must be one of"),
    (lambda: type(pipe_of())(pipe_of().unet, flow_match_scheduler()), ValueError, "unet was made for under='ddim'"),
    (lambda: type(pipe_of())(pipe_of().unet, ddim_scheduler(T, "x0", ticks=50)), ValueError, "scheduler must have the 1000 ticks"),
    (lambda: load_pipeline("no/such/folder"), ValueError, "folder must be one that save_pretrained of a pipeline has written"),
    (lambda: from_diffusers(unet(T), T), TypeError, "model must be a UNet2DModel of diffusers; got UNet"),
    (lambda: from_diffusers(theirs(time_embedding_type="fourier"), T), ValueError, "model must embed time by positions"),
    (lambda: from_diffusers(theirs(out_channels=2), T), ValueError, "model must have as many channels out as in"),
    (lambda: from_diffusers(theirs()), ValueError, "schedule must be given with a UNet2DModel"),
    (lambda: from_diffusers(theirs(), CHAIN, ticks=10), ValueError, "ticks must be the number of steps"),
    (lambda: back()(start(G), 1.5), ValueError, "t must lie in [0, 1]"),
    (lambda: back()(start(G)[:, :, :7], 0.5), ValueError, "x_t must have shape (batch, 1, height, width)"),
    (lambda: back()(start(G).double(), 0.5), TypeError, "x_t must have the dtype of the network"),
    (lambda: back()(start(G), 0.5, 1), ValueError, "label must be None"),
    (lambda: back(4)(start(G), 0.5, 3), ValueError, "label must lie in [-1, 2]"),
    (lambda: back(4)(start(G), 0.5, 1.0), TypeError, "label must hold whole numbers"),
    (lambda: back(4)(start(G), 0.5, torch.zeros(2, dtype=torch.int64)), ValueError, "label must hold one label per sample, 3"),
]  # fmt: skip


def set_to(scheduler, steps: int):
    scheduler.set_timesteps(steps)
    return scheduler


def pipe_of(under: str = "ddim"):
    return quiet(to_pipeline(unet(T, classes=2), "x0", size=8, under=under))


def back(classes: int = 0):
    return from_diffusers(theirs(classes), T)


@pytest.mark.parametrize("call, kind, begins", REFUSED, ids=[str(k) for k in range(len(REFUSED))])
def test_what_cannot_go_is_refused_in_our_words(call, kind: type, begins: str) -> None:
    with pytest.raises(kind) as error:
        call()
    assert str(error.value).startswith(begins) and len(str(error.value)) < 500


def test_without_diffusers_it_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "diffusers", None)
    for call in (lambda: ddim_scheduler(T, "x0"), flow_match_scheduler, lambda: from_diffusers(None)):
        with pytest.raises(ImportError, match="pip install 'diffusers"):
            call()


def test_diffusers_is_imported_inside_functions_only() -> None:
    for path in sorted((PACKAGE / "exchange").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            assert not isinstance(node, ast.Import | ast.ImportFrom) or " diffusers" not in ast.unparse(node).split(" import")[0], path


def test_a_torchvision_that_does_not_import_is_passed_by(monkeypatch) -> None:
    from diffusers.utils import import_utils

    monkeypatch.setattr(import_utils, "_torchvision_available", True)
    monkeypatch.setitem(sys.modules, "torchvision", None)
    diffusers_library()
    assert not import_utils.is_torchvision_available()
