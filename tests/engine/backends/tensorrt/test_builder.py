import importlib
import json
import logging

import pytest

from engine.backends.tensorrt.recipe import Recipe
from engine.errors import BackendUnavailable, WeightsError


@pytest.fixture
def build(tensorrt, machine, onnx_of):
    builder = importlib.import_module("engine.backends.tensorrt.builder")

    def make(timing_cache=b"", say=lambda *_: None, model=None, **changes):
        facts = {"model": "mirror", "version": "1", "digest": "d" * 64, "precision": "fp32"}
        facts |= {
            "input": "input",
            "output": "output",
            "channels": 3,
            "slots": ((8, 16), (4, 32)),
            "batch_sizes": (1, 2),
        }
        recipe = Recipe(**{**facts, **changes}, machine=machine)
        return builder.build_plan(recipe, model or onnx_of(["Relu"]), timing_cache, say)

    return make


def test_every_lane_is_one_profile_of_all_batch_sizes(build, tensorrt):
    build()
    (built,) = tensorrt.behaviour.built
    assert built["profiles"] == [
        {"input": [[1, 3, 8, 16], [2, 3, 8, 16], [2, 3, 8, 16]]},
        {"input": [[1, 3, 4, 32], [2, 3, 4, 32], [2, 3, 4, 32]]},
    ]


def test_a_network_of_four_channels_has_profiles_of_four(build, tensorrt):
    build(channels=4)
    (built,) = tensorrt.behaviour.built
    assert built["profiles"][0] == {"input": [[1, 4, 8, 16], [2, 4, 8, 16], [2, 4, 8, 16]]}


def test_single_precision_is_not_rounded_to_tf32(build, tensorrt):
    build()
    assert tensorrt.BuilderFlag.TF32 not in tensorrt.behaviour.built[0]["flags"]


def test_the_timing_cache_saves_what_was_timed_before(build, tensorrt):
    first = build()
    build(first.timing_cache, slots=((8, 16), (2, 64)))
    assert [built["timed"] for built in tensorrt.behaviour.built] == [2, 1]


def test_a_timing_cache_of_another_driver_is_dropped_not_fatal(build, tensorrt, caplog):
    first = build()
    tensorrt.behaviour.stale_timings = True
    again = build(first.timing_cache)
    assert json.loads(again.timing_cache)
    assert "every layer is timed anew" in caplog.text


def test_everything_the_parser_finds_is_told_at_once(build, tensorrt):
    tensorrt.behaviour.parser_errors = [("Foo", "first", "no such operator"), ("Bar", "second", "no such type")]
    with pytest.raises(WeightsError, match=r"mirror: .* Foo 'first': no such operator; Bar 'second': no such type"):
        build()


def test_a_model_with_other_names_than_promised_is_refused(build):
    with pytest.raises(WeightsError, match=r"promises one input 'picture'; received \['input'\]"):
        build(input="picture")
    with pytest.raises(WeightsError, match=r"promises one output 'answer'; received \['output'\]"):
        build(output="answer")


def test_a_build_that_fails_says_what_tensorrt_reported(build, tensorrt):
    tensorrt.behaviour.build_error = "Could not find any implementation for node Conv_3"
    with pytest.raises(BackendUnavailable, match=r"mirror: TensorRT cannot build the fp32 plan: .*node Conv_3"):
        build()


def test_progress_rises_to_a_hundred_percent(build):
    told = []
    build(say=lambda phase, percent: told.append((phase, percent)))
    assert {phase for phase, _ in told} == {"Building engine"}
    percents = [percent for _, percent in told]
    assert percents == sorted(set(percents))
    assert percents[-1] == 100
    assert 12 in percents  # a quarter of the first of two profiles


def test_what_the_listener_raises_cancels_the_build_and_comes_out_whole(build, tensorrt):
    def interrupt(phase, percent):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(say=interrupt)
    assert not tensorrt.behaviour.built


def test_tensorrts_log_reaches_ours(build, caplog, tensorrt):
    with caplog.at_level(logging.DEBUG, logger="engine.backends.tensorrt"):
        build()
    assert ("engine.backends.tensorrt.messages", logging.DEBUG, "building") in caplog.record_tuples
    bridge = importlib.import_module("engine.backends.tensorrt.messages").log_bridge()
    bridge.log(tensorrt.ILogger.Severity.INTERNAL_ERROR, "broken %s")
    bridge.log(tensorrt.ILogger.Severity.VERBOSE, "chatter")
    assert caplog.record_tuples[-1][1:] == (logging.ERROR, "broken %s")


def test_the_error_memory_keeps_the_last_errors_and_tells_that_it_dropped_some(tensorrt):
    memory = importlib.import_module("engine.backends.tensorrt.messages").ErrorMemory()
    for index in range(memory.KEPT + 1):
        assert memory.report_error(tensorrt.ErrorCodeTRT.INVALID_ARGUMENT, f"error {index}") is False
    assert (memory.num_errors(), memory.has_overflowed()) == (memory.KEPT, True)
    assert (memory.get_error_code(0), memory.get_error_desc(0)) == (tensorrt.ErrorCodeTRT.INVALID_ARGUMENT, "error 1")
    assert memory.take().endswith(f"; error {memory.KEPT}")
    assert (memory.num_errors(), memory.has_overflowed(), memory.take()) == (
        0,
        False,
        "TensorRT gave no reason; see the log",
    )
    memory.report_error(tensorrt.ErrorCodeTRT.INVALID_ARGUMENT, "again")
    memory.clear()
    assert memory.num_errors() == 0


@pytest.fixture
def monitor(tensorrt):
    """A BuildProgress, and what it told."""
    told = []
    module = importlib.import_module("engine.backends.tensorrt.progress")
    return module.BuildProgress(lambda *what: told.append(what)), told


def test_a_phase_that_ends_early_counts_as_done(monitor):
    progress, told = monitor
    progress.phase_start("build", None, 10)
    progress.phase_finish("build")
    assert told == [("build", 100)]


def test_a_phase_may_come_again_once_it_has_ended(monitor):
    progress, told = monitor
    for _ in range(2):
        progress.phase_start("build", None, 2)
        assert progress.step_complete("build", 0)
        progress.phase_finish("build")
    assert told == [("build", 50), ("build", 100)] * 2


def test_three_levels_of_phases_add_up(monitor):
    progress, told = monitor
    progress.phase_start("build", None, 2)
    progress.phase_start("graph", "build", 2)
    progress.phase_start("layer", "graph", 5)
    progress.step_complete("layer", 0)
    assert told == [("build", 5)]


def test_a_phase_that_was_never_begun_is_no_error(monitor):
    progress, told = monitor
    assert progress.step_complete("unknown", 3)
    progress.phase_finish("unknown")
    assert told == []
