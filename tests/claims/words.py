"""What a public docstring calls a bound, exact, an error, a probability or the like, and the tests that hold it.

Each test named here meets the claim on a case where a neighbour of the right answer would fail: another
factor, a root too many, n for n - 1, the other end of an interval, a weight or a term left out, a bound
that lies below. `test_words.py` finds the docstrings; an entry for one that claims nothing fails too.
"""

_ALIGNMENT, _DRAWS = "destroy/test_alignment.py::test_", "destroy/test_enumerated_draws.py::test_"
_LAWS, _NOISE = "destroy/test_process_laws.py::test_", "destroy/test_noise_laws.py::test_"
_LEVELS = "destroy/test_schedules.py::test_"
_PUBLISHED = "rebuild/test_published_posteriors.py::test_"
_FINITE, _ORACLES = "rebuild/test_finite_data.py::test_", "rebuild/test_oracles.py::test_"
_EXACT, _PREDICTORS = "rebuild/test_exact_sampling.py::test_", "rebuild/test_predictors.py::test_"
_KINDS, _AFFINE = "flow/test_parameterizations.py::test_", "flow/test_affine_flows.py::test_"
_SOLVERS = "flow/test_solvers.py::test_"
_NETWORKS, _TOKENS = "learn/test_networks.py::test_", "learn/test_token_networks.py::test_"
_OBJECTIVES, _EDITS = "learn/test_objectives.py::test_", "learn/test_edits.py::test_"
_TRAINING = "learn/test_training.py::test_"
_WORLD, _LIKELIHOOD = "measure/test_token_worlds.py::test_", "measure/test_likelihood.py::test_"
_DESIGN, _FLOW = "measure/test_design_bound.py::test_", "measure/test_flow_likelihood.py::test_"
_VARIANCES, _DISTANCES = "measure/test_variances.py::test_", "measure/test_distances.py::test_"
_JUDGE = "measure/test_digit_judge.py::test_"

WORDS = {
    # door.name, or door.class.method: the test, or the tests
    "data.pinwheel_centres": _ORACLES + "expectations_by_quadrature",
    # destroy
    "destroy.Cold": (
        "rebuild/test_published_blur.py::test_blur_with_constant_noise_and_keep_is_algorithm_2_at_any_noise",
        "rebuild/test_published_blur.py::test_cold_diffusion_is_keep_and_redraw",
    ),
    "destroy.Deletion": (
        _DRAWS + "the_alignment_has_its_exact_law",
        _DRAWS + "the_left_most_alignment_has_another_law",
        _LAWS + "each_token_vanishes_at_its_own_rate",
        "destroy/test_discrete_laws.py::test_the_alignment_is_even_whatever_the_rates",
        "destroy/test_long_strings.py::test_the_likelihood_of_long_strings_is_exact",
    ),
    "destroy.DiscreteLevel": (
        _LEVELS + "levels_are_their_formulas",
        _PUBLISHED + "markov_is_the_posterior_of_d3pm_absorbing",
    ),
    "destroy.Editing": (
        _ALIGNMENT + "the_chances_of_edits_are_their_formulas",
        _ALIGNMENT + "a_step_with_kept_noise_has_the_law_of_brute_force",
        _ALIGNMENT + "a_string_is_reachable_up_to_two_tokens_for_each_and_one",
        _ALIGNMENT + "without_noise_of_its_own_it_is_deletion",
        _ALIGNMENT + "guesses_that_do_not_hold_x_t_are_welcome",
    ),
    "destroy.Level": (
        _LEVELS + "levels_rise_from_zero",
        _DRAWS + "log_likelihood_is_the_enumerated_one_and_sums_to_one",
    ),
    "destroy.Level.p": _LEVELS + "levels_are_their_formulas",
    "destroy.Masking": "rebuild/test_bad_input.py::test_tokens_outside_the_alphabet",
    "destroy.NoiseLaw.mix": _NOISE + "every_coordinate_is_drawn_again_by_a_coin_of_its_own",
    "destroy.Replacement": (
        _LAWS + "inferred_noise_has_law_q",
        _LAWS + "the_likeliest_explanation_is_consistent_but_has_not_law_q",
        _DRAWS + "draws_follow_the_exact_law_of_the_step",
        _DRAWS + "markov_of_replacement_is_not_keep",
    ),
    "destroy.Replacement.markov_refresh": (
        "rebuild/test_enumerated_steps.py::test_replacement_markov_is_d3pm_uniform",
        _PUBLISHED + "markov_is_the_posterior_of_d3pm_uniform",
    ),
    "destroy.UniformAndToken.redraw_token": _NOISE + "a_token_drawn_again_may_be_the_same",
    # rebuild
    "rebuild.FiniteData": (_FINITE + "weights_of_texts_by_enumeration", _FINITE + "weights_of_noisy_images"),
    "rebuild.FiniteData.sample_x0": _FINITE + "sample_x0_frequencies",
    "rebuild.FiniteData.mmse": _FINITE + "moments_of_images",
    "rebuild.GaussianMixture.sample_x0": (
        _ORACLES + "sample_x0_has_the_posterior_law",
        _ORACLES + "sample_x0_in_the_plane",
    ),
    "rebuild.Mixture": (
        _NOISE + "every_coordinate_is_drawn_again_by_a_coin_of_its_own",
        _PUBLISHED + "mixture_is_remdm",
    ),
    "rebuild.gaussian_draw": (
        _PREDICTORS + "gaussian_draws_are_exact_for_gaussian_data",
        _PREDICTORS + "gaussian_draws_are_not_exact_for_other_data",
        _PREDICTORS + "a_step_with_a_gaussian_draw_has_the_reverse_variance",
    ),
    "rebuild.posterior_mean": (
        _ORACLES + "predictors_of_a_mixture",
        _ORACLES + "expectations_by_quadrature",
        _FINITE + "predictors_of_finite_data",
        _FINITE + "moments_of_images",
    ),
    "rebuild.posterior_sample": (
        _EXACT + "exact_guesses_reach_a_mixture_by_every_design",
        _EXACT + "mean_guesses_miss_the_mixture",
        _EXACT + "exact_guesses_reach_the_strings_by_every_design",
        _EXACT + "guesses_from_the_wrong_posterior_miss_the_strings",
    ),
    # flow
    "flow.Adams": (
        _SOLVERS + "weights_integrate_the_lagrange_polynomials",
        _SOLVERS + "control_half_of_the_curvature_costs_an_order",
    ),
    "flow.drift_error": (
        _KINDS + "drift_errors_are_measured_on_the_ode",
        _KINDS + "drift_errors_by_their_formulas",
        _KINDS + "drift_errors_of_flow_matching",
    ),
    "flow.loss_weight": (_KINDS + "weights_are_ratios_of_errors", _KINDS + "weights_of_the_score_loss"),
    "flow.matching_time": _AFFINE + "ends_meet_ends",
    "flow.target": _KINDS + "the_mean_of_a_target_is_the_exact_answer",
    "flow.transfer": (
        _AFFINE + "an_exact_model_stays_exact",
        _AFFINE + "control_the_terms_of_the_velocity_are_needed",
        _AFFINE + "a_wrong_model_keeps_the_error_of_its_x0",
    ),
    # learn
    "learn.EditTransformer": _EDITS + "size",
    "learn.MLP": _NETWORKS + "sizes",
    "learn.UNet": _NETWORKS + "sizes",
    "learn.TokenTransformer": _TOKENS + "sizes",
    "learn.TokenUNet": _TOKENS + "sizes",
    "learn.Squared": _OBJECTIVES + "squared_error_by_hand",
    "learn.denoising_loss": (
        _WORLD + "the_weighted_loss_is_the_bound_per_token",
        _WORLD + "a_level_may_take_its_time",
        _OBJECTIVES + "labels_are_hidden_by_chance",
        _OBJECTIVES + "the_minimum_is_the_posterior_variance",
    ),
    "learn.draw_times": (
        _OBJECTIVES + "every_stratified_time_is_uniform",
        _OBJECTIVES + "a_stratified_mean_varies_less",
        _OBJECTIVES + "times_are_above_t_min_at_the_ends_of_what_is_drawn",
    ),
    "learn.draw_tokens": (
        _TOKENS + "a_logit_of_minus_infinity_is_never_drawn",
        _TOKENS + "draw_tokens_has_the_law_of_the_logits",
    ),
    "learn.drop_labels": _NETWORKS + "dropped_labels",
    "learn.edit_nats": _EDITS + "the_bound_is_above_the_truth_by_a_divergence",
    "learn.edit_predictor": (
        _EDITS + "a_network_that_wants_one_action_holds_x_t",
        _EDITS + "every_guess_holds_x_t_and_the_chain_brings_the_words",
    ),
    "learn.impossible_mass": _EDITS + "impossible_mass_is_the_mean_over_the_actions",
    "learn.masking_weight": (
        _TOKENS + "masking_weight_is_the_limit_of_a_step",
        _WORLD + "bits_per_token_in_continuous_time_is_the_entropy",
        _WORLD + "the_weighted_loss_is_the_bound_per_token",
        _WORLD + "no_bound_is_claimed_for_a_chain_that_begins_with_something_seen",
    ),
    "learn.train": (
        _TRAINING + "bad_input",
        _TRAINING + "resumed_runs_give_the_same_bits",
        _TRAINING + "bad_numbers_stop_the_run",
        "learn/test_checkpoints.py::test_every_way_out_saves",
        "learn/test_ranks.py::test_two_ranks_take_the_steps_of_one_process_with_the_joined_batch",
    ),
    # measure
    "measure.LawReport": "measure/test_laws.py::test_false_alarms_are_as_rare_as_it_says",
    "measure.Bits": (
        _WORLD + "the_standard_error_is_that_of_repetitions",
        _WORLD + "more_draws_leave_the_error_of_the_rows",
    ),
    "measure.DigitClassifier": _JUDGE + "coupling_returns_the_law_behind_the_pairs",
    "measure.Elbo.total": (
        _LIKELIHOOD + "the_total_is_above_the_chain_itself",
        _LIKELIHOOD + "control_terms_that_are_left_out_are_no_bound",
        _LIKELIHOOD + "three_terms_are_the_raw_bound",
    ),
    "measure.GaussianChain": (
        _LIKELIHOOD + "the_total_is_above_the_chain_itself",
        _LIKELIHOOD + "the_best_variance_is_the_measured_one",
        _LIKELIHOOD + "the_gap_of_a_wrong_variance",
    ),
    "measure.Hutchinson": (_FLOW + "hutchinson_is_unbiased", _FLOW + "probes_are_seeded_signs"),
    "measure.Measured": (_DISTANCES + "measure_puts_them_side_by_side", _DISTANCES + "measured_is_readable"),
    "measure.bits_per_token": (
        _WORLD + "bits_per_token_is_the_enumerated_bound",
        _WORLD + "bits_per_token_in_continuous_time_is_the_entropy",
        _WORLD + "the_standard_error_is_that_of_repetitions",
        _WORLD + "more_draws_leave_the_error_of_the_rows",
        _WORLD + "strings_are_counted_by_their_letters_and_their_end",
        _WORLD + "one_step_of_a_joint_guess_is_the_probability_itself",
        _WORLD + "the_sum_is_no_bound_for_a_joint_guess_in_more_steps",
    ),
    "measure.design_bound": (
        _DESIGN + "the_bound_holds_for_every_design",
        _DESIGN + "a_design_that_changes_the_law_of_the_noise_breaks_the_bound",
        _DESIGN + "the_bound_is_cross_entropy_less_entropy",
    ),
    "measure.energy_distance": (
        _DISTANCES + "energy_in_a_world_of_three_points",
        _DISTANCES + "energy_is_unbiased_and_its_error_true",
    ),
    "measure.energy_error": (
        _DISTANCES + "energy_in_a_world_of_three_points",
        _DISTANCES + "energy_error_is_the_jackknife",
        _DISTANCES + "energy_is_unbiased_and_its_error_true",
    ),
    "measure.frechet_distance": _DISTANCES + "frechet_is_biased_upwards",
    "measure.gaussian_log_prob": (
        _LIKELIHOOD + "gaussians_against_torch",
        _VARIANCES + "the_variance_of_a_guess_is_fitted_afterwards",
    ),
    "measure.jackknife_error": (
        _DISTANCES + "jackknife_over_every_sample",
        _DISTANCES + "jackknife_where_laws_differ",
        _DISTANCES + "jackknife_of_a_mean_is_exact",
    ),
    "measure.judge_digits": (
        _JUDGE + "errors_of_the_classes_are_those_of_repetitions",
        _JUDGE + "fresh_real_digits_pass",
        _DISTANCES + "the_error_of_a_two_sample_accuracy",
    ),
    "measure.measured": _DISTANCES + "measure_puts_them_side_by_side",
    "measure.nearest_distance": _DISTANCES + "a_copy_is_at_distance_zero",
    "measure.ode_log_likelihood": (_FLOW + "the_flow_knows_the_density", _FLOW + "the_order_of_the_flow_is_four"),
    "measure.per_count": _TOKENS + "per_count_is_a_ratio_with_its_error",
    "measure.reverse_variance": (
        _LIKELIHOOD + "the_best_variance_is_the_measured_one",
        _VARIANCES + "the_reverse_variance_is_that_of_the_step",
        _VARIANCES + "the_reverse_variance_of_analytic_dpm",
    ),
    "measure.score_table": _JUDGE + "table_is_aligned",
    "measure.split_floor": _DISTANCES + "floor_is_what_fresh_samples_score",
    "measure.step_nats": _WORLD + "step_nats_is_the_kl_of_a_step",
    "measure.two_sample_accuracy": (
        _DISTANCES + "the_error_of_a_two_sample_accuracy",
        _DISTANCES + "two_sample_accuracy_of_equal_laws",
    ),
    "measure.variance_from_eps": (
        _VARIANCES + "three_formulas_of_one_variance",
        _VARIANCES + "answers_that_are_not_exact_need_the_errors",
    ),
    "measure.variance_from_score": (
        _VARIANCES + "three_formulas_of_one_variance",
        _VARIANCES + "answers_that_are_not_exact_need_the_errors",
    ),
    # show
    "show.compare": "show/test_comparison.py::test_a_table_is_text_with_its_best_marked",
    "show.one_idea": "show/test_story.py::test_every_row_begins_and_ends_in_the_data",
}

# Docstrings with such a word that claims nothing, and why.
NO_CLAIM = {
    "show.maps": "its chances are those that the caller gives",
    "show.dots": "errors are those that the caller gives",
    "learn.JointTransformer": "its errors are those that are raised",
}
