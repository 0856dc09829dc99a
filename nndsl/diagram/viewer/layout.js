"use strict";
// From a figure to places, as `layout.py` makes them, and from places to SVG, as `draw.py` and `render.py` do.
//
// An item is a card or a block. What is shown of it depends on two sets of items: blocks that are `closed`, and items whose
// repetitions are shown one by one, `apart`.

/** The items that stand for some members: themselves, or, one by one, what they repeat. */
function shown(members, state) {
  return members.flatMap((item) => (state.apart.has(item) ? shown(repeatsOf(item), state) : [item])).sort(by((item) => item.place));
}

function repeatsOf(item) {
  if (item.repeats.length === 1) item.repeats[0].place = item.place;
  return item.repeats;
}

const isOpen = (item, state) => item.members !== undefined && !state.closed.has(item);

/** Where everything in a figure is: `{ seats, wires, left, right, height }`, as if it flowed down. */
function layOut(figure, state) {
  M = figure.lengths;
  const places = new Places(figure.direction, state);
  const [vertices, wires] = places.group(shown(figure.members, state), [], []);
  const piece = places.arranged(vertices, wires, true);
  const layout = { seats: [], wires: [], left: piece.left, right: piece.right, height: piece.height };
  places.settle(layout, flatten(piece), 0);
  return layout;
}

class Places {
  constructor(direction, state) {
    Object.assign(this, { direction, state, contents: new Map() });
  }

  arranged(vertices, wires, outermost) {
    const core = reduced(vertices, wires);
    if (core.length > 1 || core[0][0] !== BORDER || core[0][1] !== BORDER) return arrange(core, !outermost);
    const way = core[0][2];
    return way.kind === "series" ? arrangedSeries(way, !outermost) : compose(way);
  }

  settle(layout, placement, depth) {
    layout.wires.push(...placement.wires);
    for (const one of placement.seats) {
      layout.seats.push({ ...one, depth });
      const content = this.contents.get(one.vertex);
      if (content === undefined) continue;
      const piece = one.rising ? turned(content.piece) : content.piece, top = one.y + content.start;
      this.settle(layout, flatten(piece, one.x, top), depth + 1);
      layout.wires.push(...rims(one, piece, top));
    }
  }

  group(members, entries, exits) {
    const port = (ref) => newVertex({ left: 0, right: 0, height: 0, order: orderOf(ref) });
    const inlets = entries.map(port), boxes = members.map((item) => this.vertex(item)), outlets = exits.map(port);
    const giving = new Map(entries.map((ref, index) => [ref, [inlets[index], 0]]));
    members.forEach((item, place) => item.outputs.forEach((ref, index) => giving.set(ref, [boxes[place], index])));
    const wires = inlets.map((vertex) => newWire(BORDER, vertex));
    members.forEach((item, place) => wires.push(...this.into(item, boxes[place], giving)));
    exits.forEach((ref, place) => wires.push(newWire(giving.get(ref)[0], outlets[place], { outlet: giving.get(ref)[1] })));
    const used = new Set(wires.map((wire) => wire.source));
    wires.push(...boxes.filter((vertex) => !used.has(vertex)).map((vertex) => newWire(vertex, BORDER, { drawn: false })));
    wires.push(...outlets.map((vertex) => newWire(vertex, BORDER)));
    return [[...inlets, ...boxes, ...outlets], wires];
  }

  into(item, vertex, giving) {
    if (!item.inputs.length) return [newWire(BORDER, vertex, { drawn: false })];
    const open = isOpen(item, this.state);
    return item.inputs.map((ref, position) => {
      const [source, outlet] = giving.get(ref);
      return newWire(source, vertex, { outlet, inlet: open ? position : 0, position, ordered: !open && item.ordered });
    });
  }

  vertex(item) {
    return isOpen(item, this.state) ? this.frame(item) : newVertex(item.box, item);
  }

  frame(item) {
    const [vertices, wires] = this.group(shown(item.members, this.state), item.entries, item.exits);
    const piece = this.arranged(vertices, wires, false);
    const tops = new Map(piece.tops.filter((end) => end.wire.drawn).map((end) => [end.wire.target, end.x]));
    const bottoms = new Map(piece.bottoms.filter((end) => end.wire.drawn).map((end) => [end.wire.source, end.x]));
    const inlets = vertices.slice(0, item.entries.length).map((one) => tops.get(one));
    const outlets = vertices.slice(vertices.length - item.exits.length).map((one) => bottoms.get(one));
    const vertex = newVertex({
      ...this.around(item, piece, [...inlets, ...outlets]), order: item.order,
      inlets: inlets.length ? inlets : [0], outlets: outlets.length ? outlets : [0],
    }, item);
    this.contents.set(vertex, { piece, start: vertex.start });
    return vertex;
  }

  around(item, piece, doors) {
    const { HEADER, PADDING, RIM } = M;
    if (this.direction === "down") {
      return {
        left: Math.max(piece.left + PADDING, PADDING + item.nameWidth + 8 - (doors.length ? Math.min(...doors) : 0)),
        right: Math.max(piece.right + PADDING, PADDING + item.sideWidth + 8 + (doors.length ? Math.max(...doors) : 0)),
        start: HEADER, height: HEADER + piece.height + RIM,
      };
    }
    const height = Math.max(piece.height + 2 * RIM, 2 * PADDING + item.nameWidth + 8 + item.sideWidth);
    return { left: piece.left + HEADER, right: piece.right + PADDING, start: (height - piece.height) / 2, height };
  }
}

const orderOf = (ref) => Number(ref.split(".")[0]);

function rims(one, piece, top) {
  const upright = (ends, upper, lower) => ends.filter((end) => end.wire.drawn).map((end) => {
    const points = [[one.x + end.x, upper], [one.x + end.x, lower]];
    return { wire: end.wire, points: one.rising ? points.reverse() : points };
  });
  return [...upright(piece.tops, one.y, top), ...upright(piece.bottoms, top + piece.height, one.y + one.vertex.height)];
}

// Drawing --------------------------------------------------------------------------------------------

const drawn = (direction, [x, y]) => (direction === "down" ? [x, y] : [y, x]);

function boxOf(direction, { vertex, x, y }) {
  const [left, top] = drawn(direction, [x - vertex.left, y]);
  const [width, height] = drawn(direction, [vertex.left + vertex.right, vertex.height]);
  return { x: left, y: top, width, height };
}

const digits = (value) => String(+value.toFixed(2));
const at = ([x, y]) => `${digits(x)} ${digits(y)}`;
const distance = (one, other) => Math.hypot(one[0] - other[0], one[1] - other[1]);

function towards(start, goal, length) {
  const share = Math.min(1, length / (distance(start, goal) || 1));
  return [start[0] + (goal[0] - start[0]) * share, start[1] + (goal[1] - start[1]) * share];
}

function path(points) {
  const parts = [`M${at(points[0])}`];
  points.slice(1, -1).forEach((corner, index) => {
    const before = points[index], after = points[index + 2];
    const bend = Math.min(M.BEND, distance(before, corner) / 2, distance(corner, after) / 2);
    parts.push(`L${at(towards(corner, before, bend))}Q${at(corner)} ${at(towards(corner, after, bend))}`);
  });
  return `${parts.join("")}L${at(points.at(-1))}`;
}

const withoutHead = (points) => [...points.slice(0, -1), towards(points.at(-1), points.at(-2), M.HEAD_LENGTH - 1)];

function head(points) {
  const tip = points.at(-1), base = towards(tip, points.at(-2), M.HEAD_LENGTH), length = distance(tip, base) || 1;
  const across = [((base[1] - tip[1]) / length) * M.HEAD_HALF, ((tip[0] - base[0]) / length) * M.HEAD_HALF];
  return `M${at(tip)}L${at([base[0] + across[0], base[1] + across[1]])}L${at([base[0] - across[0], base[1] - across[1]])}Z`;
}

/**
 * The picture of a layout, in parts: frames, wires, cards, each with its markup, its box, and the item that it is, if any;
 * `group(item, box, inner)` wraps what belongs to an item.
 */
function draw(figure, layout, state, group) {
  const { direction } = figure;
  const frames = [], cards = [];
  for (const one of layout.seats) {
    const { item } = one.vertex;
    if (item === null) continue;
    const box = boxOf(direction, one);
    if (isOpen(item, state)) {
      frames.push([group(item, box, frameSvg(item, box, one.depth)), box, item]);
    } else {
      const [left, top] = drawn(direction, [one.x, one.y]);
      cards.push([group(item, box, `<g transform="translate(${digits(left)} ${digits(top)})">${figure.shapes[one.rising ? item.turned : item.shape]}</g>`), box, item]);
    }
  }
  const wires = layout.wires.map(({ wire, points }) => {
    const corners = points.map((point) => drawn(direction, point));
    return [wireSvg(wire, corners, state), around(corners)];
  });
  return [...frames, ...wires, ...cards];
}

function around(points) {
  const xs = points.map(([x]) => x), ys = points.map(([, y]) => y), x = Math.min(...xs), y = Math.min(...ys);
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

function frameSvg(item, { x, y, width, height }, depth) {
  const place = `x="${digits(x)}" y="${digits(y)}" width="${digits(width)}" height="${digits(height)}"`;
  const handle = `<rect class="handle" x="${digits(x)}" y="${digits(y)}" width="${digits(width)}" height="${M.HEADER}"/>`;
  return `<rect class="n-frame${depth % 2} ground" ${place} rx="8"/>${handle}<g transform="translate(${digits(x)} ${digits(y)})">${item.name}</g>`
    + `<g transform="translate(${digits(x + width)} ${digits(y)})">${item.side}</g>`;
}

function wireSvg(wire, points, state) {
  const target = wire.target?.item ?? null;
  if (target === null || isOpen(target, state)) return `<path class="n-wire" d="${path(points)}"/>`;
  return `<g><path class="n-wire" d="${path(withoutHead(points))}"/><path class="n-head" d="${head(points)}"/></g>`;
}
