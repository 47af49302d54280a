"""Reads the outline of an ONNX file straight from its protobuf wire format: enough to refuse what must not be run.

Serving carries no `onnx` package, and ONNX Runtime itself would happily open external data files named by a model
and run its own contrib operators. Field numbers are those of onnx.proto3 (ONNX IR), which never change.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

STANDARD_DOMAINS = ("", "ai.onnx")

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_EXTERNAL = 1  # TensorProto.DataLocation


@dataclass(slots=True)
class Outline:
    """What of a model decides whether it may run."""

    opsets: dict[str, int] = field(default_factory=dict)
    custom_operators: set[str] = field(default_factory=set)
    external_tensors: int = 0
    subgraphs: int = 0
    functions: int = 0
    nodes: int = 0


def describe_faults(outline: Outline, *, opset: int) -> list[str]:
    """Return, readably, each reason to refuse the model; `opset` is what its card promises."""
    received = outline.opsets.get("", outline.opsets.get("ai.onnx"))
    custom = sorted(outline.custom_operators)
    checks = [
        (outline.nodes == 0, "it holds no operator"),
        (received != opset, f"the card promises opset {opset}; received {received}"),
        (bool(custom), f"only standard operators are run; received {', '.join(custom[:5])}"),
        (outline.functions > 0, f"model-local functions are not run; received {outline.functions}"),
        (outline.subgraphs > 0, f"control flow is not run; received {outline.subgraphs} subgraphs"),
        (outline.external_tensors > 0, f"external data is not read; received {outline.external_tensors} such tensors"),
    ]
    return [message for wrong, message in checks if wrong]


def read_outline(data: bytes) -> Outline:
    """Walk a serialised ModelProto. Raises ValueError when the bytes are not well-formed protobuf."""
    outline = Outline()
    for number, value in _walk(memoryview(data)):
        if number == 7 and isinstance(value, memoryview):  # graph
            _read_graph(value, outline)
        elif number == 8 and isinstance(value, memoryview):  # opset_import: domain, version
            entry = dict(_walk(value))
            version = entry.get(2, 0)
            outline.opsets[_text(entry.get(1))] = version if isinstance(version, int) else 0
        elif number == 25:
            outline.functions += 1
    return outline


def _read_graph(graph: memoryview, outline: Outline) -> None:
    for number, value in _walk(graph):
        if not isinstance(value, memoryview):
            continue
        if number == 1:
            _read_node(value, outline)
        elif number == 5:  # initializer
            _read_tensor(value, outline)
        elif number == 15:  # sparse_initializer: values, indices
            _read_tensors_in(value, (1, 2), outline)


def _read_node(node: memoryview, outline: Outline) -> None:
    outline.nodes += 1
    operator = domain = ""
    for number, value in _walk(node):
        if number == 4:
            operator = _text(value)
        elif number == 7:
            domain = _text(value)
        elif number == 5 and isinstance(value, memoryview):
            _read_attribute(value, outline)
    if domain not in STANDARD_DOMAINS:
        outline.custom_operators.add(f"{domain}.{operator}")


def _read_attribute(attribute: memoryview, outline: Outline) -> None:
    for number, value in _walk(attribute):
        if not isinstance(value, memoryview):
            continue
        if number in (5, 10):  # t, tensors
            _read_tensor(value, outline)
        elif number in (6, 11):  # g, graphs
            outline.subgraphs += 1
            _read_graph(value, outline)
        elif number in (22, 23):  # sparse_tensor, sparse_tensors
            _read_tensors_in(value, (1, 2), outline)


def _read_tensors_in(message: memoryview, numbers: tuple[int, ...], outline: Outline) -> None:
    for number, value in _walk(message):
        if number in numbers and isinstance(value, memoryview):
            _read_tensor(value, outline)


def _read_tensor(tensor: memoryview, outline: Outline) -> None:
    external = any(number == 13 or (number == 14 and value == _EXTERNAL) for number, value in _walk(tensor))
    outline.external_tensors += external


def _text(value: object) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, memoryview) else ""


def _walk(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield (field number, value) of one message; a value is an int, or the bytes of a string, message or number."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        kind = key & 7
        if kind == _VARINT:
            value, position = _varint(message, position)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, position = _varint(message, position)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {kind} at byte {position}")
        if position + size > len(message):
            raise ValueError(f"a field of {size} bytes at byte {position} of {len(message)}")
        yield key >> 3, message[position : position + size]
        position += size


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        if position >= len(message):
            raise ValueError("it ends within a number")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError(f"a number of more than ten bytes before byte {position}")
