"""Items as lines of Python: a function for each block, and what builds the network."""

from collections.abc import Iterable, Mapping, Sequence
from re import fullmatch

from nndsl.catalogue.applicable import Layer
from nndsl.catalogue.component import Component, same
from nndsl.catalogue.functions.arranging import Positions, Slice
from nndsl.emission.arithmetic import Constants
from nndsl.emission.chapter import REQUIRED, Chapter, Parameter, sizes_of
from nndsl.emission.identifiers import free, variable
from nndsl.emission.items import Block, Body, Item, Loop, Operand, Slot, Step, Tree
from nndsl.emission.manuscript import Manuscript, Remark
from nndsl.emission.reading import Group
from nndsl.emission.spelling import Setting, applied, arguments, counted, function_call, is_sign, value_code
from nndsl.emission.writing import Call, Code, Named, Page, flat, listed
from nndsl.in_keras import known_shape
from nndsl.syntax import ast


class Function:
    """A function that is written: what it is called, what it takes."""

    def __init__(self, name: str, inputs: Sequence[str], parameters: Sequence[Parameter], named: bool, page: Page):
        self.name, self.inputs, self.parameters, self.named, self.page = name, tuple(inputs), tuple(parameters), named, page

    def head(self) -> Call:
        """What stands after `def`."""
        required = [one.name for one in self.parameters if one.default is REQUIRED]
        others = [Named(one.name, value_code(one.default)) for one in self.parameters if one.default is not REQUIRED]
        return Call(self.name, (*self.inputs, *required, *others, *(["*", "name"] if self.named else [])))


class Library:
    """The functions of a program, in the order in which they are written."""

    def __init__(self, manuscript: Manuscript, constants: Constants, taken: Iterable[str]):
        self.manuscript, self.constants, self.taken = manuscript, constants, set(taken)
        self.functions: dict[int, Function] = {}

    def add(self, groups: Iterable[Group]) -> None:
        """Write the functions of some blocks; those that others call come first."""
        for one in groups:
            self.functions[one.number] = self._function(one)

    def function_of(self, block: Block) -> Function:
        assert isinstance(block.signature, tuple)
        return self.functions[block.signature[1]]

    def _function(self, group: Group) -> Function:
        name = free(variable(group.definition.name), self.taken)
        self.taken.add(name)
        uses = [one for _, one in group.uses]
        use = uses[0]
        inputs = _input_names(use, len(use.operands))
        chapter = Chapter(group.definition, [one.leaves for one in uses], _by_origin(use, inputs), self.constants, frozenset(self.taken), True)
        chapter.tensors |= set(inputs)
        author = Author(self, chapter)
        page = Page()
        with page.inside():
            if group.definition.documentation:
                page.documentation(group.definition.documentation)
            first = len(group.definition.parameters or ()) + len(sizes_of(group.definition))
            returned = author.body(page, use.body, inputs, first)
            page.line(f"return {', '.join(returned)}")
        return Function(name, inputs, _ordered(chapter, group.definition), chapter.named, page)


def _input_names(use: Block, count: int) -> list[str]:
    """What a function calls the tensors that it takes: as the block does."""
    made_of = use.frame.made_of
    assert made_of is not None
    stated = [one.target.name for one in made_of.definition.body if isinstance(one, ast.Input)]
    by_ref = dict(zip(made_of.operands, stated, strict=False))
    names: list[str] = []
    for ref in use.operands[:count]:
        names.append(free(variable(by_ref.get(ref, "x")), set(names)))
    return names


def _by_origin(use: Block, names: Sequence[str]) -> dict[str, str]:
    """By the names of the block's inputs, those of the function's."""
    made_of = use.frame.made_of
    assert made_of is not None
    stated = [one.target.name for one in made_of.definition.body if isinstance(one, ast.Input)]
    places = {ref: place for place, ref in enumerate(use.operands)}
    return {name: names[places[ref]] for name, ref in zip(stated, made_of.operands, strict=False) if ref in places}


def _ordered(chapter: Chapter, definition: ast.Definition) -> list[Parameter]:
    """Parameters as the block has them, then the others."""
    order = [one.name for one in definition.parameters or ()]
    return sorted(chapter.parameters.values(), key=lambda one: order.index(one.origin) if one.origin is not None else len(order))


class Author:
    """Writes the body of one function."""

    def __init__(self, library: Library, chapter: Chapter):
        self._library, self._chapter, self._manuscript = library, chapter, library.manuscript
        self._told: set[int] = set()
        self._shared: dict[int, str] = {}

    def body(
        self, page: Page, body: Body, inputs: Sequence[str], first_leaf: int, targets: Sequence[str] = (), kept: frozenset[str] = frozenset(),
    ) -> list[str]:
        """Write items one after another.

        Args:
            inputs: what its inputs are called.
            first_leaf: the place of its first leaf among those of the chapter.
            targets: what its results have to be called; otherwise as it fits.
            kept: names that stand for what is needed later.

        Returns:
            What its results are called.
        """
        lasts = _last_uses(body)
        names: dict[Slot, str] = {("in", place, 0): name for place, name in enumerate(inputs)}
        wanted = dict(zip(body.returns, targets, strict=False))
        position = first_leaf
        for place, item in enumerate(body.items):
            busy = {name for slot, name in names.items() if lasts.get(slot, -1) > place} | kept
            outputs = self._outputs(item, place, lasts, busy, wanted, names, body.wiring[place])
            operands = [names[slot] for slot in body.wiring[place]]
            dying = {names[slot] for slot in body.wiring[place] if lasts[slot] == place} - busy
            self._comments(page, item)
            self._item(page, item, operands, outputs, position, frozenset(busy), dying)
            names |= {("item", place, output): name for output, name in enumerate(outputs)}
            position += len(item.leaves)
        for slot, target in wanted.items():
            if names[slot] != target:
                page.line(f"{target} = {names[slot]}")
        return [names[slot] for slot in body.returns]

    # Names ---------------------------------------------------------------------------------------

    def _outputs(
        self, item: Item, place: int, lasts: Mapping[Slot, int], busy: set[str], wanted: Mapping[Slot, str], names: Mapping[Slot, str],
        wiring: Sequence[Slot],
    ) -> list[str]:
        """What the results of an item are called."""
        found: list[str] = []
        going_on = next((names[slot] for slot in wiring if lasts[slot] == place and names[slot] not in busy), "x")
        for output in range(len(item.outputs)):
            slot: Slot = ("item", place, output)
            if slot not in lasts:
                found.append("_")
                continue
            chosen = self._stated(item, output) or going_on
            target = wanted.get(slot)
            if target is not None and target not in {name for one, name in names.items() if lasts.get(one, -1) > place and one not in wanted}:
                chosen = target
            taken = self._chapter.taken | self._library.taken
            if chosen != target and (chosen in busy or chosen in taken or chosen in found):
                chosen = self._other_name(item, busy | taken | set(found))
            found.append(chosen)
        self._chapter.tensors |= set(found)
        return found

    def _stated(self, item: Item, output: int) -> str | None:
        """What the file calls a result of the statement that an item stands in; of a loop, what its last turn gives."""
        if isinstance(item, Loop):
            (_, place, inner) = item.body.returns[output]
            return self._stated(item.body.items[place], inner)
        remark = self._manuscript.remark(item.span)
        names = remark.names if remark is not None else ()
        if len(names) > 1 and len(item.outputs) != len(names):
            return None
        return variable(names[output if len(names) > 1 else 0]) if names else None

    def _other_name(self, item: Item, taken: set[str]) -> str:
        """A name after what is computed, where that of the statement still stands for something else."""
        match item:
            case Block():
                return free(variable(item.frame.name), taken)
            case Step():
                last = item.tree.spelling.callee.rpartition(".")[2]
                return free(variable(last) if last != "get_item" else "part", taken)
        return free("h", taken)

    def _comments(self, page: Page, item: Item) -> None:
        remark: Remark | None = self._manuscript.remark(item.span)
        if remark is None or isinstance(remark.statement, ast.Definition) or id(remark) in self._told:
            return
        self._told.add(id(remark))
        for one in remark.comments:
            page.comment(one)

    # Items ---------------------------------------------------------------------------------------

    def _item(
        self, page: Page, item: Item, operands: list[str], outputs: list[str], position: int, busy: frozenset[str], dying: set[str]
    ) -> None:
        match item:
            case Step():
                self._step(page, item, operands, outputs, position)
            case Block():
                page.code(f"{', '.join(outputs)} = ", self._block(item, operands, position))
            case Loop():
                self._loop(page, item, operands, outputs, position, busy, dying)

    def _step(self, page: Page, step: Step, operands: list[str], outputs: list[str], position: int) -> None:
        before = f"{', '.join(outputs)} = "
        if step.shared is None:
            code = self._tree(step.tree, step, operands, position)
            masked = _masked(step.tree, operands) if _loses_mask(step.tree) else []
            page.code(before, Call(Call("MaskOf"), (listed([code, *masked]),)) if masked else code)
            return
        if step.makes:
            name = self._name_of_shared(step, outputs)
            self._shared[step.shared] = name
            page.code(f"{name} = ", self._made(step.tree, step, position))
            component = step.tree.spelling.component
            if isinstance(component, Layer) and not component.trainable:
                page.line(f"{name}.trainable = False")
        made = self._shared[step.shared]
        options = self._settings(step.tree, step.tree.spelling.options, position, len(step.tree.spelling.settings))
        page.code(before, applied(step.tree.spelling.component, made, operands, arguments(options)))

    def _name_of_shared(self, step: Step, outputs: Sequence[str]) -> str:
        """What a layer is called that is applied several times: as the file does, or after its class."""
        owner = step.tree.node.owner
        assert owner is not None
        name = free(variable(owner.name), self._chapter.taken | self._library.taken | set(outputs) | set(self._shared.values()))
        self._chapter.taken.add(name)
        return name

    def _block(self, block: Block, operands: list[str], position: int) -> Code:
        function = self._library.function_of(block)
        made_of = block.frame.made_of
        assert made_of is not None
        written = self._manuscript.arguments(block.span, [one.name for one in made_of.definition.parameters or ()])
        required: list[Code] = []
        others: list[Code] = []
        for one in function.parameters:
            values = self._chapter.leaf(one.found, position)
            if one.default is not REQUIRED and all(same(value, one.default) for value in values):
                continue
            code = self._chapter.argument(one, position, written.get(one.origin or ""))
            if one.default is REQUIRED:
                required.append(code)
            else:
                others.append(Named(one.name, code))
        named = [Named("name", self._chapter.layer_name(block.names[0]))] if function.named else []
        return Call(function.name, (*operands, *required, *others, *named))

    def _loop(
        self, page: Page, loop: Loop, operands: list[str], outputs: list[str], position: int, busy: frozenset[str], dying: set[str]
    ) -> None:
        carried = self._carried(loop, operands, outputs, busy, dying)
        for name, initial in zip(carried, operands, strict=False):
            if name != initial:
                page.line(f"{name} = {initial}")
        inner = page.inner()
        with self._chapter.loop(loop.height, position) as around:
            invariant = operands[loop.carried :]
            self.body(inner, loop.body, [*carried, *invariant], position + 1, carried, busy | set(invariant))
        before, values = self._chapter.loop_head(around, position)
        page.code(before, values, ":")
        with page.inside():
            page.take(inner)

    def _carried(self, loop: Loop, operands: list[str], outputs: list[str], busy: frozenset[str], dying: set[str]) -> list[str]:
        """What goes from turn to turn is called, in the loop, as it is afterwards."""
        found: list[str] = []
        for place in range(loop.carried):
            chosen = outputs[place]
            if chosen == "_":
                chosen = self._stated(loop, place) or operands[place]
            invariant = set(operands[loop.carried :])
            if chosen in busy - {outputs[place]} or chosen in found or chosen in invariant:
                chosen = free(f"{chosen}_2", busy | set(found) | invariant)
            found.append(chosen)
        self._chapter.tensors |= set(found)
        return found

    # Calls ---------------------------------------------------------------------------------------

    def _tree(self, tree: Tree, step: Step, operands: list[str], position: int) -> Code:
        spelling = tree.spelling
        inner = [self._operand(one, step, operands, position, is_sign(spelling)) for one in tree.operands]
        options = arguments(self._settings(tree, spelling.options, position, len(spelling.settings)))
        if spelling.is_layer:
            return applied(spelling.component, self._made(tree, step, position), inner, options)
        component = spelling.component
        if isinstance(component, Positions):
            return counted(component, flat(inner[0]), tree.types)
        found = function_call(spelling, inner, self._settings(tree, spelling.settings, position, 0))
        return _of_known_size(tree, found)

    def _operand(self, one: Tree | Operand, step: Step, operands: list[str], position: int, in_sign: bool) -> Code:
        """An operand, in brackets where it is written with a sign and stands beside one."""
        if isinstance(one, Tree):
            code = self._tree(one, step, operands, position)
            return f"({flat(code)})" if in_sign and is_sign(one.spelling) else code
        if not one.is_leaf:
            return operands[one.place]
        expression = None if one.span is None else self._manuscript.expression(one.span)
        number = self._chapter.value(position + one.place, "factor", expression)
        return number if not in_sign or _is_atom(flat(number)) else f"({flat(number)})"

    def _made(self, tree: Tree, step: Step, position: int) -> Code:
        """The layer itself, with its name."""
        given = arguments(self._settings(tree, tree.spelling.settings, position, 0))
        return Call(tree.spelling.callee, (*given, Named("name", self._chapter.layer_name(step.names[0]))))

    def _settings(self, tree: Tree, settings: Sequence[Setting], position: int, skipped: int) -> list[tuple[Setting, Code]]:
        """Those arguments that are not what they are by default in every use, with what is written for them."""
        written = self._written_arguments(tree)
        component = tree.spelling.component
        found = []
        for place, one in enumerate(settings):
            at = position + tree.first_leaf + skipped + place
            if not one.by_position and all(same(value, one.default) for value in self._chapter.leaf(at)):
                continue
            owner = component if isinstance(component, Component) else None
            found.append((one, self._chapter.value(at, one.name, written.get(one.name), owner)))
        return found

    def _written_arguments(self, tree: Tree) -> Mapping[str, ast.Expression]:
        node = tree.node
        names = node.component.fields() if isinstance(node.component, Layer) else ()
        declared = self._manuscript.declared(node.span, node.owner.name) if node.owner is not None else None
        return self._manuscript.arguments(declared or node.span, names)


def _of_known_size(tree: Tree, code: Code) -> Code:
    """A part of an axis of any length whose size is known, which Keras does not see."""
    if not isinstance(tree.spelling.component, Slice) or None not in known_shape(tree.types[0]):
        return code
    shape = known_shape(tree.node.type)
    return code if None in shape else Call("ops.reshape", (code, f"({', '.join(map(str, (-1, *shape)))})"))


def _loses_mask(tree: Tree) -> bool:
    """Whether the mask of an operand goes with the result, and not by itself: of functions, and of layers in their place that want all masked."""
    if not tree.node.type.mask or isinstance(tree.node.component, Layer):
        return False
    return not (tree.spelling.is_layer and tree.spelling.component.masked(*tree.types))


def _masked(tree: Tree, operands: Sequence[str]) -> list[str]:
    """The operands with a mask that a function would take along, and Keras loses."""
    found: list[str] = []
    for one, type in zip(tree.operands, tree.types, strict=True):
        if isinstance(one, Tree):
            found += _masked(one, operands) if one.node.type.mask else []
        elif type.mask and not one.is_leaf:
            found.append(operands[one.place])
    return list(dict.fromkeys(found))


def _is_atom(code: str) -> bool:
    return fullmatch(r"[\w.]+(\[-?\w+\])?(e-\d+)?", code) is not None


def _last_uses(body: Body) -> dict[Slot, int]:
    """For each tensor, the last item that takes it; results are needed after all."""
    lasts: dict[Slot, int] = {}
    for place, slots in enumerate(body.wiring):
        lasts |= dict.fromkeys(slots, place)
    return lasts | dict.fromkeys(body.returns, len(body.items))


