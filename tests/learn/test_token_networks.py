"""Networks of tokens: shapes, who may see whom, what is forbidden, drawing, and what they learn."""

from __future__ import annotations

import math
import re

import pytest
import torch
from torch import nn

from udm_lessons.destroy import CosineLevel, DiscreteLevel, LinearLevel, Masking, Replacement
from udm_lessons.learn import (
    Categorical,
    JointTransformer,
    TokenTransformer,
    TokenUNet,
    denoising_loss,
    draw_tokens,
    masking_weight,
    prefix_mask,
    token_networks,
    token_predictor,
    train,
)
from udm_lessons.measure import bits_per_token, per_count
from udm_lessons.rebuild import Keep, carry_over, sample

from worlds.statistics import assert_plausible, chi2, rng, tally

V, MASK, WIDTH = 4, 3, 4


def seeded(make, *arguments, **options) -> nn.Module:
    torch.manual_seed(0)
    return make(*arguments, **options)


def size(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


MAKERS = {
    "transformer": lambda **o: TokenTransformer(V, WIDTH, **{"dim": 16, "depth": 2, "heads": 2} | o),
    "unet": lambda **o: TokenUNet(V, 2, **{"dim": 8} | o),
    "joint": lambda **o: JointTransformer(V, WIDTH, **{"dim": 16, "depth": 2, "heads": 2} | o),
}
each_maker = pytest.mark.parametrize("name", MAKERS)
TOKENS = torch.tensor([[0, 1, 2, 3], [3, 3, 3, 3], [2, 2, 1, 0]])
CLEAN = torch.tensor([[0, 1, 2, 1], [0, 0, 0, 0], [2, 2, 1, 0]])


def answer(network: nn.Module, x_t, t, x0=CLEAN, **options):
    if isinstance(network, JointTransformer):
        options["x0"] = x0
    return network(x_t, t, **options)


def test_sizes() -> None:
    """What the docstrings say, in thousands."""
    for make, arguments in ((TokenUNet, (18,)), (TokenTransformer, (18, 64))):
        said = int(re.search(r"About (\d+) thousand parameters", make.__doc__)[1])
        assert round(size(make(*arguments)) / 1000) == said
    assert 128_000 < size(JointTransformer(28, 12)) < 240_000


@each_maker
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_dtype_and_times(name: str, dtype: torch.dtype) -> None:
    network = seeded(MAKERS[name], mask=MASK).to(dtype)
    for t in (0.3, torch.tensor(0.3, dtype=torch.float64), torch.full((3,), 0.3, dtype=torch.float64)):
        logits = answer(network, TOKENS, t)
        assert logits.shape == (3, WIDTH, V) and logits.dtype == dtype
        assert bool((logits[..., MASK] == -math.inf).all()) and bool(logits[..., :MASK].isfinite().all())
        torch.testing.assert_close(logits, answer(network, TOKENS, 0.3))
    assert not torch.equal(answer(network, TOKENS, 0.3), answer(network, TOKENS, 0.7))
    assert bool(answer(seeded(MAKERS[name]), TOKENS, 0.3).isfinite().all())  # no mask, none forbidden


@each_maker
def test_every_parameter_is_used(name: str) -> None:
    network = seeded(MAKERS[name], mask=MASK, classes=3)
    label = torch.tensor([0, 2, -1])
    loss = answer(network, TOKENS, 0.4, label=label)[..., :MASK].square().sum()
    loss.backward()
    silent = [key for key, p in network.named_parameters() if p.grad is None or not bool(p.grad.any())]
    assert silent == []


@each_maker
def test_labels(name: str) -> None:
    network = seeded(MAKERS[name], classes=3)
    by_label = [answer(network, TOKENS, 0.4, label=k) for k in (0, 1, None)]
    assert not torch.equal(by_label[0], by_label[1]) and not torch.equal(by_label[0], by_label[2])
    with pytest.raises(ValueError, match="label must be None"):
        answer(MAKERS[name](), TOKENS, 0.4, label=1)


@each_maker
@pytest.mark.parametrize(
    "x_t, error, words",
    [
        (TOKENS.float(), TypeError, "x_t must hold tokens"),
        (TOKENS[:, :3], ValueError, "x_t must be 4 tokens wide"),
        (TOKENS + 1, ValueError, r"x_t must lie in \[0, 3\]"),
        (TOKENS[0], ValueError, r"must have shape \(batch, width\)"),
    ],
)
def test_bad_tokens(name: str, x_t, error, words) -> None:
    with pytest.raises(error, match=words):
        answer(MAKERS[name](), x_t, 0.5)


@pytest.mark.parametrize("options", [{"heads": 3}, {"depth": 0}, {"dim": 0}, {"dim": 1.5}])
def test_bad_sizes(options) -> None:
    with pytest.raises((ValueError, TypeError), match="heads|depth|dim"):
        TokenTransformer(V, WIDTH, **{"dim": 16} | options)


def test_prefix_mask_by_hand() -> None:
    expected = [[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]
    assert prefix_mask(2, 2).long().tolist() == expected


def test_a_joint_answer_rests_on_x_t_and_the_past_alone() -> None:
    """Changing x0 at k changes answers after k, and none up to k; changing x_t changes all."""
    network = seeded(MAKERS["joint"]).double()
    base = network(TOKENS, 0.5, x0=CLEAN)
    for k in range(WIDTH):
        other = CLEAN.clone()
        other[:, k] = (other[:, k] + 1) % V
        changed = (network(TOKENS, 0.5, x0=other) - base).abs().amax((0, 2)) > 1e-9
        assert changed.tolist() == [i > k for i in range(WIDTH)]
    seen = TOKENS.clone()
    seen[:, -1] = (seen[:, -1] + 1) % V
    assert bool(((network(seen, 0.5, x0=CLEAN) - base).abs().amax((0, 2)) > 1e-9).all())


def test_draws_of_the_joint_network_have_its_law() -> None:
    """Every string against the product of its conditionals; rate 1e-4. Control: the factorised law."""
    network = seeded(JointTransformer, V, 2, MASK, dim=16, depth=1, heads=2)
    with torch.no_grad():
        for p in network.parameters():
            p.mul_(2.0)
    n = 20_000
    hidden = torch.full((1, 2), MASK)
    words = torch.cartesian_prod(torch.arange(3), torch.arange(3))
    with torch.no_grad():
        logits = network(hidden.expand(9, 2), 1.0, x0=words).double().log_softmax(-1)
    law = logits.gather(2, words[..., None]).sum((1, 2)).exp()
    assert float(law.sum()) == pytest.approx(1, abs=1e-6)
    drawn = tally(network.draw(hidden.expand(n, 2), 1.0, rng(3)))
    assert_plausible([chi2(drawn, dict(zip(map(tuple, words.tolist()), law.tolist())))])
    square = law.reshape(3, 3)
    apart = torch.outer(square.sum(1), square.sum(0)).flatten()
    assert chi2(drawn, dict(zip(map(tuple, words.tolist()), apart.tolist()))) < 1e-6
    seen = torch.tensor([[MASK, 2]]).expand(50, 2)
    assert bool((network.draw(seen, 0.5, rng(1))[:, 1] == 2).all())  # what is visible stays


def test_draw_tokens_has_the_law_of_the_logits() -> None:
    logits = torch.tensor([0.1, 0.0, 0.6, 0.3, 0.0]).log().expand(20_000, 1, 5)
    drawn = tally(draw_tokens(logits, rng(0)))
    assert_plausible([chi2(drawn, {(0,): 0.1, (2,): 0.6, (3,): 0.3})])
    # `token_predictor` draws in the same way.
    again = token_predictor(lambda x_t, t: logits)(torch.zeros(20_000, 1, dtype=torch.int64), 0.5, rng(0))
    assert tally(again) == drawn


@pytest.mark.parametrize("u", [0.0, 2.0**-53, 0.5, 1 - 2.0**-53])
def test_a_logit_of_minus_infinity_is_never_drawn(u: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the ends of what can be drawn too: every pattern of four tokens, their laws from even to all but certain."""
    monkeypatch.setattr(token_networks, "uniform", lambda shape, *_: torch.full(shape, u, dtype=torch.float64))
    possible = torch.cartesian_prod(*[torch.tensor([False, True])] * 4)[1:]
    for scale in (0.0, 1.0, 30.0, 700.0):
        logits = (scale * torch.randn(15, 4, generator=rng(1))).masked_fill(~possible, -math.inf)
        for dtype in (torch.float32, torch.float64, torch.bfloat16):
            drawn = draw_tokens(logits.to(dtype), rng(0))
            assert bool(possible.gather(1, drawn[:, None]).all())


# The weight of the bound.


@pytest.mark.parametrize("level", [LinearLevel(), CosineLevel()], ids=lambda v: type(v).__name__)
def test_masking_weight_is_the_limit_of_a_step(level) -> None:
    """(1 - p_s / p_t) / h for h = 1e-6, to 1e-5."""
    t, h = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64), 1e-6
    steps = (1 - level.p(t - h / 2) / level.p(t + h / 2)) / h
    torch.testing.assert_close(masking_weight(level)(t), steps, rtol=1e-5, atol=0)


def test_bad_weights() -> None:
    with pytest.raises(TypeError, match="level must be a Level in continuous time; got DiscreteLevel"):
        masking_weight(DiscreteLevel([0.5]))
    with pytest.raises(ValueError, match="t must have p_t > 0"):
        masking_weight(LinearLevel())(torch.tensor([0.0, 0.5]))


def test_weighted_loss_is_the_bound_in_nats_per_token() -> None:
    """The mean of the loss over many draws and `bits_per_token`, within 4 errors (rate 6e-5)."""
    network, process = seeded(MAKERS["transformer"], mask=MASK), Masking(MASK)
    loss = denoising_loss(process, Categorical(), weight=masking_weight(process.level))
    x0 = CLEAN.repeat(2000, 1)
    with torch.no_grad():
        values = torch.stack([loss(network, x0, rng(k)) for k in range(10)])
    found = bits_per_token(network, x0, process, draws=10, generator=rng(99))
    gap = float(values.mean()) / math.log(2) - found.value
    assert abs(gap) < 4 * (float(values.std()) / math.sqrt(10) / math.log(2) + found.error)


def test_per_count_is_a_ratio_with_its_error() -> None:
    """By hand, and against the scatter over 400 data sets, to a fifth."""
    nats = torch.tensor([1.0, 3.0]) * math.log(2)
    assert per_count(nats, torch.tensor([1.0, 3.0])) == pytest.approx((1.0, 0.0), abs=1e-7)
    # Two rows of 1 and 5 bits in 1 and 3 tokens: 3/2 a token, off by -1/2 and 1/2, so by 1/4 in the mean of 2.
    two = per_count(torch.tensor([1.0, 5.0], dtype=torch.float64) * math.log(2), torch.tensor([1.0, 3.0]))
    assert two == pytest.approx((1.5, 0.25), abs=1e-12)  # 0.18 if divided by n, 0.33 from ratios row by row
    found = []
    for k in range(400):
        counts = torch.randint(2, 9, (100,), generator=rng(k)).double()
        found.append(per_count(counts + torch.randn(100, generator=rng(k + 1000)), counts))
    values, errors = (torch.tensor(column) for column in zip(*found))
    assert float(values.std()) == pytest.approx(float(errors.mean()), rel=0.2)
    assert repr(found[0]).endswith("bits")


@pytest.mark.parametrize("times", [[1.0], [0.9, 0.0], [1.0, 0.1], [1.0, 0.3, 0.6, 0.0]])
def test_bits_refuse_times_that_do_not_fall_from_all_to_nothing(times) -> None:
    with pytest.raises(ValueError, match="times must fall from p = 1 to p = 0"):
        bits_per_token(MAKERS["transformer"](mask=MASK), CLEAN, Masking(MASK), times=times)


def test_bits_refuse_other_processes_and_single_rows() -> None:
    with pytest.raises(TypeError, match="process must be Masking"):
        bits_per_token(MAKERS["transformer"](), CLEAN, Replacement(V))
    with pytest.raises(ValueError, match="at least two rows"):
        bits_per_token(MAKERS["transformer"](), CLEAN[:1], Masking(MASK))


# Learning.


def trained(name: str, steps: int = 400):
    """Two words, 0110 and 1001: each position by itself is a coin, together they are one bit."""
    words = torch.tensor([[0, 1, 1, 0], [1, 0, 0, 1]])
    network = seeded(MAKERS[name], mask=MASK)
    loss = denoising_loss(Masking(MASK), Categorical(), autoregressive=name == "joint")
    train(
        network, loss, words, steps=steps, batch_size=64, lr=5e-3, generator=rng(1), progress=False
    )
    return network.eval(), words


@each_maker
def test_two_words_are_learnt(name: str) -> None:
    """One bit in four tokens: .25 to .31 in many steps. In one step, a coin for each unless joint."""
    network, words = trained(name)
    joint, rows = name == "joint", words.repeat(500, 1)
    at_once = bits_per_token(
        network, rows, Masking(MASK), times=[1.0, 0.0], draws=1, autoregressive=joint, generator=rng(2)
    )
    assert at_once.value == pytest.approx(0.25 if joint else 1.0, abs=0.05)
    if joint:
        with pytest.raises(ValueError, match="times must be one step"):
            bits_per_token(network, rows, Masking(MASK), autoregressive=True)
    else:
        found = bits_per_token(network, rows, Masking(MASK), draws=4, generator=rng(2))
        assert 0.25 - 4 * found.error < found.value < 0.31


def test_one_step_is_enough_for_the_joint_network_alone() -> None:
    process = Masking(MASK)
    for name, least, most in [("joint", 0.95, 1.0), ("transformer", 0.05, 0.25)]:
        network, words = trained(name)
        predictor = network.draw if name == "joint" else carry_over(process, token_predictor(network))
        x = sample(process, predictor, process.sample_prior((1000, 4)), [1.0, 0.0], Keep(), rng(4), False)
        right = (x[:, None] == words).all(2).any(1).double().mean()
        assert least <= float(right) <= most
