"""Mends what pybind11-stubgen writes for the TensorRT bindings, so that mypy reads it and checks against it.

What it gets wrong (pybind11-stubgen 3.0): arguments named `in`, defaults before arguments without one, `...` in place
of types not yet known, `bool` meaning the module's own data type of that name, modules used but not imported. What it
cannot know: that buffers are buffers, and the names that the package adds around its module.
"""

from __future__ import annotations

import ast
import re

_MODULES = ("builtins", "collections.abc", "numpy", "typing", "typing_extensions")
_HEADER = "from __future__ import annotations\n" + "".join(f"import {name}\n" for name in _MODULES)
_FOOTER = "\n__version__: str\n"
_BUFFER = "def __buffer__(self, flags: int) -> memoryview: ..."


def repair(text: str) -> str:
    """Return the stub, valid and as strict as the bindings' own signatures allow."""
    lines = [_mend_signature(line) for line in text.splitlines()]
    tree = _Mender().visit(ast.parse("\n".join(lines)))
    tree.body = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    return _HEADER + ast.unparse(ast.fix_missing_locations(tree)) + _FOOTER


class _Mender(ast.NodeTransformer):
    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self.generic_visit(node)
        if node.name == "IHostMemory":
            node.body += ast.parse(_BUFFER).body
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg):
            if argument is not None and argument.annotation is not None:
                argument.annotation = _mend_type(argument.annotation)
        node.returns = _mend_type(node.returns) if node.returns else None
        node.body = [ast.Expr(ast.Constant(...))]  # docstrings are not types
        is_property = any("property" in ast.unparse(decorator) for decorator in node.decorator_list)
        if is_property and not node.args.args:
            node.args.args = [ast.arg("self")]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        node.annotation = _mend_type(node.annotation)
        return node


def _mend_type(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Constant) and node.value is ...:
        return ast.parse("typing.Any", mode="eval").body
    return _Builtins().visit(node)


class _Builtins(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.parse("builtins.bool", mode="eval").body if node.id == "bool" else node


def _mend_signature(line: str) -> str:
    match = re.fullmatch(r"(\s*def \w+\()(.*)(\) -> .*:\s*)", line)
    if match is None:
        return line
    arguments = _split_arguments(re.sub(r"(^|, )in: ", r"\1in_: ", match[2]))
    first_default = next((index for index, part in enumerate(arguments) if "=" in part), len(arguments))
    for index in range(first_default, len(arguments)):
        if "=" not in arguments[index] and not arguments[index].strip().startswith("*"):
            arguments[index] += " = ..."
    mended = ",".join(re.sub(r"= <.*>", "= ...", part) for part in arguments)
    return match[1] + mended + match[3]


def _split_arguments(text: str) -> list[str]:
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
