"""The rows of the table: which cell teaches a claim, and which test holds it.

Rows U and ER are claims and errors of the articles that the course builds on, rows S are claims about
what works in practice, rows R and sections 2.x the methods that the package contains, rows P and
sections 4.x the statements about parameterizations and flows. A row names a lesson, a sentence that
stands in exactly one cell of it, and a test.
"""

CLAIMS = {
    # row: (lesson, words in the cell that teaches it, the test that holds it)
    "U1 no restriction on the kind of object": (
        "00", "images, tokens, or strings whose length changes. The damage may be",
        "rebuild/test_exact_sampling.py::test_exact_guesses_reach_the_strings_by_every_design",
    ),
    "U2 no restriction on the forward process": (
        "00", "Six ways to destroy, one way to rebuild",
        "destroy/test_process_laws.py::test_inferred_noise_has_law_q",
    ),
    "U3 discrete or continuous time": (
        "00", "smoothly from 0 to 1 or in whole steps",
        "claims/test_lesson_00.py::test_time_may_be_smooth_or_in_whole_steps",
    ),
    "U4 contains DDPM, DDIM, D3PM, Cold Diffusion": (
        "00", "with names such as DDPM, DDIM, D3PM or Cold Diffusion",
        "claims/test_lesson_00.py::test_a_named_method_is_one_step_with_its_refresh_and_no_other",
    ),
    "U5 three parts: forward, predict, correct": (
        "00", "one\nidea in three moves",
        "rebuild/test_sampling.py::test_one_step_is_the_textbook_one",
    ),
    "U7 x_t from x0 by one function of noise": (
        "01", "with no randomness inside. All the chance is in",
        "destroy/test_enumerated_draws.py::test_log_likelihood_is_the_enumerated_one_and_sums_to_one",
    ),
    "U8 steps compose to the closed form, and are not needed": (
        "01", "All we need is $x_t$ from $x_0$, in one jump",
        "destroy/test_schedules.py::test_markov_steps_compose_to_the_closed_form",
    ),
    "U9 information decreases": (
        "01", "**Information about $x_0$ decreases.**",
        "rebuild/test_exact_sampling.py::test_what_is_left_to_guess_rises_with_t",
    ),
    "U9 condition: for all data, not for one": (
        "01", "an entropy is one number, for one kind of data",
        "claims/test_lesson_01.py::test_less_known_of_one_kind_of_data_is_not_less_known_of_all",
    ),
    "U9 deletion is not the cruellest to words": (
        "01", "at no time in the table does deletion lead",
        "claims/test_lesson_01.py::test_replacement_is_crueller_to_words_than_deletion",
    ),
    "U10 at the last time nothing can be known": (
        "01", "0 means \"known for certain\" and 1 means \"nothing known\"",
        "claims/test_lesson_01.py::test_nothing_is_left_at_the_last_time",
    ),
    "U10 condition: blur with a light noise does not forget": (
        "01", "at $t = 1$ blur still gives most digits away",
        "claims/test_lesson_01.py::test_a_light_noise_does_not_make_blur_forget",
    ),
    "U27 destruction must be progressive": (
        "01", "the way from $t = 1$ down to $t = \\tfrac12$ *destroys*",
        "rebuild/test_exact_sampling.py::test_noise_that_falls_again_gives_information_back",
    ),
    "S1 smaller t is easier to reconstruct, if the SNR falls": (
        "01", "Information never grows if and only if the SNR never grows.",
        "claims/test_lesson_01.py::test_information_falls_if_and_only_if_the_snr_does",
    ),
    "S2 which waves drown first": (
        "01", "is a fact about *digits*, not about noise",
        "claims/test_lesson_01.py::test_fine_waves_of_digits_drown_first_and_those_of_white_noise_do_not",
    ),
    "E13 the Markov step": (
        "02", "takes $x_{t-1}$, shrinks it slightly, and adds noise of variance",
        "destroy/test_schedules.py::test_markov_steps_compose_to_the_closed_form",
    ),
    "E14 all steps at once": (
        "02", "One jump replaces $t$ steps",
        "destroy/test_schedules.py::test_markov_steps_compose_to_the_closed_form",
    ),
    "E15 and ER16 why fine waves drown first": (
        "02", "So the growth of $\\beta_t$ has nothing to do with it",
        "claims/test_lesson_02.py::test_the_order_in_which_waves_drown_does_not_depend_on_beta",
    ),
    "E16 coarse structure is generated first": (
        "02", "expect it to settle coarse structure first, then detail",
        "claims/test_lesson_02.py::test_strong_waves_are_generated_first",
    ),
    "E17 and ER13 x_T is only nearly normal": (
        "02", "is true in the limit only",
        "claims/test_lesson_02.py::test_the_end_is_nearly_normal_and_the_bound_holds",
    ),
    "ER12 what has a closed form": (
        "02", "once $x_0$ is *given*, so have the jump",
        "rebuild/test_published_posteriors.py::test_markov_is_the_posterior_of_ddpm",
    ),
    "R4 the limit of small steps": (
        "02", "In the limit this is the *stochastic differential equation*",
        "claims/test_lesson_02.py::test_small_steps_approach_the_sde_at_first_order",
    ),
    "U11 law of total probability": (
        "04", "which is the law of total probability",
        "rebuild/test_enumerated_steps.py::test_marginal_identity_holds_exactly",
    ),
    "U12 predict, then correct, is exact for exact guesses": (
        "04", "we see what the theorem says: no design is better than another",
        "rebuild/test_exact_sampling.py::test_exact_guesses_reach_a_mixture_by_every_design",
    ),
    "U19 the marginal identity": (
        "04", "This is the **marginal identity**",
        "rebuild/test_marginal_identity.py::test_marginal_identity",
    ),
    "U20 the independent design satisfies it": (
        "04", "it never looks at $x_t$. We call it **independent**",
        "rebuild/test_marginal_identity.py::test_marginal_identity",
    ),
    "U21 and S5 under the independent design errors accumulate": (
        "04", "So the errors add up",
        "claims/test_lesson_04.py::test_with_a_biased_guess_more_steps_harm_the_independent_design",
    ),
    "U22 fresh noise costs memory of x_t": (
        "04", "What changes is how much x_s remembers of x_t",
        "claims/test_lesson_04.py::test_memory_falls_as_fresh_noise_rises",
    ),
    "U23 the delta design": (
        "04", "no new noise at all",
        "rebuild/test_published_posteriors.py::test_ddim_is_equations_12_and_16",
    ),
    "U24 and S4 delta keeps the error small": (
        "04", "which grows like the logarithm of the number of steps",
        "claims/test_lesson_04.py::test_the_error_under_delta_grows_like_a_logarithm",
    ),
    "U25 the sigma-tilde design": (
        "04", "Mix the two so that the sum is again $N(0, I)$",
        "rebuild/test_published_posteriors.py::test_interpolate_has_the_coefficients_of_the_sigma_tilde_design",
    ),
    "U26 either part of the noise may be replaced": (
        "04", "Either weight may be the larger one",
        "claims/test_lesson_04.py::test_either_part_may_be_the_old_noise_and_rho_may_be_negative",
    ),
    "R1 DDPM is the sigma-tilde of the SNR ratio": (
        "04", "Which $\\tilde\\sigma$ is that?",
        "rebuild/test_published_posteriors.py::test_markov_is_the_posterior_of_ddpm",
    ),
    "2 infer, refresh, forward is sound": (
        "04", "**Infer, refresh, forward.** Draw",
        "rebuild/test_marginal_identity.py::test_marginal_identity",
    ),
    "2 every sound design is a refresh": (
        "04", "Could a sound design be of another form",
        "claims/test_lesson_04.py::test_the_kernel_of_a_design_keeps_q_if_and_only_if_the_design_is_sound",
    ),
    "2.2 reflection reaches the largest sigma of ReMDM, a mixture does not": (
        "04", "Reflection reaches it",
        "rebuild/test_published_posteriors.py::test_reflect_is_the_largest_sigma_of_remdm",
    ),
    "2 a kernel that changes q is not": (
        "04", "**All we ask is that $K$ leaves $q$ as it is**",
        "rebuild/test_marginal_identity.py::test_a_kernel_that_changes_q_breaks_the_marginal",
    ),
    "ER22 the independent design is sound for exact draws, not for near ones": (
        "04", "The independent design is sound, and so exact with exact draws",
        "claims/test_lesson_04.py::test_a_gaussian_draw_makes_the_independent_design_worse_with_more_steps",
    ),
    "ER23 where F_t has no inverse, draw from the posterior of the noise": (
        "04", "A tempting shortcut, the middle of each interval",
        "destroy/test_process_laws.py::test_the_middle_of_the_interval_is_consistent_but_has_not_law_q",
    ),
    "ER24 linear mixing is for normal noise only": (
        "04", "Do it with uniform thresholds, and they are not uniform any more",
        "rebuild/test_marginal_identity.py::test_thresholds_mixed_linearly_are_not_uniform_and_mixed_by_choice_are",
    ),
    "S3 independent works worse, except with exact draws": (
        "04", "If somebody tells you that the independent design is *always* worse",
        "claims/test_lesson_04.py::test_with_exact_means_more_steps_help_and_delta_needs_fewest",
    ),
    "S3 condition: few steps": (
        "04", "With 2 steps all four designs are equally bad",
        "claims/test_lesson_04.py::test_with_two_steps_the_designs_are_equally_bad",
    ),
    "S6 fooling the predictor": (
        "04", "A good design *fools* the predictor",
        "claims/test_lesson_04.py::test_delta_fools_the_predictor_longer",
    ),
    "S7 which failure heals": (
        "04", "only the independent design heals an early failure completely",
        "claims/test_lesson_04.py::test_early_failures_heal_and_the_last_never_does",
    ),
    "E4 any law becomes normal, given enough steps": (
        "02", "true in the limit only, in which",
        "claims/test_lesson_02.py::test_the_end_is_nearly_normal_and_the_bound_holds",
    ),
    "U13 the chain starts from the law of x_T": (
        "03", "Start from noise, which can be drawn without end",
        "claims/test_lesson_02.py::test_the_end_is_nearly_normal_and_the_bound_holds",
    ),
    "E2 from a known law, samples without end": (
        "03", "Start from noise, which can be drawn without end",
        "claims/test_lesson_05.py::test_the_flow_is_the_quantile_map_and_can_be_undone",
    ),
    "U14 a normal guess is exact for normal data only": (
        "03", "Is $q$ then the posterior? Only if that is normal",
        "rebuild/test_predictors.py::test_gaussian_draws_are_not_exact_for_other_data",
    ),
    "U15 the variance of the guess comes afterwards": (
        "03", "needs no training at all: measure it when $G$ is done",
        "measure/test_variances.py::test_the_variance_of_a_guess_is_fitted_afterwards",
    ),
    "U16 a product of tokens is not their joint law": (
        "03", "A product cannot say that two letters",
        "claims/test_lesson_03.py::test_a_product_forgets_which_tokens_belong_together",
    ),
    "U17 the cross-entropy is the right loss for any process": (
        "03", "It can be estimated by drawing $x_0$ and",
        "measure/test_design_bound.py::test_the_bound_is_cross_entropy_less_entropy",
    ),
    "U18 and ER20 cross-entropy with a normal guess is squared error": (
        "03", "The variance $v$ need not be 1",
        "learn/test_objectives.py::test_squared_error_by_hand",
    ),
    "ER21 the constant that is none": (
        "03", "What if $v$ is to be learnt as well?",
        "claims/test_lesson_03.py::test_without_the_logarithm_the_loss_falls_for_ever",
    ),
    "U28 the posterior of digits must be modelled": (
        "03", "**it has to be modelled**",
        "claims/test_lesson_03.py::test_generation_with_the_oracle_of_a_data_set_copies_the_data_set",
    ),
    "U30 a denoising auto-encoder learns the posterior mean": (
        "03", "Trained on nothing but squared error, it learns the posterior mean",
        "learn/test_objectives.py::test_learns_the_posterior_mean",
    ),
    "S14 and U6 only marginals count": (
        "03", "**only the marginal of $x_t$ given $x_0$ counts**",
        "claims/test_lesson_03.py::test_a_path_costs_more_than_single_times_and_only_marginals_count",
    ),
    "S13 and E25 single times are cheaper than paths": (
        "03", "fifty new examples say more than fifty views",
        "claims/test_lesson_03.py::test_a_path_costs_more_than_single_times_and_only_marginals_count",
    ),
    "E26 and ER17 examples need the right law, not independence": (
        "03", "Dependence costs accuracy; it does not shift the answer",
        "claims/test_lesson_03.py::test_dependent_examples_shift_nothing_and_cost_accuracy",
    ),
    "E5 E6 and E7 smaller spaces lose nothing or something": (
        "03", "Large models first compress the pictures",
        "claims/test_lesson_03.py::test_nothing_is_lost_in_a_plane_that_holds_the_data_and_variance_is_lost_in_others",
    ),
    "E3 normal noise is one option of many": (
        "04", "So the rule must be about the law $q$ of the noise",
        "rebuild/test_marginal_identity.py::test_marginal_identity",
    ),
    "R1 the step of DDPM in the letters of the paper": (
        "05", "Equations 6 and 7 of Ho et al. 2020 are the answer",
        "rebuild/test_published_posteriors.py::test_markov_is_the_posterior_of_ddpm",
    ),
    "R1 against the code of a library": (
        "05", "hold the same step against the code of the library",
        "peers/test_samplers.py::test_reverse_step_is_ddpm_of_diffusers",
    ),
    "R2 the family of DDIM": (
        "05", "The authors of DDIM (Song, Meng and Ermon 2021) join the two",
        "rebuild/test_published_posteriors.py::test_ddim_is_equations_12_and_16",
    ),
    "ER26 and U32 DDIM reuses the noise, DDPM a share of it": (
        "05", "It does not: that is DDIM.",
        "claims/test_lesson_05.py::test_ddim_reuses_the_noise_and_ddpm_a_share_of_it",
    ),
    "R4 small steps are the reverse SDE": (
        "05", "Which $\\gamma$ belongs to which",
        "claims/test_lesson_05.py::test_a_small_step_is_one_of_the_reverse_sde",
    ),
    "E1 E8 and ER14 a one-to-one map without chance": (
        "05", "Going back need not be a matter of chance",
        "claims/test_lesson_05.py::test_the_flow_is_the_quantile_map_and_can_be_undone",
    ),
    "R5 means converge at first order, draws are exact": (
        "05", "First order, then.",
        "claims/test_lesson_05.py::test_plugged_in_means_converge_at_first_order_and_draws_are_exact",
    ),
    "R5 half of the variance under the independent design": (
        "05", "The numbers follow a law: the variance tends to",
        "claims/test_lesson_05.py::test_the_variance_settles_at_half_of_one_plus_c",
    ),
    "R3 the two variances of DDPM are extremes": (
        "05", "So the two famous choices are the two ends of one scale",
        "claims/test_lesson_05.py::test_the_truth_lies_between_the_two_variances_of_ddpm",
    ),
    "R6 what is lost in a step": (
        "05", "tells why DDPM and DDIM forgive a plugged-in mean",
        "claims/test_lesson_05.py::test_what_a_mean_leaves_out_shrinks_with_the_step_except_when_redrawn",
    ),
    "U31 U33 and S6 re-noise to fool the denoiser": (
        "05", "A chain is a row of denoising auto-encoders",
        "claims/test_lesson_05.py::test_exact_draws_fool_the_denoiser_at_every_step_and_means_do_not",
    ),
    "E12 and S7 later steps repair earlier ones": (
        "05", "What goes wrong in the last step stays.",
        "claims/test_lesson_05.py::test_an_early_failure_leaves_a_trace_unless_all_is_redrawn",
    ),
    "E19 entropy plus divergence": (
        "06", "is a fact about the data. Only the divergence",
        "claims/test_lesson_06.py::test_the_negative_log_likelihood_is_entropy_plus_divergence",
    ),
    "E23 and ER10 the law of the path and its marginal": (
        "06", "the first product is the law of the whole *path*",
        "measure/test_likelihood.py::test_the_path_is_a_product_over_all_steps",
    ),
    "ER15 q destroys, p is the model": (
        "06", "In this lesson, $q$ is the data and what destroys it, and $p$ is the model",
        "measure/test_likelihood.py::test_three_terms_are_the_raw_bound",
    ),
    "E20 and E21 a mean over paths, and Jensen": (
        "06", "Write the integral as a mean over paths of $q$",
        "measure/test_likelihood.py::test_the_gap_of_a_solved_chain",
    ),
    "E22 the three terms": (
        "06", "What remains are divergences between normal laws",
        "measure/test_likelihood.py::test_three_terms_are_the_raw_bound",
    ),
    "E9 and ER11 the posterior of a step, whole": (
        "06", "its mean *and* its variance",
        "measure/test_likelihood.py::test_the_posterior_of_one_step_as_published",
    ),
    "E24 the middle sum matters most": (
        "06", "The middle sum is by far the largest part",
        "measure/test_likelihood.py::test_the_three_terms_of_a_solved_chain",
    ),
    "R9 the weight of the noise loss": (
        "06", "+ \\text{const}$.",
        "measure/test_likelihood.py::test_the_weight_of_the_noise_loss",
    ),
    "R7 three roads to the variance that is left": (
        "06", "Three roads lead to it",
        "measure/test_variances.py::test_three_formulas_of_one_variance",
    ),
    "R8 and E18 the best variance closes the gap": (
        "06", "The optimal variance wins at all three numbers of steps",
        "measure/test_likelihood.py::test_the_gap_of_a_wrong_variance",
    ),
    "E10 and ER18 steps back become normal": (
        "06", "so the whole costs something of order",
        "claims/test_lesson_06.py::test_true_steps_back_become_normal_at_second_or_third_order",
    ),
    "E11 the number of steps depends on the data": (
        "06", "For normal data a single one is exact",
        "claims/test_lesson_06.py::test_one_step_is_exact_for_normal_data_only",
    ),
    "S11 steps needed grow with the distance from normal, and then hardly": (
        "06", "The number grows with the distance from normal, and then hardly any more",
        "claims/test_lesson_06.py::test_the_number_of_steps_grows_with_the_distance_from_normal_and_saturates",
    ),
    "E12 condition: hidden states alone do not ease learning": (
        "06", "For *this* model the hidden states alone do not help",
        "claims/test_lesson_06.py::test_hidden_states_help_no_start_but_equal_weights_do",
    ),
    "E24 condition: a schedule moves nats between the terms": (
        "06", "The first step moves more than a nat from $L_0$ into the middle",
        "claims/test_lesson_06.py::test_the_first_step_moves_nats_between_terms_and_the_last_moves_the_bound",
    ),
    "R9 in many steps the bound depends on the ends of a schedule only": (
        "06", "the middle sum does not care how a schedule spends its time",
        "claims/test_lesson_06.py::test_in_many_steps_only_the_ends_of_a_schedule_matter",
    ),
    "R10 a bound for any design": (
        "06", "So whoever lowers the cross-entropy lowers this bound",
        "measure/test_design_bound.py::test_the_bound_holds_for_every_design",
    ),
    "P1 and P6 four targets are conditional expectations": (
        "07", "So a trained network returns",
        "claims/test_lesson_07.py::test_the_mean_of_the_targets_is_the_exact_answer",
    ),
    "P2 and P3 known targets will do, for score and velocity": (
        "07", "the two losses differ by a constant",
        "claims/test_lesson_07.py::test_losses_with_known_and_unknown_targets_differ_by_a_constant",
    ),
    "P4 and P7 a kind is its pair": (
        "07", "A kind *is* its pair $(A_t, B_t)$.",
        "flow/test_parameterizations.py::test_targets_by_their_definitions",
    ),
    "P5 the score is the mean of the conditional scores": (
        "07", "the gradient of $\\log p_t$ of *all* $x_t$ together?",
        "flow/test_parameterizations.py::test_the_score_is_the_gradient_of_autograd",
    ),
    "P16 score from data, with a removable hole": (
        "07", "is called *removable*. Multiply out",
        "flow/test_parameterizations.py::test_at_the_end_alpha_is_0",
    ),
    "P8 and P17 all from two equations": (
        "07", "Read the plane as a system.",
        "flow/test_parameterizations.py::test_conversions_of_exact_answers",
    ),
    "P15 and P18 the weights of the score loss": (
        "07", "The tables of the papers fall out.",
        "flow/test_parameterizations.py::test_weights_of_the_score_loss",
    ),
    "P6 one error, four faces": (
        "07", "One $\\delta$ serves all kinds.",
        "claims/test_lesson_07.py::test_errors_of_all_kinds_are_one_error",
    ),
    "ER1 the square that was missing": (
        "07", "a squared length equals a negative number",
        "claims/test_lesson_07.py::test_without_its_square_a_length_would_be_negative",
    ),
    "ER1 and where it hides": (
        "07", "Swapped scales hide there",
        "claims/test_lesson_07.py::test_a_test_at_one_half_does_not_see_the_missing_square",
    ),
    "ER7 where each one breaks": (
        "07", "A kind with $D = 0$ says nothing beyond $x_t$:",
        "flow/test_parameterizations.py::test_at_the_start_sigma_is_0",
    ),
    "ER7 noise at the end of time": (
        "07", "is an error of 637 in the data",
        "claims/test_lesson_07.py::test_noise_is_blown_up_at_the_end_and_velocity_is_not",
    ),
    "ER7 the score of separate points": (
        "07", "the noise stays of size 1 down to $\\sigma = 0$",
        "claims/test_lesson_07.py::test_the_score_of_separate_points_grows_like_one_over_sigma",
    ),
    "ER7 the share of early times in the score": (
        "07", "most of that lies before $t = 0.2$",
        "claims/test_lesson_07.py::test_most_of_the_squared_score_lies_at_early_times",
    ),
    "ER7 where W is 0": (
        "07", "stands still, $v$ is a multiple of $x_t$",
        "flow/test_parameterizations.py::test_velocity_that_says_nothing",
    ),
    "4.3 the error of the drift": (
        "07", "The package has them as `drift_error`.",
        "flow/test_parameterizations.py::test_drift_errors_by_their_formulas",
    ),
    "4.3 a kind is a weight in disguise": (
        "07", "is the merit of its weight",
        "claims/test_lesson_07.py::test_weights_bring_the_kinds_together",
    ),
    "P13 better consistency from step to step": (
        "07", "At early times it turns round for the data",
        "claims/test_lesson_07.py::test_consistency_is_a_matter_of_errors_and_of_the_time",
    ),
    "P13 consistency is not smoothness": (
        "07", "Smooth and consistent are two things.",
        "claims/test_lesson_07.py::test_the_roughest_exact_answer_is_the_velocity_and_the_smoothest_the_data",
    ),
    "4.3 what a step feels of an error": (
        "07", "so $x_s$ is off by $-h\\, W/D$",
        "claims/test_lesson_07.py::test_what_a_step_feels_is_the_step_itself",
    ),
    "P7 a sum of data and noise has a blind moment": (
        "07", "a kind whose arrow $x_t$ passes over has a blind moment",
        "claims/test_lesson_07.py::test_a_sum_of_data_and_noise_has_a_blind_moment_and_a_difference_has_none",
    ),
    "4.1 the best wrapper": (
        "07", "The target of $F$ should have variance 1 at every time",
        "claims/test_lesson_07.py::test_the_best_wrapper_has_a_target_of_variance_one_and_the_least_scale",
    ),
    "4.3 velocities of three papers": (
        "07", "So they agree, up to a factor",
        "claims/test_lesson_07.py::test_which_velocities_are_multiples",
    ),
    "4.1 the network inside a wrapper": (
        "07", "always the part that $x_t$ does not show",
        "claims/test_lesson_07.py::test_the_wrapped_network_is_asked_for_what_is_hidden",
    ),
    "4.1 a round trip proves nothing": (
        "07", "Because a round trip proves nothing.",
        "flow/test_parameterizations.py::test_control_a_consistent_sign_survives_round_trips",
    ),
    "4.1 one more kind is one more line": (
        "07", "one more kind is one more line",
        "flow/test_parameterizations.py::test_another_kind_is_one_line",
    ),
    "P9 4.2 and ER5 four forms of the flow are one field": (
        "08", "One and the same function. So no parameterization makes",
        "claims/test_lesson_08.py::test_four_forms_of_the_flow_are_one_field",
    ),
    "ER14 and E8 the flow is the quantile map, and can be undone": (
        "08", "Nothing is lost on the way: the flow is a one-to-one map",
        "claims/test_lesson_05.py::test_the_flow_is_the_quantile_map_and_can_be_undone",
    ),
    "4.2 the order of a method is a slope": (
        "08", "The order is the slope of such a line",
        "flow/test_solvers.py::test_the_order_is_the_slope",
    ),
    "4.4 DDIM is Euler's step in flow-matching time": (
        "08", "So DDIM *is* Euler, with another clock",
        "flow/test_solvers.py::test_at_order_one_three_faces_are_ddim",
    ),
    "P10 what depends on the kind: errors, and what is held constant": (
        "08", "The other is what a solver may hold constant in a step",
        "flow/test_solvers.py::test_any_kind_of_model_gives_the_same_path",
    ),
    "P10 exact in the linear part is no gain by itself": (
        "08", "So to be exact in the linear part is no gain by itself",
        "claims/test_lesson_08.py::test_the_noise_changes_least_and_yet_ddim_loses_to_euler_on_even_times",
    ),
    "4.2 three runs tell the order": (
        "08", "An order far from the one in the book says",
        "claims/test_lesson_08.py::test_three_runs_tell_the_order_and_the_error_of_the_best",
    ),
    "P12 S8 and ER4 x0 or v for few steps": (
        "08", "From almost pure noise a noise predictor is hopeless",
        "claims/test_lesson_08.py::test_with_few_steps_from_noise_x0_and_v_are_safe_and_eps_is_not",
    ),
    "S8 condition: signal left at the start": (
        "08", "So the advice holds where hardly any signal is left",
        "claims/test_lesson_08.py::test_with_signal_left_eps_is_safe_too",
    ),
    "P11 and S9 eps or x0 for advanced solvers": (
        "08", "Against Heun, $\\varepsilon$ and $x_0$ do better",
        "claims/test_lesson_08.py::test_second_order_in_eps_and_x0_beats_heun_but_not_always_euler",
    ),
    "P13 and S10 smoother targets": (
        "08", "$x_0$ moves least: supported. $v$ moves most",
        "claims/test_lesson_08.py::test_x0_is_the_smoothest_target_along_a_path_and_v_the_roughest",
    ),
    "P2 three targets out of reach": (
        "09", "Nobody can compute that for photographs",
        "claims/test_lesson_09.py::test_the_score_and_the_velocity_are_means_of_conditional_ones",
    ),
    "P3 and 4.5 the conditional losses differ by a constant": (
        "09", "The difference is one and the same number for all guesses",
        "claims/test_lesson_09.py::test_conditional_losses_differ_by_the_constants",
    ),
    "P3 and 4.5 the constant of the velocity": (
        "09", "So the same argument as before gives",
        "claims/test_lesson_09.py::test_conditional_losses_differ_by_the_constants",
    ),
    "P3 equal gradients": (
        "09", "So both losses have the same gradient in",
        "claims/test_lesson_09.py::test_both_losses_have_one_gradient",
    ),
    "4.5 the conditional loss never reaches 0": (
        "09", "The conditional loss never reaches 0, not even for the perfect network",
        "claims/test_lesson_09.py::test_the_floor_of_the_loss",
    ),
    "4.5 two targets at each point measure the wanted loss": (
        "09", "if at each $x_t$ *two* targets can be had",
        "claims/test_lesson_09.py::test_two_targets_at_each_point_measure_the_wanted_loss",
    ),
    "P4 the normal kernel": (
        "09", "so that $p(x_t \\mid x_0) = N(\\alpha_t x_0",
        "claims/test_lesson_09.py::test_the_score_and_the_velocity_are_means_of_conditional_ones",
    ),
    "P5 the score is a mean of conditional scores": (
        "09", "Is the score really the mean of the conditional scores",
        "claims/test_lesson_09.py::test_the_score_and_the_velocity_are_means_of_conditional_ones",
    ),
    "ER2 x0 and x_t must be drawn together": (
        "09", "Read literally, $x_t$ then has nothing to do with $x_0$",
        "claims/test_lesson_09.py::test_pairs_that_are_not_drawn_together_teach_a_straight_line",
    ),
    "ER3 the divergence has two laws, and a constant of its own": (
        "09", "tells about $x_0$ beyond what $x_t$ tells",
        "claims/test_lesson_09.py::test_the_divergences_differ_by_the_mutual_information",
    ),
    "4.5 the divergence needs a kernel with noise": (
        "09", "The last lines show when the trick fails",
        "claims/test_lesson_09.py::test_the_information_of_a_step_grows_without_bound_as_its_noise_vanishes",
    ),
    "ER6 the velocity is that of the interpolant": (
        "09", "A path of the forward SDE of lesson 02 has the same",
        "claims/test_lesson_09.py::test_the_interpolant_has_a_velocity_and_a_path_of_the_sde_has_none",
    ),
    "R9 and 4.5 the divergence of a step is a weighted error of x0, least for DDPM": (
        "09", "Of all these designs DDPM asks least of the guess",
        "claims/test_lesson_09.py::test_the_divergence_of_a_step_is_a_weighted_error_least_for_ddpm",
    ),
    "P14 and 4.4 all affine flows are one": (
        "09", "Nothing but a clock and a zoom",
        "flow/test_affine_flows.py::test_an_exact_model_stays_exact",
    ),
    "ER8 and 4.4 the conditions": (
        "09", "It also knows what cannot be done",
        "flow/test_affine_flows.py::test_a_range_that_is_not_reached",
    ),
    "ER8 and 4.4 DDIM steps are equivalent, Euler steps are not": (
        "09", "their *discretisations* are not",
        "flow/test_affine_flows.py::test_ddim_steps_go_over_exactly_and_euler_steps_do_not",
    ),
    "4.4 Euler is DDIM for straight scales": (
        "09", "if both scales are straight lines in $t$",
        "flow/test_affine_flows.py::test_euler_on_the_velocity_is_ddim_if_the_scales_are_affine_in_t",
    ),
    "4.4 a score is divided by the zoom": (
        "09", "its *logarithm* has slopes that are flatter by $c$",
        "flow/test_affine_flows.py::test_an_exact_model_stays_exact",
    ),
    "P19 what a side gains is what flows in": (
        "09", "That share can change only by what passes through",
        "claims/test_lesson_09.py::test_what_a_side_gains_flows_through_the_point",
    ),
    "4.6 in the plane a density does not settle the velocity": (
        "09", "In the plane the density alone does not settle the velocity",
        "claims/test_lesson_09.py::test_in_the_plane_a_density_does_not_settle_the_velocity",
    ),
    "P19 and 4.6 one continuity equation": (
        "09", "This is the **continuity equation**",
        "claims/test_lesson_09.py::test_every_member_of_the_family_obeys_its_equation",
    ),
    "4.6 the family in gamma keeps the law": (
        "09", "The law stays for every $\\gamma$",
        "claims/test_lesson_09.py::test_particles_keep_the_law_for_every_gamma",
    ),
    "2.4 heat lets each wave fade by itself": (
        "10", "So each wave only fades:",
        "rebuild/test_published_blur.py::test_blur_solves_the_heat_equation_with_closed_ends",
    ),
    "2.4 against the cosine transform of a library": (
        "10", "wrote a picture as a sum of waves",
        "rebuild/test_published_blur.py::test_dct_is_the_orthonormal_dct_of_scipy",
    ),
    "2.4 and U29 cold blur destroys nothing, or is many to one": (
        "10", "So it matters what is left. Cold blur with all its decimals",
        "claims/test_lesson_10.py::test_blur_destroys_nothing_until_it_is_rounded_or_complete",
    ),
    "2.4 a light noise can be inferred at any width": (
        "10", "the map back is **one-to-many**",
        "rebuild/test_published_blur.py::test_inferred_noise_leads_to_x_t_whatever_the_size",
    ),
    "2.4 and 2.5 keep is the improved cold sampler at any noise": (
        "10", "**The improved step is keep (lesson 04's delta design) for blur with noise",
        "rebuild/test_published_blur.py::test_blur_with_constant_noise_and_keep_is_algorithm_2_at_any_noise",
    ),
    "2.4 noise that changes scales the residual": (
        "10", "noise that grows with $t$ comes back multiplied by",
        "rebuild/test_published_blur.py::test_blur_with_changing_noise_and_keep_rescales_the_residual",
    ),
    "2.4 one share for each wave is Blurring Diffusion": (
        "10", "So each wave has its own share of old noise",
        "rebuild/test_published_posteriors.py::test_markov_is_the_posterior_of_blurring_diffusion",
    ),
    "2.4 with delta = sigma the step of IHDM is redraw": (
        "10", "With $\\delta = \\sigma$ this step is `Redraw()`",
        "claims/test_lesson_10.py::test_ihdm_with_delta_equal_to_sigma_is_redraw",
    ),
    "2.4 how much noise a step should add": (
        "10", "your formula lies between $\\sigma^2$ and",
        "claims/test_lesson_10.py::test_the_best_delta_is_the_conditional_variance_of_the_earlier_wave",
    ),
    "2.4 the law of the generated variance": (
        "10", "generated variance / true variance tends to",
        "claims/test_lesson_10.py::test_the_generated_variance_tends_to_delta_squared_over_two_sigma_squared",
    ),
    "2.4 digits out of grey with a light noise": (
        "10", "The light noise has done its work",
        "claims/test_lesson_10.py::test_a_network_makes_digits_out_of_grey_with_light_noise_and_not_without",
    ),
    "2.5 two algorithms, two refreshes": (
        "10", "The package has noiseless damage as a process too",
        "rebuild/test_published_blur.py::test_cold_diffusion_is_keep_and_redraw",
    ),
    "2.5 additive damage is undone by any restorer": (
        "10", "Exact, with a restorer that knows nothing",
        "rebuild/test_published_blur.py::test_algorithm_2_undoes_an_additive_corruption_with_any_restorer",
    ),
    "2.5 the error is a sum of changes": (
        "10", "Only how $D$ *changes* at the guess matters",
        "claims/test_lesson_10.py::test_the_error_of_the_improved_sampler_is_a_sum_of_changes",
    ),
    "2.5 more steps ruin the naive sampler only": (
        "10", "Over a thousand steps these factors multiply",
        "claims/test_lesson_10.py::test_more_steps_ruin_the_naive_sampler_and_do_not_touch_the_improved_one",
    ),
    "2.5 the improved sampler in small steps": (
        "10", "What does it make of a wave in ever more, ever smaller steps?",
        "claims/test_lesson_10.py::test_more_steps_ruin_the_naive_sampler_and_do_not_touch_the_improved_one",
    ),
    "2.4 when a wave drowns": (
        "10", "We say that it drowns where the blur has made its variance as small as that of the noise",
        "claims/test_lesson_10.py::test_a_wave_drowns_where_its_variance_is_that_of_the_noise",
    ),
    "2.5 cold against hot, like with like": (
        "10", "takes the part of the noise: it makes the starts different",
        "claims/test_lesson_10.py::test_a_network_makes_digits_out_of_grey_with_light_noise_and_not_without",
    ),
    "ER25 what is left of a wrong start": (
        "10", "Keep takes a start that is off by one deviation",
        "claims/test_lesson_10.py::test_what_is_left_of_a_wrong_start_is_a_product_over_the_steps",
    ),
    "2.5 no noise, no diversity": (
        "10", "deterministic chain cannot make more different pictures",
        "claims/test_lesson_10.py::test_a_deterministic_chain_makes_no_more_pictures_than_it_is_given",
    ),
    "ER25 the start must have the right law": (
        "10", "So $K$ decides. Keep carries a wrong start",
        "claims/test_lesson_10.py::test_a_wrong_prior_is_kept_by_keep_and_slowly_forgotten_by_redraw",
    ),
    "2.2 masking is thresholds on uniform noise": (
        "11", "Only on which side of $p_t$ it lies. On that side it is still uniform",
        "destroy/test_process_laws.py::test_inferred_noise_has_law_q",
    ),
    "2.2 D3PM and MDLM keep, ReMDM mixes": (
        "11", "`Mixture(r)` is ReMDM with $\\omega = r\\, p_s$",
        "rebuild/test_published_posteriors.py::test_mixture_is_remdm",
    ),
    "2.2 a masked token stays masked with the ratio of the levels": (
        "11", "a masked token stays masked with $p_s/p_t$, a visible one never changes",
        "rebuild/test_published_posteriors.py::test_keep_is_the_posterior_of_mdlm",
    ),
    "2.2 order-agnostic decoding": (
        "11", "the next to appear is each of them with the same chance",
        "claims/test_lesson_11.py::test_under_keep_tokens_open_in_every_order_alike",
    ),
    "2.3 an unchanged token may have been replaced by itself": (
        "11", "it was left alone, or replaced by itself",
        "rebuild/test_published_posteriors.py::test_markov_is_the_posterior_of_d3pm_uniform",
    ),
    "2.3 keep is multinomial DDIM": (
        "11", "That is the DDIM of multinomial diffusion",
        "rebuild/test_published_posteriors.py::test_mixture_is_multinomial_ddim",
    ),
    "2.3 and ER24 probabilities in place of a draw": (
        "11", "It is another kernel. Bayes' formula has",
        "measure/test_token_worlds.py::test_probabilities_in_bayes_rule_are_another_kernel",
    ),
    "S15 and U16 a product errs, the whole does not": (
        "11", "A product errs only where two tokens are opened in the *same* step",
        "measure/test_token_worlds.py::test_a_factorised_predictor_errs_by_one_over_root_steps_where_noise_is_redrawn",
    ),
    "S15 under keep a product errs by one over the steps": (
        "11", "Under keep that happens with a chance of order $1/T$, once",
        "measure/test_token_worlds.py::test_a_factorised_predictor_errs_by_one_over_steps_under_keep",
    ),
    "S15 the whole posterior is exact": (
        "11", "the whole posterior is exact at any number of steps, with any kernel",
        "measure/test_token_worlds.py::test_a_joint_predictor_is_exact_at_any_number_of_steps",
    ),
    "remasking with draws": (
        "11", "So no kernel wins by every measure",
        "claims/test_lesson_11.py::test_redrawn_digits_are_further_as_a_law_and_no_easier_to_tell",
    ),
    "2.2 the price of a step": (
        "11", "Visible tokens are free. So a row pays",
        "measure/test_token_worlds.py::test_step_nats_is_the_kl_of_a_step",
    ),
    "2.2 the bound falls to the entropy": (
        "11", "With many it falls to the entropy",
        "measure/test_token_worlds.py::test_the_bound_falls_to_the_entropy_of_the_data",
    ),
    "2.2 a mixture does not reach the largest chance to hide again": (
        "11", "thresholds must be reflected, $u \\to 1 - u$",
        "rebuild/test_published_posteriors.py::test_reflect_is_the_largest_sigma_of_remdm",
    ),
    "redrawn tokens are guessed again": (
        "11", "Redrawn, a token is guessed about $T/6$ times more",
        "claims/test_lesson_11.py::test_a_redrawn_token_is_guessed_about_a_sixth_of_the_steps_more",
    ),
    "S15 the error of a product grows like the number of tokens": (
        "11", "For many steps the chance is near $n/(4T)$",
        "claims/test_lesson_11.py::test_the_error_of_equal_bits_grows_like_their_number",
    ),
    "S15 the excess of the bound is the mutual information over the steps": (
        "11", "So in *every* world the excess is at most $n \\log V/T$",
        "claims/test_lesson_11.py::test_the_excess_of_the_bound_is_linear_in_what_tokens_know_of_each_other",
    ),
    "two cosines of levels": (
        "11", "which is $p_t = \\sin(\\pi t/2)$ in our time",
        "claims/test_lesson_11.py::test_maskgit_opens_few_tokens_first_and_the_other_cosine_many",
    ),
    "U29 digits as tokens": (
        "11", "Take them as 64 tokens, without any order between light and dark",
        "claims/test_lesson_11.py::test_digits_as_tokens_reach_their_bar",
    ),
    "U29 names, honestly": (
        "11", "Be honest about this table",
        "claims/test_lesson_11.py::test_names_reach_their_bar_and_not_that_of_four_letters",
    ),
    "2.6 the number of embeddings, by a table": (
        "12", "Straight down is a deleted letter, down and to the right a kept one",
        "claims/test_lesson_12.py::test_the_table_by_hand",
    ),
    "2.6 the alignment is uniform at any level": (
        "12", "Divide by their sum, and $p_t$ cancels",
        "claims/test_lesson_12.py::test_every_embedding_is_equally_likely_at_any_level",
    ),
    "2.6 the walk through the table": (
        "12", "So take it with chance $N_{i+1,j+1} / N_{i,j}$",
        "destroy/test_enumerated_draws.py::test_the_alignment_has_its_exact_law",
    ),
    "2.6 the closed form of a step": (
        "12", "closed form and Bayes by enumeration differ by at most",
        "claims/test_lesson_12.py::test_the_closed_form_of_a_step_is_bayes",
    ),
    "2.6 the left-most alignment fails": (
        "12", "with the left-most or the right-most one it is not",
        "claims/test_lesson_12.py::test_the_left_most_alignment_fails",
    ),
    "2.6 the left-most alignment infers the noise wrongly": (
        "12", "They are the wrong ones, and their noise is inferred wrongly",
        "claims/test_lesson_12.py::test_only_a_fair_draw_takes_each_letter_for_kept_as_often_as_it_is",
    ),
    "2.6 where the left-most alignment does no harm": (
        "12", "exchanging equal neighbours does not change the string",
        "claims/test_lesson_12.py::test_the_left_most_rule_is_right_where_equal_letters_stand_together",
    ),
    "2.6 how many letters are gone": (
        "12", "however many are left",
        "claims/test_lesson_12.py::test_how_many_letters_are_gone",
    ),
    "2.6 keep only inserts": (
        "12", "So Keep is a pure *insertion* model",
        "claims/test_lesson_12.py::test_under_keep_strings_only_grow",
    ),
    "2.6 a mixture inserts and deletes": (
        "12", "A fresh threshold may fall on either side of $p_s$",
        "claims/test_lesson_12.py::test_a_mixture_lets_letters_come_and_go",
    ),
    "2.6 the empty string tells nothing": (
        "12", "so its posterior is the law of the data itself",
        "claims/test_lesson_12.py::test_nothing_is_known_from_the_empty_string",
    ),
    "2.6 a writer of actions keeps every letter": (
        "12", "Whatever it chooses, $x_t$ hides in what it writes",
        "claims/test_lesson_12.py::test_typed_letters_are_never_lost",
    ),
    "2.7 substitutions and insertions by the same recursion": (
        "12", "The recursion stays, with chances in place of counts",
        "claims/test_lesson_12.py::test_misprints_by_the_same_recursion",
    ),
    "2.7 intruders survive": (
        "12", "so it survives with chance $\\iota_s/\\iota_t$",
        "claims/test_lesson_12.py::test_intruders_survive_with_the_ratio_of_their_levels",
    ),
    "2.7 while iota rises no intruder goes": (
        "12", "As long as it does, no intruder goes, and new ones come",
        "claims/test_lesson_12.py::test_while_their_level_rises_all_intruders_stay_and_new_ones_come",
    ),
    "a draw, not only an answer that gives x_t back": (
        "14", "With the middle of the stretch it falls as steps are added",
        "claims/test_lesson_14.py::test_the_middle_gets_stuck_and_a_draw_does_not",
    ),
    "the middle never turns in short steps": (
        "14", "With the middle the wheel gets stuck",
        "claims/test_lesson_14.py::test_in_short_steps_the_middle_never_turns",
    ),
    "the length of a stretch is a chance": (
        "14", "Its length is the chance of what you see",
        "claims/test_lesson_14.py::test_the_chances_of_a_letter_are_those_of_the_speeds",
    ),
    "a made-up process under nine laws": (
        "14", "All of them together call a right process broken in at most one of 1000 runs",
        "claims/test_lesson_14.py::test_the_rotation_satisfies_all_laws",
    ),
    "each fault by its own laws": (
        "14", "No two faults break the same laws, and each leaves most laws whole",
        "claims/test_lesson_14.py::test_each_fault_is_seen_by_its_own_laws",
    ),
    "salt and pepper by its own colour": (
        "14", "Who takes it for left alone breaks \"noise\"",
        "claims/test_lesson_14.py::test_salt_and_pepper_may_hit_a_pixel_by_its_own_colour",
    ),
    "how many that stand still are loose": (
        "14", "the number $k$ that are loose has to be drawn",
        "claims/test_lesson_14.py::test_how_many_pixels_that_stand_still_are_loose",
    ),
    "a judge that errs": (
        "14", "The judge calls \"right\" the share $a$ of these, and some of the others by luck",
        "claims/test_lesson_14.py::test_a_judge_that_errs_is_seen_through",
    ),
    "guidance is right more often and lies further off": (
        "14", "Yet these digits lie far from real ones",
        "claims/test_lesson_14.py::test_stronger_guidance_is_right_more_often_and_lies_further_from_real_digits",
    ),
    "vectors at zero are not noticed": (
        "14", "9 digits in 100 were as asked for, as by chance",
        "claims/test_lesson_14.py::test_vectors_of_labels_that_begin_at_zero_are_not_noticed_soon",
    ),
    "one network on the circle and on the line": (
        "14", "A deterministic step that mixes $\\hat x_0$ and $\\hat\\varepsilon$ with new weights is the same step on every schedule",
        "claims/test_lesson_14.py::test_circle_and_line_draw_the_same",
    ),
    "S12 and E6 on a subspace the small guess is all": (
        "13", "beside the plane the score is $-x_\\perp / \\sigma^2$",
        "claims/test_lesson_13.py::test_beside_the_subspace_the_score_is_a_formula",
    ),
    "S12 the guess in the large space from that in the small one": (
        "13", "So two numbers see as much as twenty",
        "claims/test_lesson_13.py::test_on_a_subspace_the_small_guess_is_all_there_is_to_know",
    ),
    "E6 and S12 fewer dimensions are learnt from fewer examples": (
        "13", "With many examples the quotient comes down to $d/k = 8$",
        "claims/test_lesson_13.py::test_a_straight_guess_costs_as_its_inputs",
    ),
    "ER19 and E7 reduce or higher is better: each has its condition": (
        "13", "So both sentences have their condition",
        "claims/test_lesson_13.py::test_with_few_examples_neither_the_fewest_nor_the_most_directions_are_best",
    ),
    "S12 what is left out and what is guessed wrong add up": (
        "13", "and that of what no $\\hat z$ could mend",
        "claims/test_lesson_13.py::test_the_two_errors_add_up_to_the_whole",
    ),
    "E5 latents need one scale of the whole training set": (
        "13", "Both come from the *whole* training set",
        "claims/test_lesson_13.py::test_one_scale_is_the_one_that_the_autoencoder_keeps",
    ),
    "E5 condition: a wrong scale is a wrong clock": (
        "13", "so a scale $s$ can be made up for by another time",
        "claims/test_lesson_13.py::test_a_scale_is_a_clock",
    ),
    "E5 diffusion on latents is diffusion": (
        "13", "The process is Gaussian noise on the path of lesson 03",
        "learn/test_letter_models.py::test_drawn_letters_are_near_unseen_ones_and_noise_is_not",
    ),
    "guidance does not sample what it is named after": (
        "13", "So guidance is a way to lead",
        "claims/test_lesson_13.py::test_guided_flow_does_not_sample_the_tilted_law",
    ),
}

# What the lessons that exist own, and so may not leave out.
OWNED = (
    *(f"U{k}" for k in range(1, 34)),
    *(f"E{k}" for k in range(1, 27)),
    *(f"R{k}" for k in range(1, 11)),
    *(f"S{k}" for k in range(1, 16)),
    *(f"P{k}" for k in range(1, 20)),
    *(f"ER{k}" for k in (*range(1, 9), *range(10, 27))),
    *(f"4.{k}" for k in range(1, 7)),
    *(f"2.{k}" for k in range(2, 8)),
)
