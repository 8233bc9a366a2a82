"""The claims of the course: which cell teaches each one, and which test holds it.

Rows U and ER are claims and errors of the articles that the course builds on, rows S are claims about
what works in practice, rows R and sections 2.x the methods that the package contains. A row names a
lesson, a sentence that stands in exactly one cell of it, and a test.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).parent.parent

CLAIMS = {
    # row: (lesson, words in the cell that teaches it, the test that holds it)
    "U1 no restriction on the kind of object": (
        "00", "images, tokens, or strings whose length changes. The damage may be",
        "test_exact_sampling.py::test_exact_guesses_reach_the_strings_by_every_design",
    ),
    "U2 no restriction on the forward process": (
        "00", "Six ways to destroy, one way to rebuild",
        "test_process_laws.py::test_inferred_noise_has_law_q",
    ),
    "U3 discrete or continuous time": (
        "00", "smoothly from 0 to 1 or in whole steps",
        "test_sampling.py::test_kinds_of_grids",
    ),
    "U4 contains DDPM, DDIM, D3PM, Cold Diffusion": (
        "00", "with names such as DDPM, DDIM, D3PM or Cold Diffusion",
        "test_published_posteriors.py::test_markov_is_the_posterior_of_ddpm",
    ),
    "U5 three parts: forward, predict, correct": (
        "00", "one\nidea in three moves",
        "test_sampling.py::test_one_step_is_the_textbook_one",
    ),
    "U7 x_t from x0 by one function of noise": (
        "01", "with no randomness inside. All the chance is in",
        "test_enumerated_draws.py::test_log_likelihood_is_the_enumerated_one_and_sums_to_one",
    ),
    "U8 steps compose to the closed form, and are not needed": (
        "01", "All we need is $x_t$ from $x_0$, in one jump",
        "test_schedules.py::test_markov_steps_compose_to_the_closed_form",
    ),
    "U9 information decreases": (
        "01", "**Information about $x_0$ decreases.**",
        "test_exact_sampling.py::test_what_is_left_to_guess_rises_with_t",
    ),
    "U10 at the last time nothing can be known": (
        "01", "0 means \"known for certain\" and 1 means \"nothing known\"",
        "test_lesson_claims.py::test_nothing_is_left_at_the_last_time",
    ),
    "U10 condition: blur with a light noise does not forget": (
        "01", "Even at $t = 0.95$ almost everything can be known",
        "test_lesson_claims.py::test_a_light_noise_does_not_make_blur_forget",
    ),
    "U27 destruction must be progressive": (
        "01", "the way from $t = 1$ down to $t = \\tfrac12$ *destroys*",
        "test_exact_sampling.py::test_noise_that_falls_again_gives_information_back",
    ),
    "S1 smaller t is easier to reconstruct, if the SNR falls": (
        "01", "Information decreases if and only if the SNR does.",
        "test_exact_sampling.py::test_noise_that_falls_again_gives_information_back",
    ),
    "S2 which waves drown first": (
        "01", "is a fact about *digits*, not about noise",
        "test_lesson_claims.py::test_fine_waves_of_digits_drown_first_and_those_of_white_noise_do_not",
    ),
    "E13 the Markov step": (
        "02", "takes $x_{t-1}$, shrinks it slightly, and adds noise of variance",
        "test_schedules.py::test_markov_steps_compose_to_the_closed_form",
    ),
    "E14 all steps at once": (
        "02", "One jump replaces $t$ steps",
        "test_schedules.py::test_markov_steps_compose_to_the_closed_form",
    ),
    "E15 and ER16 why fine waves drown first": (
        "02", "So the growth of $\\beta_t$ has nothing to do with it",
        "test_lesson_claims.py::test_the_order_in_which_waves_drown_does_not_depend_on_beta",
    ),
    "E16 coarse structure is generated first": (
        "02", "what generation does first: coarse structure, then detail",
        "test_lesson_claims.py::test_fine_waves_of_digits_drown_first_and_those_of_white_noise_do_not",
    ),
    "E17 and ER13 x_T is only nearly normal": (
        "02", "is true in the limit only",
        "test_lesson_claims.py::test_the_end_is_nearly_normal_and_the_bound_holds",
    ),
    "ER12 what has a closed form": (
        "02", "Closed forms exist once $x_0$ is *given*",
        "test_published_posteriors.py::test_markov_is_the_posterior_of_ddpm",
    ),
    "R4 the limit of small steps": (
        "02", "In the limit this is the *stochastic differential equation*",
        "test_lesson_claims.py::test_small_steps_approach_the_sde_at_first_order",
    ),
    "U11 law of total probability": (
        "04", "which is the law of total probability",
        "test_enumeration.py::test_marginal_identity_holds_exactly",
    ),
    "U12 predict, then correct, is exact for exact guesses": (
        "04", "theorem says that every design is exact, with any number of steps",
        "test_exact_sampling.py::test_exact_guesses_reach_a_mixture_by_every_design",
    ),
    "U19 the marginal identity": (
        "04", "This is the **marginal identity**",
        "test_marginal_identity.py::test_marginal_identity",
    ),
    "U20 the independent design satisfies it": (
        "04", "It never looks at $x_t$. We call it **independent**",
        "test_marginal_identity.py::test_marginal_identity",
    ),
    "U21 and S5 under the independent design errors accumulate": (
        "04", "So the errors add up",
        "test_lesson_claims.py::test_with_a_biased_guess_more_steps_harm_the_independent_design",
    ),
    "U22 fresh noise costs memory of x_t": (
        "04", "What changes is how much x_s remembers of x_t",
        "test_lesson_claims.py::test_memory_falls_as_fresh_noise_rises",
    ),
    "U23 the delta design": (
        "04", "no new noise at all",
        "test_published_posteriors.py::test_ddim_is_equations_12_and_16",
    ),
    "U24 and S4 delta keeps the error small": (
        "04", "shares add up to a logarithm of the number of steps",
        "test_lesson_claims.py::test_the_error_under_delta_grows_like_a_logarithm",
    ),
    "U25 the sigma-tilde design": (
        "04", "Mix the two so that the mixture is again $N(0, I)$",
        "test_published_posteriors.py::test_interpolate_has_the_coefficients_of_the_sigma_tilde_design",
    ),
    "U26 either part of the noise may be replaced": (
        "04", "Between all new and all old noise there is a whole family",
        "test_published_posteriors.py::test_special_refreshes_agree",
    ),
    "R1 DDPM is the sigma-tilde of the SNR ratio": (
        "04", "Which $\\tilde\\sigma$ is that?",
        "test_published_posteriors.py::test_markov_is_the_posterior_of_ddpm",
    ),
    "2 infer, refresh, forward is sound": (
        "04", "**Infer, refresh, forward.** Draw",
        "test_marginal_identity.py::test_marginal_identity",
    ),
    "2 a kernel that changes q is not": (
        "04", "**All we ask is that $K$ leaves $q$ as it is**",
        "test_marginal_identity.py::test_a_kernel_that_changes_q_breaks_the_marginal",
    ),
    "ER22 the independent design is sound for exact draws, not for near ones": (
        "04", "It is sound, and so exact with exact draws",
        "test_lesson_claims.py::test_a_gaussian_draw_makes_the_independent_design_worse_with_more_steps",
    ),
    "ER23 where F_t has no inverse, draw from the posterior of the noise": (
        "04", "A tempting shortcut, the middle of each interval",
        "test_process_laws.py::test_the_middle_of_the_interval_is_consistent_but_has_not_law_q",
    ),
    "ER24 linear mixing is for normal noise only": (
        "04", "Do it with uniform thresholds, and they are not uniform any more",
        "test_marginal_identity.py::test_thresholds_mixed_linearly_are_not_uniform_and_mixed_by_choice_are",
    ),
    "S3 independent works worse, except with exact draws": (
        "04", "If somebody tells you that the independent design is *always* worse",
        "test_lesson_claims.py::test_with_exact_means_more_steps_help_and_delta_needs_fewest",
    ),
    "S3 condition: few steps": (
        "04", "With 2 steps all four designs are equally bad",
        "test_lesson_claims.py::test_with_two_steps_the_designs_are_equally_bad",
    ),
    "S6 fooling the predictor": (
        "04", "A good design *fools* it",
        "test_lesson_claims.py::test_delta_fools_the_predictor_longer",
    ),
    "S7 which failure heals": (
        "04", "Both designs heal an early failure completely",
        "test_lesson_claims.py::test_early_failures_heal_and_the_last_never_does",
    ),
    "E4 any law becomes normal, given enough steps": (
        "02", "true in the limit only, in which",
        "test_lesson_claims.py::test_the_end_is_nearly_normal_and_the_bound_holds",
    ),
    "U13 the chain starts from the law of x_T": (
        "03", "Noise can be drawn without end",
        "test_lesson_claims.py::test_the_end_is_nearly_normal_and_the_bound_holds",
    ),
    "E2 from a known law, samples without end": (
        "03", "Noise can be drawn without end",
        "test_rebuild_claims.py::test_the_flow_is_the_quantile_map_and_can_be_undone",
    ),
    "U14 a normal guess is exact for normal data only": (
        "03", "Is $q$ then the posterior? Only if that is normal",
        "test_predictors.py::test_gaussian_draws_are_not_exact_for_other_data",
    ),
    "U15 the variance of the guess comes afterwards": (
        "03", "needs no training at all: measure it when $G$ is done",
        "test_likelihood.py::test_the_variance_of_a_guess_is_fitted_afterwards",
    ),
    "U16 a product of tokens is not their joint law": (
        "03", "A product cannot say that two letters",
        "test_rebuild_claims.py::test_a_product_forgets_which_tokens_belong_together",
    ),
    "U17 the cross-entropy is the right loss for any process": (
        "03", "It can be estimated by drawing $x_0$ and",
        "test_likelihood.py::test_the_bound_is_cross_entropy_less_entropy",
    ),
    "U18 and ER20 cross-entropy with a normal guess is squared error": (
        "03", "The variance $v$ is *not* 1",
        "test_training.py::test_squared_error_by_hand",
    ),
    "ER21 the constant that is none": (
        "03", "What if $v$ is to be learnt as well?",
        "test_rebuild_claims.py::test_without_the_logarithm_the_loss_falls_for_ever",
    ),
    "U28 the posterior of digits must be modelled": (
        "03", "**it has to be modelled**",
        "test_rebuild_claims.py::test_generation_with_the_oracle_of_a_data_set_copies_the_data_set",
    ),
    "U30 a denoising auto-encoder learns the posterior mean": (
        "03", "A denoising auto-encoder, trained on nothing but squared error",
        "test_training.py::test_learns_the_posterior_mean",
    ),
    "S14 and U6 only marginals count": (
        "03", "**only the marginal counts**",
        "test_rebuild_claims.py::test_a_path_costs_more_than_single_times_and_only_marginals_count",
    ),
    "S13 and E25 single times are cheaper than paths": (
        "03", "fifty new examples say more than fifty views",
        "test_rebuild_claims.py::test_a_path_costs_more_than_single_times_and_only_marginals_count",
    ),
    "E26 and ER17 examples need the right law, not independence": (
        "03", "Dependence costs accuracy; it does not shift the answer",
        "test_rebuild_claims.py::test_dependent_examples_shift_nothing_and_cost_accuracy",
    ),
    "E5 E6 and E7 smaller spaces lose nothing or something": (
        "03", "Large models first compress the pictures",
        "test_rebuild_claims.py::test_nothing_is_lost_in_a_plane_that_holds_the_data_and_variance_is_lost_in_others",
    ),
    "E3 normal noise is one option of many": (
        "04", "So the rule must be about the law $q$ of the noise",
        "test_marginal_identity.py::test_marginal_identity",
    ),
    "R1 the step of DDPM in the letters of the paper": (
        "05", "equations 6 and 7, say",
        "test_published_posteriors.py::test_markov_is_the_posterior_of_ddpm",
    ),
    "R1 against the code of a library": (
        "05", "hold the same step against the code of the library",
        "test_peers.py::test_reverse_step_is_ddpm_of_diffusers",
    ),
    "R2 the family of DDIM": (
        "05", "The authors of DDIM (Song, Meng and Ermon 2021) join the two",
        "test_published_posteriors.py::test_ddim_is_equations_12_and_16",
    ),
    "ER26 and U32 DDIM reuses the noise, DDPM a share of it": (
        "05", "in place of the new one. That is DDIM.",
        "test_rebuild_claims.py::test_ddim_reuses_the_noise_and_ddpm_a_share_of_it",
    ),
    "R4 small steps are the reverse SDE": (
        "05", "Which $\\gamma$ belongs to which",
        "test_rebuild_claims.py::test_a_small_step_is_one_of_the_reverse_sde",
    ),
    "E1 E8 and ER14 a one-to-one map without chance": (
        "05", "Going back need not be a matter of chance",
        "test_rebuild_claims.py::test_the_flow_is_the_quantile_map_and_can_be_undone",
    ),
    "R5 means converge at first order, draws are exact": (
        "05", "First order, then.",
        "test_rebuild_claims.py::test_plugged_in_means_converge_at_first_order_and_draws_are_exact",
    ),
    "R5 half of the variance under the independent design": (
        "05", "A law shows: the variance tends to",
        "test_rebuild_claims.py::test_the_variance_settles_at_half_of_one_plus_c",
    ),
    "R3 the two variances of DDPM are extremes": (
        "05", "So the two famous choices are the two ends of one scale",
        "test_likelihood.py::test_small_and_large_variance_are_the_extremes",
    ),
    "R6 what is lost in a step": (
        "05", "tells why DDPM and DDIM forgive a plugged-in mean",
        "test_rebuild_claims.py::test_what_a_mean_leaves_out_shrinks_with_the_step_except_when_redrawn",
    ),
    "U31 U33 and S6 re-noise to fool the denoiser": (
        "05", "A chain is a row of denoising auto-encoders",
        "test_rebuild_claims.py::test_exact_draws_fool_the_denoiser_at_every_step_and_means_do_not",
    ),
    "E12 and S7 later steps repair earlier ones": (
        "05", "What goes wrong in the last step stays.",
        "test_lesson_claims.py::test_early_failures_heal_and_the_last_never_does",
    ),
    "E19 entropy plus divergence": (
        "06", "is a fact about the data. Only the divergence",
        "test_rebuild_claims.py::test_the_negative_log_likelihood_is_entropy_plus_divergence",
    ),
    "E23 and ER10 the law of the path and its marginal": (
        "06", "A misprint to beware of",
        "test_likelihood.py::test_the_path_is_a_product_over_all_steps",
    ),
    "ER15 q destroys, p is the model": (
        "06", "Throughout, $q$ is what destroys and $p$ is the model",
        "test_likelihood.py::test_three_terms_are_the_raw_bound",
    ),
    "E20 and E21 a mean over paths, and Jensen": (
        "06", "Write the integral as a mean over paths of $q$",
        "test_likelihood.py::test_the_gap_of_a_solved_chain",
    ),
    "E22 the three terms": (
        "06", "What remains are divergences between normal laws",
        "test_likelihood.py::test_three_terms_are_the_raw_bound",
    ),
    "E9 and ER11 the posterior of a step, whole": (
        "06", "In one article the line breaks off after its mean",
        "test_likelihood.py::test_the_posterior_of_one_step_as_published",
    ),
    "E24 the middle sum matters most": (
        "06", "The middle sum is by far the largest part",
        "test_likelihood.py::test_the_three_terms_of_a_solved_chain",
    ),
    "R9 the weight of the noise loss": (
        "06", "+ \\text{const}$.",
        "test_likelihood.py::test_the_weight_of_the_noise_loss",
    ),
    "R7 three roads to the variance that is left": (
        "06", "Three roads lead to it",
        "test_likelihood.py::test_three_formulas_of_one_variance",
    ),
    "R8 and E18 the best variance closes the gap": (
        "06", "The optimal variance wins at every number of steps",
        "test_likelihood.py::test_the_gap_of_a_wrong_variance",
    ),
    "E10 and ER18 steps back become normal": (
        "06", "precise sense in which hard things get easy",
        "test_rebuild_claims.py::test_true_steps_back_become_normal_at_second_or_third_order",
    ),
    "E11 the number of steps depends on the data": (
        "06", "for normal data a single one is exact",
        "test_rebuild_claims.py::test_one_step_is_exact_for_normal_data_only",
    ),
    "R10 a bound for any design": (
        "06", "So whoever lowers the cross-entropy lowers this bound",
        "test_likelihood.py::test_the_bound_holds_for_every_design",
    ),
    "2.6 the number of embeddings, by a table": (
        "12", "Straight down is a deleted letter, down and to the right a kept one",
        "test_string_claims.py::test_the_table_by_hand",
    ),
    "2.6 the alignment is uniform at any level": (
        "12", "Divide by their sum, and $p_t$ cancels",
        "test_string_claims.py::test_every_embedding_is_equally_likely_at_any_level",
    ),
    "2.6 the walk through the table": (
        "12", "So take it with chance $N_{i+1,j+1} / N_{i,j}$",
        "test_enumerated_draws.py::test_the_alignment_has_its_exact_law",
    ),
    "2.6 the closed form of a step": (
        "12", "closed form and Bayes by enumeration differ by less than",
        "test_string_claims.py::test_the_closed_form_of_a_step_is_bayes",
    ),
    "2.6 the left-most alignment fails": (
        "12", "with the left-most or the right-most one it is not",
        "test_string_claims.py::test_the_left_most_alignment_fails",
    ),
    "2.6 keep only inserts": (
        "12", "So Keep is a pure *insertion* model",
        "test_string_claims.py::test_under_keep_strings_only_grow",
    ),
    "2.6 a mixture inserts and deletes": (
        "12", "A fresh threshold may fall on either side of $p_s$",
        "test_string_claims.py::test_a_mixture_lets_letters_come_and_go",
    ),
    "2.6 the empty string tells nothing": (
        "12", "so its posterior is the law of the data itself",
        "test_string_claims.py::test_nothing_is_known_from_the_empty_string",
    ),
    "2.6 a writer of actions keeps every letter": (
        "12", "Whatever it chooses, $x_t$ hides in what it writes",
        "test_string_claims.py::test_typed_letters_are_never_lost",
    ),
    "2.7 substitutions and insertions by the same recursion": (
        "12", "The recursion stays, with chances in place of counts",
        "test_string_claims.py::test_misprints_by_the_same_recursion",
    ),
    "2.7 intruders survive": (
        "12", "so it survives with chance $\\iota_s/\\iota_t$",
        "test_string_claims.py::test_intruders_survive_with_the_ratio_of_their_levels",
    ),
}

# What the lessons that exist own, and so may not leave out.
OWNED = (
    *(f"U{k}" for k in range(1, 34) if k != 29),
    *(f"E{k}" for k in range(1, 27)),
    *(f"R{k}" for k in range(1, 11)),
    *(f"S{k}" for k in (*range(1, 8), 13, 14)),
    *(f"ER{k}" for k in (*range(10, 19), *range(20, 25), 26)),
    "2.6",
    "2.7",
)


@functools.cache
def cells_of(lesson: str) -> list[str]:
    (path,) = (ROOT / "solutions").glob(f"{lesson}_*.py")
    return [cell.source for cell in jupytext.read(path).cells]


@pytest.mark.parametrize("row", CLAIMS)
def test_a_claim_is_taught_and_held(row):
    lesson, words, test = CLAIMS[row]
    words = " ".join(words.split())
    teaching = [cell for cell in cells_of(lesson) if words in " ".join(cell.split())]
    assert len(teaching) == 1, f"{len(teaching)} cells of lesson {lesson} hold the words {words!r}"
    file, name = test.split("::")
    functions = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8")).body
    assert name in {f.name for f in functions if isinstance(f, ast.FunctionDef)}, test


@pytest.mark.parametrize("row", OWNED)
def test_no_row_is_left_out(row):
    assert any(row in claim.split() for claim in CLAIMS), f"no cell and no test for row {row}"
