"""Syntax nodes as text in which every bracket is written out, and the ways to get at them."""

from collections.abc import Iterator
from typing import Any

from nndsl.diagnostics import Diagnostic, Report
from nndsl.frozen import Frozen
from nndsl.source import Source
from nndsl.syntax import ast
from nndsl.syntax.parser import parse


def parsed(text: str, name: str = "text.nn") -> tuple[ast.Spec, list[Diagnostic]]:
    """The nodes of a text, and what was wrong with it."""
    report = Report()
    return parse(Source(name, text), report), list(report)


def codes_of(text: str) -> list[str]:
    """The mistakes of syntax in a text, in the order of their places."""
    return [one.code for one in parsed(text)[1]]


def statements(text: str) -> tuple[ast.Statement, ...]:
    """The statements of a text without a mistake."""
    spec, mistakes = parsed(text)
    assert mistakes == []
    return spec.statements


def statement(text: str) -> ast.Statement:
    (only,) = statements(text)
    return only


def expression(text: str) -> ast.Expression:
    only = statement(text)
    assert isinstance(only, ast.Evaluate)
    return only.value


def shape_of(text: str) -> list[str]:
    """The statements of a text, with every bracket written out."""
    return [shown(one) for one in statements(text)]


def nodes(node: Any) -> Iterator[Any]:
    """A node and all nodes in it."""
    if isinstance(node, tuple):
        for one in node:
            yield from nodes(one)
    elif isinstance(node, Frozen) and type(node).__module__ == ast.__name__:
        yield node
        for name in node.__match_args__:
            yield from nodes(getattr(node, name))


def joined(items: tuple[Any, ...]) -> str:
    return ", ".join(map(shown, items))


def block(body: tuple[ast.Statement, ...]) -> str:
    return "{ " + "; ".join(map(shown, body)) + " }"


def shown(node: Any) -> str:
    """A node with every bracket written out; operators in `( )`, so that precedence can be seen."""
    match node:
        case None:
            return "-"
        case ast.Number() | ast.String():
            return repr(node.value)
        case ast.Truth():
            return {True: "true", False: "false", None: "none"}[node.value]
        case ast.Duration():
            return f"{node.value} {node.unit}"
        case ast.Name():
            return node.text
        case ast.Target():
            return node.name
        case ast.ListOf():
            return f"[{joined(node.items)}]"
        case ast.TupleOf():
            return f"<{joined(node.items)}>"
        case ast.Record():
            return f"<{joined(node.keywords)}>"
        case ast.Keyword() | ast.Parameter():
            value = node.value if isinstance(node, ast.Keyword) else node.default
            return node.name if value is None else f"{node.name}={shown(value)}"
        case ast.Call():
            return f"{shown(node.callee)}({joined((*node.positional, *node.keywords))})"
        case ast.Attribute():
            return f"{shown(node.base)}.{node.name}"
        case ast.Subscript():
            return f"{shown(node.base)}[{shown(node.index)}]"
        case ast.Unary():
            return f"({node.operator} {shown(node.operand)})"
        case ast.Binary():
            return f"({shown(node.left)} {node.operator} {shown(node.right)})"
        case ast.IfElse():
            return f"({shown(node.then)} if {shown(node.condition)} else {shown(node.otherwise)})"
        case ast.Arrow():
            return f"({' -> '.join(map(shown, node.steps))})"
        case ast.Type():
            below = f" < {shown(node.below)}" if node.below is not None else ""
            return f"{node.dtype or ''}[{joined(node.shape)}]{below}{''.join(f', {shown(one)}' for one in node.options)}"
    return shown_statement(node)


def shown_statement(node: Any) -> str:
    match node:
        case ast.Import():
            names = ", ".join(one.name if one.name == one.alias else f"{one.name} as {one.alias}" for one in node.names)
            return f"from {shown(node.path)} import {names}"
        case ast.Param():
            return f"param {node.target.name} = {shown(node.value)} in {shown(node.choices)}"
        case ast.Input():
            return f"input {node.target.name}: {shown(node.type)}"
        case ast.Output():
            return f"output {node.target.name}: {shown(node.type)} = {shown(node.value)}"
        case ast.Binding():
            return f"{joined(node.targets)}: {shown(node.type)} = {shown(node.value)}"
        case ast.LayerDeclaration():
            return f"layer {node.target.name} = {shown(node.value)}"
        case ast.For():
            return f"for {joined(node.targets)} in {shown(node.values)} {block(node.body)}"
        case ast.If():
            branches = " ".join(f"if {shown(condition)} {block(body)}" for condition, body in node.branches)
            return f"{branches} else {block(node.otherwise)}"
        case ast.Check():
            return f"check {shown(node.condition)} when {shown(node.when)}"
        case ast.Minimize():
            return f"minimize {shown(node.objective)} over {shown(node.over)} with {shown(node.optimizer)} times {shown(node.times)}"
        case ast.Evaluate():
            return shown(node.value)
        case ast.Definition():
            parameters = "" if node.parameters is None else f"({joined(node.parameters)})"
            documentation = "" if node.documentation is None else f"{node.documentation!r} "
            return f"{node.kind} {node.name}{parameters} {documentation}{block(node.body)}"
        case ast.Broken():
            return f"broken {joined(node.targets)}"
    raise AssertionError(f"no node: {node!r}")
