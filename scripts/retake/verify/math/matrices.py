"""Matrix arithmetic by its definition: sums, products and multiples of matrices become one matrix of expressions."""

from __future__ import annotations

from retake.verify.math.nodes import Node, mapped

_MAX_CELLS = 144


def folded(node: Node) -> Node:
    """Return a tree in which sums, products and scalar multiples of matrices are matrices; what does not fit stays."""
    node = mapped(node, args=tuple(folded(arg) for arg in node.args))
    if node.op == "neg" and node.args[0].op == "matrix":
        return _each(node.args[0], lambda cell: Node("neg", (cell,)))
    if node.op == "div" and node.args[0].op == "matrix" and node.args[1].op != "matrix":
        return _each(node.args[0], lambda cell: Node("div", (cell, node.args[1])))
    if node.op == "add" and all(arg.op == "matrix" for arg in node.args):
        return _summed(node)
    if node.op == "mul" and any(arg.op == "matrix" for arg in node.args):
        return _product(node)
    return node


def _each(matrix: Node, change: object) -> Node:
    assert callable(change)
    return Node("matrix", tuple(Node("row", tuple(change(cell) for cell in row.args)) for row in matrix.args))


def _rows(matrix: Node) -> list[tuple[Node, ...]]:
    return [row.args for row in matrix.args]


def _summed(node: Node) -> Node:
    grids = [_rows(arg) for arg in node.args]
    shapes = {tuple(len(row) for row in grid) for grid in grids}
    if len(shapes) != 1:
        return node
    rows = [
        Node("row", tuple(Node("add", tuple(cells)) for cells in zip(*rows, strict=True)))
        for rows in zip(*grids, strict=True)
    ]
    return Node("matrix", tuple(rows))


def _product(node: Node) -> Node:
    left, right = node.args
    if left.op != "matrix" or right.op != "matrix":
        matrix, factor = (left, right) if left.op == "matrix" else (right, left)
        return _each(matrix, lambda cell: Node("mul", (factor, cell)))
    first, second = _rows(left), _rows(right)
    width = len(second[0]) if second else 0
    if (
        any(len(row) != len(second) for row in first)
        or any(len(row) != width for row in second)
        or len(first) * width > _MAX_CELLS
    ):
        return node
    rows = [
        tuple(Node("add", tuple(Node("mul", (row[k], second[k][j])) for k in range(len(second)))) for j in range(width))
        for row in first
    ]
    return Node("matrix", tuple(Node("row", row) for row in rows))
