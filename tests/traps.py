"""The known ways in which compiled or parallel loops differ from CPython, each with its cases.

`native`: the loop runs as machine code, with CPython's outcome. `handed`: for some arguments it
does not, or a guard hands the iterations from some one on to the interpreter. `left`: the
interpreter runs it from the start. Names are functions in `tests/loops`, or tests;
`tests/test_traps.py` holds the table to them. Rows and their order are those of the list of traps
that the project began with, without that about GPUs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trap:
    """One way, and what shows that parloop does not go it."""

    name: str
    native: str = ""
    handed: str = ""
    left: str = ""
    because: str = ""
    """Why there is no native case, or none beside it that the interpreter runs."""


ALL_EMULATED = "every form of it is emulated"

INDEXING = (
    Trap(
        "constant and variable negative subscripts",
        native="constant_negative_index variable_negative_index store_through_a_negative_index "
        "wrapping_around_reads_what_was_written",
        handed="out_of_range_below",
    ),
    Trap(
        "`a[-i]` and `-i * 0.5` with the loop's index",
        native="negated_loop_index counted_from_the_end",
        handed="negated_loop_index",
    ),
    Trap(
        "out of range, read and written",
        native="out_of_range_read out_of_range_write",
        handed="out_of_range_read out_of_range_write out_of_range_in_a_branch "
        "out_of_range_in_the_second_subscript data_index_out_of_range row_that_ends_outside",
    ),
    Trap(
        "subscripts of other types: float, bool, None, slice, Ellipsis, array",
        native="index_of_type_numpy_integer index_of_type_slice index_of_type_none "
        "index_of_type_ellipsis index_of_type_array",
        left="index_of_type_float index_of_type_bool",
    ),
    Trap(
        "`a[i] += v` with repeated `idx[i]`",
        native="histogram_with_duplicates scatter_add_of_floats scatter "
        "test_only_distinct_indices_make_a_loop_parallel",
        handed="data_index_out_of_range",
    ),
    Trap(
        "overlapping views, the same array twice",
        native="shift_down shift_up same_place views_of_one_array",
        because="overlaps run in order, natively",
    ),
    Trap(
        "arrays that overlap themselves: stride 0, as_strided, broadcast_to",
        native="scale count_into test_a_broadcast_array_of_indices_repeats_them",
        left="store_into_read_only",
    ),
    Trap(
        "carried flow, anti and output dependences",
        native="carried_flow carried_anti carried_output carried_at_distance_k",
        because=ALL_EMULATED,
    ),
    Trap(
        "gaps, negative strides, F order, no axis, unaligned",
        native="transpose_in_place transpose_between add_matrices zero_dimensional "
        "zero_dimensional_accumulator fields_of_a_structure",
        left="unaligned_elements",
    ),
    Trap(
        "swapped bytes, longdouble, float16, object, str, structures, datetime",
        native="fields_of_a_structure",
        left="odd_element_types structured_elements",
    ),
    Trap(
        "a store into an array that may not be written",
        native="read_from_read_only",
        left="store_into_read_only",
    ),
    Trap(
        "subclasses of ndarray: own `__getitem__`, matrix, masked, memmap",
        native="array_of_a_buffer",
        left="subclass_with_its_own_getitem subclass_is_stored_into numpy_matrix masked_array "
        "memory_mapped",
    ),
    Trap(
        "an array resized, rebound or freed during the loop, views made in the body",
        native="global_array_rebound view_made_in_the_body",
        handed="test_a_change_between_two_slices_is_seen_by_the_next_iteration",
        left="rebinding_the_array_in_the_body",
    ),
    Trap(
        "another thread changes data meanwhile",
        native="entered_from_threads test_several_python_threads_may_launch_at_once",
        handed="test_a_change_between_two_slices_is_seen_by_the_next_iteration",
        left="inner_while_that_waits",
    ),
    Trap(
        "shape, element type and strides change between calls",
        native="array_shape_changes_between_calls element_type_changes_between_calls "
        "test_layouts_of_arrays_have_decisions_of_their_own",
        because="each has a specialisation of its own",
    ),
)

INTEGERS = (
    Trap(
        "Python's integers beyond 64 bits",
        native="fibonacci negative_beyond_64_bits",
        handed="sum_beyond_64_bits product_beyond_64_bits overflow_in_a_local",
        left="literal_beyond_64_bits scalar_argument_beyond_64_bits",
    ),
    Trap(
        "overflow of NumPy's integers",
        native="numpy_sum_in_its_width numpy_product_in_its_width numpy_scalar_times_index",
        because=ALL_EMULATED,
    ),
    Trap(
        "a literal out of the element type's range",
        native="literal_out_of_range_in_an_operation",
        handed="literal_out_of_range_in_an_operation literal_out_of_range_in_a_store "
        "literal_out_of_range_in_an_augmented_store",
    ),
    Trap(
        "300 stored into int8",
        native="narrow_store_of_a_numpy_integer narrow_store_under_a_condition",
        handed="index_out_of_range_in_a_store",
    ),
    Trap(
        "uint8 - uint8, -uint, uint64 with int",
        native="difference_of_unsigned negated unsigned_with_signed",
        because=ALL_EMULATED,
    ),
    Trap(
        "`/` of integers, signs of `//` and `%`",
        native="true_division floor_and_remainder floor_and_remainder_of_python_numbers",
        handed="python_zero_true_division",
    ),
    Trap(
        "`x // 0`, `x % 0` of Python's numbers",
        native="floor_and_remainder_of_python_numbers",
        handed="python_zero_division python_zero_remainder python_division_by_zero_in_one_lane "
        "part_that_divides_by_zero",
    ),
    Trap(
        "`x // 0`, `x % 0` of NumPy's integers",
        native="floor_and_remainder divides_by_zero_in_one_lane",
        because=ALL_EMULATED,
    ),
    Trap(
        "the smallest integer by -1",
        native="smallest_divided_by_minus_one smallest_modulo_minus_one",
        because=ALL_EMULATED,
    ),
    Trap(
        "negative exponents",
        native="integer_power integer_to_the_index",
        handed="negative_exponent numpy_integer_power",
    ),
    Trap(
        "shifts too far, or negative",
        native="numpy_shifts shift_right",
        handed="shift_left shift_right",
    ),
    Trap(
        "integers beside floats near 2**53",
        native="compared_near_two_to_the_53 numpy_compared_with_float "
        "numpy_compared_with_big_python_integer signed_compared_with_unsigned",
        because=ALL_EMULATED,
    ),
    Trap(
        "bools of Python and of NumPy",
        native="python_bool_arithmetic python_bool_result numpy_bool_sum numpy_bool_inversion "
        "truth_values_as_numbers",
        left="numpy_bool_difference numpy_bool_negation",
    ),
    Trap(
        "the type of the loop's index",
        native="index_is_weak index_type_after_the_loop numpy_bounds_give_numpy_or_python_index",
        handed="bound_of_any_type",
    ),
    Trap(
        "abs and - of the smallest integer",
        native="absolute negated absolute_of_python_numbers",
        because=ALL_EMULATED,
    ),
)

FLOATS = (
    Trap(
        "float32 with Python's numbers",
        native="float32_with_python_numbers",
        because=ALL_EMULATED,
    ),
    Trap(
        "float32 with NumPy's int32 and int64",
        native="float32_with_numpy_integers",
        because=ALL_EMULATED,
    ),
    Trap(
        "`s = 0.0; s += float32`",
        native="accumulate_from_float_zero integer_becomes_float",
        handed="accumulator_of_any_type",
    ),
    Trap(
        "order of sums, products and dot products",
        native="ordered_sum ordered_product ordered_dot test_sums_of_floats_stay_in_order "
        "no_reassociation",
        because=ALL_EMULATED,
    ),
    Trap(
        "np.sum and other calls on arrays in the body",
        native="ordered_sum call_of_numpy_sum sums_of_long_and_short_rows along_an_axis",
        left="of_complex_numbers parts_of_large_arrays",
    ),
    Trap(
        "builtin `sum`",
        native="ordered_sum builtin_sum sums_in_a_list sum_of_some",
        left="sum_with_a_start",
    ),
    Trap(
        "min and max with NaN",
        native="minimum_with_the_new_value_first minimum_with_the_old_value_first "
        "numpy_minimum_of_two test_the_order_of_the_arguments_of_min_matters_for_floats",
        because=ALL_EMULATED,
    ),
    Trap(
        "zeros of both signs, ties",
        native="minimum_of_both_zeros argmax_with_ties first_position_of_the_minimum "
        "test_ties_go_to_the_first_or_to_the_last_as_in_order",
        because=ALL_EMULATED,
    ),
    Trap(
        "argmax by `if a[i] > m`",
        native="argmax_with_ties position_and_value_of_the_maximum maximum_by_if",
        because=ALL_EMULATED,
    ),
    Trap(
        "`x ** n`, `x ** y`",
        native="constant_power variable_power python_float_power",
        handed="python_float_power_overflow",
    ),
    Trap(
        "a negative base to a fraction",
        native="numpy_negative_base_to_a_fraction",
        handed="negative_base_to_a_fraction",
    ),
    Trap(
        "Python's floats: division by 0, overflow, domains of math",
        native="many_math_functions",
        handed="python_float_division_by_zero python_float_remainder_by_zero math_exp math_log "
        "math_sqrt math_sine_of_infinity math_arcsine",
    ),
    Trap(
        "NumPy's floats: the same gives inf, nan and a warning",
        native="numpy_float_division_by_zero numpy_zero_divided_by_zero numpy_float_overflow "
        "infinity_minus_infinity two_warnings_in_one_line warnings_in_two_lines",
        handed="warning_then_exception",
        left="errstate_that_raises",
    ),
    Trap(
        "math's functions of np.float32",
        native="many_math_functions",
        because=ALL_EMULATED,
    ),
    Trap(
        "np's and math's functions differ in bits",
        native="many_numpy_functions many_math_functions "
        "test_a_loop_has_an_address_and_agrees_with_numpy",
        left="test_a_loop_that_may_raise_or_does_not_exist_is_none",
    ),
    Trap(
        "floor, ceil, int and round to integers",
        native="to_integers floor_and_ceil rounding_half_to_even",
        handed="to_integers floor_and_ceil",
    ),
    Trap(
        "a float stored into integers",
        native="float_stored_into_integers",
        handed="float_stored_into_integers python_float_stored_into_integers",
    ),
    Trap(
        "a float64 that float32 does not hold",
        native="float64_stored_into_float32 python_float_stored_into_float32",
        because=ALL_EMULATED,
    ),
    Trap(
        "complex division by 0, complex into real",
        native="complex_product complex_quotient",
        handed="python_complex_division_by_zero",
        left="complex_stored_into_reals complex_parts",
    ),
    Trap(
        "round half to even, signs of `%` and `//`, hypot, fmod",
        native="remainder_and_floor_signs remainder_of_python_floats math_of_two math_hypot "
        "test_hypot_is_cpythons",
        left="math_gamma",
    ),
    Trap(
        "contraction to fused operations",
        native="no_contraction no_reciprocal test_products_and_sums_are_not_contracted",
        because="never in the default tier",
    ),
    Trap(
        "denormals",
        native="denormals",
        because=ALL_EMULATED,
    ),
    Trap(
        "rounding mode",
        native="test_workers_round_as_the_caller_does",
        because=ALL_EMULATED,
    ),
    Trap("text of a float in the body", native="type_of_the_result", left="text_of_a_float"),
    Trap(
        "types of results",
        native="type_of_the_result clipping_changes_type",
        because=ALL_EMULATED,
    ),
)

CONTROL = (
    Trap(
        "the loop's variable after the loop",
        native="index_after_the_loop index_after_loops_of_any_step inner_index_after_the_loop "
        "triangle_leaves_the_inner_index",
        because=ALL_EMULATED,
    ),
    Trap(
        "a loop without trips, then its variable",
        native="index_unbound_after_no_trip local_unbound_after_no_trip "
        "no_item_leaves_the_names_unbound",
        because=ALL_EMULATED,
    ),
    Trap(
        "assigned in one branch only",
        native="bound_in_one_branch bound_before_and_in_one_branch assigned_now_and_then",
        handed="bound_in_one_branch_and_used_in_the_body",
        left="local_that_is_not_bound_yet",
    ),
    Trap(
        "types that change with the branch or the iteration",
        native="type_differs_by_branch type_differs_by_iteration integer_becomes_float "
        "type_changes_in_the_first_iteration boolean_becomes_integer",
        handed="accumulator_of_any_type",
    ),
    Trap(
        "a scalar carried in and out, the last write wins",
        native="scalar_carried_in_and_out previous_value last_value_that_only_some_lanes_assign",
        because=ALL_EMULATED,
    ),
    Trap(
        "a sum that is read in between",
        native="prefix_sum accumulator_read_in_the_subscript",
        because="it runs in order, natively",
    ),
    Trap(
        "two operators on one accumulator",
        native="two_operators_on_one_accumulator polynomial_by_horner",
        because="it runs in order, natively",
    ),
    Trap(
        "break, continue, return, else, while, steps, backwards",
        native="return_from_the_loop first_pair find_first stores_before_a_break "
        "continue_in_the_loop number_of_the_else "
        "else_without_break inner_while step_of_three reversed_range",
        left="binds_where_it_returns while_alone else_of_the_loop inner_while_that_waits",
    ),
    Trap(
        "loops over arrays, lists, zip, enumerate, generators, dictionaries",
        native="items items_with_numbers side_by_side backwards over_an_array over_enumerate "
        "over_zip",
        left="over_a_list over_a_generator "
        "over_a_dictionary a_name_for_the_parts_together",
    ),
    Trap(
        "ranges of NumPy's integers, huge ones, bounds that change",
        native="range_of_numpy_integers bound_changed_in_the_body "
        "bounds_of_inner_loops_are_evaluated_each_time",
        left="huge_range_left_early",
    ),
    Trap(
        "a container that changes while it is gone through",
        native="items_that_the_loop_writes",
        left="list_changed_while_iterating",
    ),
    Trap(
        "try, with, assert in the body",
        native="caught_by_the_caller try_in_the_body",
        handed="raise_in_the_body",
        left="finally_counted caught_by_name with_in_the_body assert_in_the_body",
    ),
    Trap(
        "an exception in the middle",
        native="stores_before_a_break",
        handed="exception_in_the_middle exception_in_the_middle_of_a_nest caught_by_the_caller",
    ),
    Trap(
        "print and other effects in the body",
        native="inner_loop_runs_while_the_outer_cannot append_in_the_body",
        handed="print_in_the_body",
        left="each_step",
    ),
    Trap(
        "recursion, callbacks, lambdas",
        native="entered_recursively lambda_around_a_loop call_of_a_local_function "
        "call_of_a_lambda",
        left="recursion_through_the_loop",
    ),
)

SURROUNDINGS = (
    Trap(
        "globals and closure cells bound anew",
        native="global_rebound_between_calls free_variable_rebound nonlocal_accumulator",
        handed="test_a_change_between_two_slices_is_seen_by_the_next_iteration "
        "test_the_variable_of_a_function_around_is_looked_at_too",
        left="global_that_does_not_exist",
    ),
    Trap(
        "replaced math.sqrt, np.exp, range, abs, len",
        native="shadowed_len shadowed_abs imported_under_another_name",
        left="patched_math_sqrt patched_numpy_exp shadowed_range",
    ),
    Trap(
        "classes with dunders, properties, IntEnum, subclasses of float",
        native="scalar_of_any_type",
        handed="index_with_dunder",
        left="attribute_of_an_object method_on_self subclass_with_its_own_getitem",
    ),
    Trap(
        "Decimal, Fraction, lists of lists, dictionaries",
        native="scalar_of_any_type",
        left="list_of_lists_with_one_row dictionary_argument",
    ),
    Trap(
        "lists are written in place",
        native="read_a_list write_a_list list_beside_an_array numpy_number_into_a_list",
        left="list_reflection bytes_and_strings",
    ),
    Trap(
        "identity of small integers and strings",
        native="truth_of_numbers",
        left="identity_of_numbers",
    ),
    Trap(
        "default and star arguments, decorators, methods, coroutines, generators",
        native="default_arguments star_arguments driven_coroutine generator_with_a_loop",
        left="generator_yields_inside method_on_self",
    ),
    Trap(
        "locals, exec, eval, frames, del",
        native="frames_stay_real",
        left="locals_in_the_body exec_in_the_body del_in_the_body",
    ),
    Trap(
        "random numbers",
        native="many_numpy_functions random_numbers",
        left="drawn_under_a_condition of_two_kinds",
    ),
    Trap(
        "warnings once for a place, errstate, seterr, -W error",
        native="local_errstate local_warning_filters replaced_showwarning "
        "errstate_that_prints_nothing_else warning_filter_by_line_number",
        handed="numpy_float_underflow",
        left="errstate_that_raises errstate_that_calls",
    ),
    Trap(
        "KeyboardInterrupt and signals",
        native="test_an_interrupt_comes_soon_and_between_two_iterations "
        "test_interrupts_at_any_moment_lose_and_repeat_nothing",
        handed="test_a_handler_that_sets_a_variable_ends_the_loop_that_reads_it",
    ),
    Trap(
        "settrace, monitoring, profilers, coverage, debuggers",
        native="test_runs_are_counted",
        left="test_a_traced_loop_is_left_to_the_interpreter test_a_tracer_is_told",
    ),
    Trap(
        "fork, spawn, pickled functions",
        native="test_both_sides_of_a_fork_go_on",
        left="test_a_registry_that_arrives_from_another_process_revives_its_sites_switched_off "
        "test_the_decorator_s_result_pickles_and_that_of_a_call_does_not",
    ),
    Trap(
        "builds without a GIL",
        native="test_threads_enter_one_site_at_once test_several_threads_may_compile_at_once",
        left="test_an_interpreter_without_the_gil_has_no_native_entry",
    ),
    Trap(
        "settings of a thread or context in the workers",
        native="test_another_thread_has_settings_of_its_own local_errstate "
        "test_a_block_is_seen_by_its_own_thread_only",
        left="errstate_that_calls",
    ),
    Trap(
        "asserts with -O, `__debug__`, features from the future",
        native="test_flags_of_the_interpreter_hold test_features_from_the_future_hold "
        "test_code_objects_differ_in_their_instructions_and_global_names_only",
        left="assert_in_the_body",
    ),
    Trap(
        "memory for what has to be undone",
        native="test_large_copies_are_not_kept_for_the_next_launch",
        left="test_a_copy_that_would_take_too_much_memory_is_not_made "
        "test_no_memory_while_running_leaves_the_loop_to_python",
    ),
    Trap(
        "a loop that is quicker than its compilation",
        native="test_strict_lets_small_loops_be",
        left="test_a_loop_of_fewer_iterations_than_wanted_never_asks "
        "test_loops_that_are_too_small_are_not_asked_at_all",
    ),
    Trap(
        "the same from run to run and with any number of threads",
        native="test_native_runs_leave_what_python_leaves "
        "test_a_sum_is_taken_in_the_documented_groups test_small_slices_give_the_same_sum",
        because="it never depends on either",
    ),
)

SECOND_READING = (
    Trap(
        "two mappings of one file or shared memory",
        native="mapped_once test_only_two_mappings_of_which_one_is_written_decline",
        left="mapped_twice",
    ),
    Trap(
        "`[[0] * n] * m`, ragged rows",
        native="chained_subscripts",
        left="list_of_lists_with_one_row",
    ),
    Trap(
        "a global that the loop binds and a function reads",
        native="global_as_the_index global_assigned_in_the_body global_that_a_function_reads",
        because="functions are taken into the loop with the names that they read",
    ),
    Trap(
        "other threads and signal handlers",
        native="test_a_signal_handler_may_use_the_same_loop inner_while_that_ends_itself",
        handed="test_a_change_between_two_slices_is_seen_by_the_next_iteration",
        left="inner_while_that_waits",
    ),
    Trap(
        "rounding mode set by the user or a library",
        native="test_workers_round_as_the_caller_does",
        because=ALL_EMULATED,
    ),
    Trap(
        "one NaN and a vectorized `<`",
        native="comparison_with_nan_does_not_warn equal_and_ordered_nans",
        because=ALL_EMULATED,
    ),
    Trap(
        "overflow in a value that is then only a divisor or compared",
        native="overflow_in_a_test_that_decides_the_last_value_only "
        "overflow_in_a_test_whose_branches_do_nothing overflow_in_a_flag_that_is_known_anyway "
        "overflow_in_what_only_an_unneeded_value_reads warning_in_a_value_that_is_thrown_away",
        because=ALL_EMULATED,
    ),
    Trap(
        "array expressions as scalar code",
        native="add_matrices array_expression_in_the_body",
        handed="array_expression_in_the_body",
    ),
    Trap(
        "`round(x, 2)`, math.hypot, math.gamma, math.lgamma",
        native="rounding_to_two_digits rounding_to_digits math_hypot "
        "test_rounding_to_digits_is_cpythons",
        left="math_gamma",
    ),
    Trap(
        "fork with native threads alive",
        native="test_the_process_has_one_thread_while_it_forks",
        because=ALL_EMULATED,
    ),
    Trap(
        "operators on scalars beside those on arrays and ufuncs",
        native="constant_power variable_power test_calls_of_numpy_are_numpys_for_all_types",
        handed="array_expression_in_the_body",
    ),
    Trap(
        "tracers that sys.gettrace does not tell",
        native="test_runs_are_counted",
        left="test_a_tracer_is_told",
    ),
    Trap(
        "a SyntaxWarning that a second parse repeats",
        native="test_warnings_of_the_compiler_do_not_come_again "
        "test_a_text_that_warns_when_parsed_is_explained_in_silence",
        because=ALL_EMULATED,
    ),
    Trap(
        "`fast = parallel(f)` pickled",
        native="test_the_decorator_s_result_pickles_and_that_of_a_call_does_not",
        left="test_the_decorator_s_result_pickles_and_that_of_a_call_does_not",
    ),
)

TRAPS = {
    "Indexing, memory, aliasing": INDEXING,
    "Integers and booleans": INTEGERS,
    "Floats": FLOATS,
    "Loop and control flow": CONTROL,
    "Names, objects, environment": SURROUNDINGS,
    "Added on a second reading": SECOND_READING,
}
