"""Holds the stand-in against the real bindings' stub: what it offers must be there, under the same names.

Of its classes that the bindings have too, every public method must exist with the same parameters, and every member of
an enumeration; a method that the bindings lack could hide a mistake from all our tests.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

Methods = dict[str, list[list[str]]]


def find_differences(stub: str, standin: Iterable[Path]) -> list[str]:
    """Return what the stand-in has and the stub has not, or has otherwise."""
    real = {node.name: node for node in ast.walk(ast.parse(stub)) if isinstance(node, ast.ClassDef)}
    return [
        difference
        for path in standin
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and node.name in real
        for difference in _compare(node, real[node.name], real)
    ]


def _compare(ours: ast.ClassDef, theirs: ast.ClassDef, real: dict[str, ast.ClassDef]) -> Iterator[str]:
    wanted = _methods(theirs)
    for base in theirs.bases:
        parent = real.get(ast.unparse(base))
        wanted = {**(_methods(parent) if parent else {}), **wanted}
    for name, ways in _methods(ours).items():
        if name == "__init__" and name not in wanted:
            continue  # who makes it there is TensorRT
        if name not in wanted:
            yield f"{ours.name}.{name} is not in the bindings"
        elif not any(ways[0] == way[: len(ways[0])] for way in wanted[name]) and name != "__init__":
            yield f"{ours.name}.{name}({', '.join(ways[0])}): the bindings have {wanted[name]}"
    if any(ast.unparse(base) == "Enumeration" for base in ours.bases):
        members = {ast.unparse(node.target) for node in theirs.body if isinstance(node, ast.AnnAssign)}
        for node in ours.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) not in members:
                yield f"{ours.name}.{ast.unparse(node.targets[0])} is not in the bindings"


def _methods(node: ast.ClassDef) -> Methods:
    """Public methods and properties by name, each with the parameters of every overload."""
    methods: Methods = {}
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and (not part.name.startswith("_") or part.name == "__init__"):
            methods.setdefault(part.name, []).append([argument.arg for argument in part.args.args])
    return methods
