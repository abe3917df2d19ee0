"""One small change to a module at a time, as a mistake would make it: a comparison that includes its edge, an `and` for an
`or`, a number that is one off. Pure: reads source, returns source.

Left out is what has no behaviour to test: docstrings, annotations, the options of a class (`frozen=True`).
"""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice

OPPOSITES: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Div, ast.Mod: ast.Add,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A module with one change. `name` says where and what, and stays the same while the function does."""

    path: str
    line: int
    name: str
    index: int
    original: str

    def source(self) -> str:
        """The module with its change."""
        tree = ast.parse(self.original)
        node, _ = next(islice(_sites(tree), self.index, None))
        _change(node)
        return ast.unparse(tree)


def mutate(path: str, source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    made = []
    for index, (node, where) in enumerate(_sites(ast.parse(source))):
        changed = deepcopy(node)
        _change(changed)
        name = f"{path}: {where}: {ast.unparse(node)} -> {ast.unparse(changed)}".replace("\n", " ")
        made.append(Mutant(path, node.lineno, name, index, source))
    return made


def _sites(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    yield from _in_body(tree, "")


def _in_body(parent: ast.AST, where: str) -> Iterator[tuple[ast.expr, str]]:
    for node in _children(parent):
        named = f"{where}.{node.name}".lstrip(".") if isinstance(node, ast.FunctionDef | ast.ClassDef) else where
        if isinstance(node, ast.expr) and _can_change(node):
            yield node, where or "module"
        yield from _in_body(node, named)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """What of a node has behaviour."""
    if isinstance(node, ast.arg | ast.Import | ast.ImportFrom) or _is_docstring(node):
        return
    left_out: set[ast.AST | None] = set()
    if isinstance(node, ast.ClassDef):
        left_out = {*node.keywords, *node.bases, *node.decorator_list}
    elif isinstance(node, ast.FunctionDef):
        left_out = {node.returns, *node.decorator_list}
    elif isinstance(node, ast.AnnAssign):
        left_out = {node.annotation}
    yield from (child for child in ast.iter_child_nodes(node) if child not in left_out)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _can_change(node: ast.expr) -> bool:
    if isinstance(node, ast.Compare):
        return len(node.ops) == 1 and type(node.ops[0]) in OPPOSITES
    if isinstance(node, ast.BinOp):
        return type(node.op) in OPPOSITES and not any(_is_text(side) for side in (node.left, node.right))
    return isinstance(node, ast.BoolOp | ast.IfExp) or _is_not(node) or _is_number_or_truth(node)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _is_number_or_truth(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float)


def _change(node: ast.expr) -> None:
    """Change the node in its place."""
    if isinstance(node, ast.Compare):
        node.ops = [OPPOSITES[type(node.ops[0])]()]
    elif isinstance(node, ast.BinOp | ast.BoolOp):
        node.op = OPPOSITES[type(node.op)]()
    elif isinstance(node, ast.IfExp):
        node.body, node.orelse = node.orelse, node.body
    elif isinstance(node, ast.UnaryOp):
        node.operand = ast.UnaryOp(ast.Not(), node.operand)
    elif isinstance(node, ast.Constant):
        node.value = not node.value if isinstance(node.value, bool) else node.value + 1  # type: ignore[operator]
