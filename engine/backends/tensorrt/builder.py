"""Builds a plan: a strongly typed network from ONNX, one optimisation profile per slot shape, timings remembered."""

import logging
from collections.abc import Callable

import tensorrt as trt

from engine.backends.tensorrt.messages import ErrorMemory, log_bridge
from engine.backends.tensorrt.plans import Built
from engine.backends.tensorrt.progress import BuildProgress
from engine.backends.tensorrt.recipe import Recipe
from engine.errors import BackendUnavailable, WeightsError

logger = logging.getLogger(__name__)

WORKSPACE_BYTES = 4 << 30
"""What a layer's tactic may use at most; those that want more than the device has are skipped, not fatal."""


def build_plan(recipe: Recipe, model: bytes, timing_cache: bytes, say: Callable[[str, int], None]) -> Built:
    """Build the plan of an ONNX `model` that already carries its precision. Takes from seconds to minutes.

    `timing_cache` is what an earlier build left, or b"". `say` is told (phase, percent); what it raises ends the build.
    Device thread only, with the device's context current. Raises WeightsError, naming everything that the parser holds
    against the model, or BackendUnavailable when TensorRT cannot build it here.
    """
    errors = ErrorMemory()
    builder = trt.Builder(log_bridge())
    builder.error_recorder = errors
    network = _parse(builder, recipe, model)
    config = _configure(builder, recipe)
    timings = _attach_timings(config, timing_cache)
    progress = BuildProgress(say)
    config.progress_monitor = progress
    plan = builder.build_serialized_network(network, config)
    if progress.failure is not None:
        raise progress.failure
    if plan is None:
        raise BackendUnavailable(f"{recipe.model}: TensorRT cannot build the {recipe.precision} plan: {errors.take()}")
    return Built(bytes(plan), bytes(timings.serialize()))


def _parse(builder: trt.Builder, recipe: Recipe, model: bytes) -> trt.INetworkDefinition:
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))  # 11: always so
    parser = trt.OnnxParser(network, log_bridge())
    if not parser.parse(model):
        faults = [_describe(parser.get_error(index)) for index in range(parser.num_errors)]
        raise WeightsError(f"{recipe.model}: TensorRT cannot read the model: {'; '.join(faults) or 'no reason given'}")
    inputs = [network.get_input(index).name for index in range(network.num_inputs)]
    outputs = [network.get_output(index).name for index in range(network.num_outputs)]
    for side, promised, received in (("input", recipe.input, inputs), ("output", recipe.output, outputs)):
        if received != [promised]:
            raise WeightsError(f"{recipe.model}: the card promises one {side} {promised!r}; received {received}")
    return network


def _attach_timings(config: trt.IBuilderConfig, known: bytes) -> trt.ITimingCache:
    """Give the build what earlier ones measured. The cache must live until the build is over."""
    timings = config.create_timing_cache(known)
    if config.set_timing_cache(timings, ignore_mismatch=False):
        return timings
    logger.warning("TensorRT refuses the timing cache of %d bytes: every layer is timed anew", len(known))
    timings = config.create_timing_cache(b"")
    if not config.set_timing_cache(timings, ignore_mismatch=False):
        raise BackendUnavailable("TensorRT refuses an empty timing cache")
    return timings


def _describe(error: trt.ParserError) -> str:
    return f"{error.node_operator() or 'model'} {error.node_name()!r}: {error.desc()}"


def _configure(builder: trt.Builder, recipe: Recipe) -> trt.IBuilderConfig:
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, WORKSPACE_BYTES)
    config.clear_flag(trt.BuilderFlag.TF32)  # who asks for fp32 means 24 bits, not 11
    config.max_aux_streams = 0  # all in the one stream: what is captured and shared is then easy to see
    for shapes in recipe.profiles:
        profile = builder.create_optimization_profile()
        least, best, most = (trt.Dims(shape) for shape in (shapes.least, shapes.best, shapes.most))
        profile.set_shape(recipe.input, least, best, most)
        if config.add_optimization_profile(profile) < 0:
            raise BackendUnavailable(f"{recipe.model}: TensorRT refuses the profile of {shapes}")
    return config
