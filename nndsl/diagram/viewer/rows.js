"use strict";
// What is not series-parallel: rows of boxes, with channels between them.

// layered.py -----------------------------------------------------------------------------------------

function newBox(piece, order, note = 0, rank = 0) {
  return { id: ++made, piece, order, note, rank, index: 0, into: [], out: [], first: false, last: false, border: null };
}

function arrange(core) {
  const boxes = boxesOf(core);
  rank(boxes);
  const { rows, joins } = withLanes(boxes);
  untangle(rows, joins);
  return placed(rows, joins);
}

function boxesOf(core) {
  const vertices = new Set(core.flatMap(([source, target]) => [source, target]).filter((vertex) => vertex !== BORDER));
  const boxed = new Map([...vertices].map((vertex) => [vertex, newBox(alone(vertex), vertex.order, vertex.note)]));
  const boxes = [...boxed.values()];
  const pin = (box, side, wire) => Object.assign(box, { first: side === "first", last: side === "last", border: wire });
  function port(vertex, side) {
    return (wire) => {
      if (vertex !== BORDER) return boxed.get(vertex);
      if (!wire.drawn) return null;
      const beyond = side === "first" ? wire.target : wire.source;
      if (beyond !== BORDER && beyond.height === 0 && boxed.has(beyond)) {
        pin(boxed.get(beyond), side, wire);
        return null;
      }
      boxes.push(pin(newBox(newPiece(), 0), side, wire));
      return boxes.at(-1);
    };
  }
  for (const [source, target, way] of core) {
    for (const branch of way.kind === "parallel" ? way.ways : [way]) {
      connect(boxes, branch, port(source, "first"), port(target, "last"));
    }
  }
  return boxes;
}

function alone(vertex) {
  const one = { ...newPiece(), height: vertex.height };
  seat(one, vertex, 0, 0);
  return one;
}

function connect(boxes, way, upper, lower) {
  if (isWire(way)) {
    joinBoxes(way, upper(way), lower(way), null, null);
    return;
  }
  const piece = compose(way);
  const body = newBox(piece, Math.min(...piece.tops.map((end) => end.wire.target?.order ?? 0)), piece.below);
  boxes.push(body);
  for (const end of piece.tops) joinBoxes(end.wire, upper(end.wire), body, null, end);
  for (const end of piece.bottoms) joinBoxes(end.wire, body, lower(end.wire), end, null);
}

function joinBoxes(wire, upper, lower, leaving, entering) {
  if (upper === null || lower === null) return;
  const join = {
    wire, upper, lower,
    top: leaving ? leaving.x : (wire.source?.outlets[wire.outlet] ?? 0),
    bottom: entering ? entering.x : (wire.target?.inlets[wire.inlet] ?? 0),
    topKey: leaving ? `wire ${wire.id}` : `${upper.id} ${wire.source ? wire.outlet : 0}`,
    bottomKey: entering ? `wire ${wire.id}` : `${lower.id} ${wire.target ? wire.inlet : 0}`,
  };
  upper.out.push(join);
  lower.into.push(join);
}

function rank(boxes) {
  const order = topological(boxes);
  for (const box of order) box.rank = Math.max(0, ...box.into.map((join) => join.upper.rank + 1));
  const bottom = 1 + Math.max(0, ...order.filter((box) => !box.last).map((box) => box.rank));
  for (const box of [...order].reverse()) {
    if (box.last) box.rank = bottom;
    else if (box.out.length > box.into.length && !box.first) box.rank = Math.min(...box.out.map((join) => join.lower.rank)) - 1;
  }
}

function topological(boxes) {
  const waiting = new Map(boxes.map((box) => [box, box.into.length]));
  const ready = boxes.filter((box) => !box.into.length).sort(by((box) => -box.order));
  const order = [];
  while (ready.length) {
    const box = ready.pop();
    order.push(box);
    for (const { lower } of [...box.out].reverse()) {
      waiting.set(lower, waiting.get(lower) - 1);
      if (waiting.get(lower) === 0) ready.push(lower);
    }
  }
  return order;
}

function withLanes(boxes) {
  const order = topological(boxes);
  const rows = span(Math.max(...boxes.map((box) => box.rank)) + 1).map(() => []), joins = rows.map(() => []);
  for (const box of order) {
    rows[box.rank].push(box);
    box.into = [];
  }
  for (const box of order) {
    const out = box.out, lanes = new Map();
    box.out = [];
    for (const join of out) {
      if (!lanes.has(join.topKey)) lanes.set(join.topKey, []);
      extend(join, lanes.get(join.topKey), rows, joins);
    }
  }
  return { rows, joins };
}

function extend(join, lane, rows, joins) {
  const { wire } = join;
  let { upper, top, topKey } = join;
  for (let at = upper.rank + 1, step = 0; at < join.lower.rank; at++, step++) {
    if (step === lane.length) {
      lane.push(newBox(null, join.lower.order, 0, at));
      rows[at].push(lane[step]);
    }
    const key = `lane ${lane[step].id}`;
    linkRows(joins, { wire, upper, top, topKey, lower: lane[step], bottom: 0, bottomKey: key });
    [upper, top, topKey] = [lane[step], 0, key];
  }
  linkRows(joins, { ...join, upper, top, topKey });
}

function linkRows(joins, join) {
  joins[join.upper.rank].push(join);
  join.upper.out.push(join);
  join.lower.into.push(join);
}

function untangle(rows, joins) {
  const copy = () => rows.map((row) => [...row]);
  const restore = (order) => order.forEach((row, index) => (rows[index] = [...row]));
  number(rows);
  let best = copy(), crossings = crossingsOf(joins);
  const segments = sum(joins.map((row) => row.length));
  const sweeps = segments < M.MOST_SEGMENTS ? M.SWEEPS : 2, exchanges = segments < M.MOST_EXCHANGED ? M.EXCHANGES : 0;
  for (let turn = 0; turn < sweeps + exchanges && crossings > 0; turn++) {
    if (turn < sweeps) {
      sweep(rows, turn);
    } else {
      if (turn === sweeps) restore(best);
      exchange(rows, turn % 2 === 0);
    }
    const found = crossingsOf(joins);
    if (found < crossings) [best, crossings] = [copy(), found];
  }
  restore(best);
  number(rows);
}

function sweep(rows, turn) {
  const down = turn % 2 === 0, turned = turn % 4 >= 2;
  for (const row of down ? rows : [...rows].reverse()) {
    if (turned) row.reverse();
    const keys = new Map(row.map((box) => [box, barycentre(box, down)]));
    row.sort(by((box) => keys.get(box)));
    row.forEach((box, index) => (box.index = index));
  }
}

function exchange(rows, alsoEquals) {
  number(rows);
  for (const row of rows) {
    for (let index = 0; index < row.length - 1; index++) {
      const left = row[index], right = row[index + 1];
      const gain = pairCrossings(left, right) - pairCrossings(right, left);
      if (gain > 0 || (alsoEquals && gain === 0)) {
        [row[index], row[index + 1]] = [right, left];
        [left.index, right.index] = [right.index, left.index];
      }
    }
  }
}

function pairCrossings(left, right) {
  const above = (join) => [join.upper.index, join.top], below = (join) => [join.lower.index, join.bottom];
  const crossed = (one, others, end) => sum(one.map((join) => others.filter((other) => compare(end(join), end(other)) > 0).length));
  return crossed(left.into, right.into, above) + crossed(left.out, right.out, below);
}

function number(rows) {
  for (const row of rows) row.forEach((box, index) => (box.index = index));
}

function barycentre(box, down) {
  const neighbours = down
    ? box.into.map((join) => join.upper.index + join.top * 1e-4)
    : box.out.map((join) => join.lower.index + join.bottom * 1e-4);
  return neighbours.length ? sum(neighbours) / neighbours.length : box.index;
}

function crossingsOf(joins) {
  let total = 0;
  for (const row of joins) {
    const spans = new Map(row.map((one) => {
      const ends = [one.upper.index, one.top, one.lower.index, one.bottom];
      return [ends.join(" "), ends];
    }));
    const seen = [];
    for (const [, , index, x] of [...spans.values()].sort(compare)) {
      let low = 0, high = seen.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (compare([index, x], seen[middle]) < 0) high = middle;
        else low = middle + 1;
      }
      total += seen.length - low;
      seen.splice(low, 0, [index, x]);
    }
  }
  return total;
}

function placed(rows, joins) {
  const x = axesOf(rows, joins), picture = newPiece();
  rows.forEach((row, index) => {
    const height = Math.max(0, ...row.filter((box) => box.piece).map((box) => box.piece.height));
    for (const box of row) put(picture, box, x.get(box), height);
    picture.height += height;
    routeRow(picture, joins[index], x, Math.max(...row.map((box) => box.note)));
  });
  const ends = (row, side) => row.filter((box) => box[side] && box.border).map((box) => ({ wire: box.border, x: x.get(box), lane: false }));
  return Object.assign(picture, { tops: ends(rows[0], "first"), bottoms: ends(rows.at(-1), "last") });
}

function axesOf(rows, joins) {
  const shapes = new Map(rows.flat().map((box) => [
    box, box.piece ? { left: box.piece.left, right: box.piece.right, lane: false } : { left: 0, right: 0, lane: true },
  ]));
  const upper = new Map([...shapes.values()].map((shape) => [shape, new Map()]));
  for (const join of joins.flat()) {
    const above = upper.get(shapes.get(join.lower)), box = shapes.get(join.upper);
    if (!above.has(box)) above.set(box, join.top - join.bottom);
  }
  const found = axes(rows.map((row) => row.map((box) => shapes.get(box))), upper);
  const low = Math.min(...[...shapes.values()].map((shape) => found.get(shape) - shape.left));
  const high = Math.max(...[...shapes.values()].map((shape) => found.get(shape) + shape.right));
  return new Map([...shapes].map(([box, shape]) => [box, found.get(shape) - (low + high) / 2]));
}

function put(picture, box, x, height) {
  const y = picture.height;
  if (box.piece === null) {
    for (const wire of new Set(box.out.map((join) => join.wire))) line(picture, wire, [x, y], [x, y + height]);
    reach(picture, x, x);
    return;
  }
  const offset = box.first || !box.into.length ? 0 : box.last ? height : (height - box.piece.height) / 2;
  add(picture, box.piece, x, y + offset);
  for (const join of box.into) line(picture, join.wire, [x + join.bottom, y], [x + join.bottom, y + offset]);
  for (const join of box.out) line(picture, join.wire, [x + join.top, y + offset + box.piece.height], [x + join.top, y + height]);
}

function routeRow(picture, below, x, note) {
  if (!below.length) return;
  const links = below.map(({ wire, upper, top, lower, bottom, topKey, bottomKey }) => (
    { wire, top: x.get(upper) + top, bottom: x.get(lower) + bottom, topKey, bottomKey }
  ));
  const channel = route(links, note, below.some((join) => join.lower.piece?.height) ? M.GAP : M.PORT_GAP);
  for (const [wire, points] of channel.lines) line(picture, wire, ...points.map(([px, py]) => [px, py + picture.height]));
  picture.height += channel.height;
}

// coordinates.py -------------------------------------------------------------------------------------

function axes(rows, upper) {
  const lower = new Map();
  for (const [box, above] of upper) {
    for (const [one, offset] of above) {
      if (!lower.has(one)) lower.set(one, new Map());
      lower.get(one).set(box, -offset);
    }
  }
  const crossing = crossingLanes(rows, upper), layouts = [];
  for (const downwards of [true, false]) {
    for (const facing of [1, -1]) {
      layouts.push(oneLayout(downwards ? rows : [...rows].reverse(), downwards ? upper : lower, crossing, facing));
    }
  }
  return balanced(layouts);
}

function oneLayout(rows, neighbours, crossing, facing) {
  const turned = facing === 1 ? rows : rows.map((row) => [...row].reverse());
  const { root, offset } = blocks(turned, neighbours, crossing);
  const places = compacted(turned, root, new Map([...offset].map(([box, one]) => [box, facing * one])), facing);
  return new Map([...places].map(([box, x]) => [box, facing * x]));
}

function balanced(layouts) {
  const spans = layouts.map((one) => {
    const all = [...one];
    return [Math.min(...all.map(([box, x]) => x - box.left)), Math.max(...all.map(([box, x]) => x + box.right))];
  });
  const [low, high] = least(spans, ([from, to]) => to - from);
  const shifts = spans.map(([from, to], index) => (index % 2 ? high - to : low - from));
  return new Map([...layouts[0].keys()].map((box) => {
    const places = layouts.map((one, index) => one.get(box) + shifts[index]).sort((one, other) => one - other);
    return [box, (places[1] + places[2]) / 2];
  }));
}

function crossingLanes(rows, upper) {
  const crossing = new Map();
  for (const [above, row] of pairs(rows)) {
    const index = new Map(above.map((box, place) => [box, place]));
    let start = 0, scanned = 0;
    row.forEach((box, place) => {
      const lane = [...upper.get(box).keys()].find((one) => box.lane && one.lane);
      if (lane === undefined && place < row.length - 1) return;
      const end = lane !== undefined ? index.get(lane) : above.length - 1;
      for (const other of row.slice(scanned, place + 1)) {
        for (const one of upper.get(other).keys()) {
          if (!(start <= index.get(one) && index.get(one) <= end) && !(one.lane && other.lane)) {
            if (!crossing.has(one)) crossing.set(one, new Set());
            crossing.get(one).add(other);
          }
        }
      }
      [start, scanned] = [end, place + 1];
    });
  }
  return (one, other) => crossing.get(one)?.has(other) || crossing.get(other)?.has(one);
}

function blocks(rows, neighbours, crossing) {
  const root = new Map(rows.flat().map((box) => [box, box])), offset = new Map(rows.flat().map((box) => [box, 0]));
  const aligned = new Set();
  let previous = new Map();
  for (const row of rows) {
    let furthest = -1;
    for (const box of row) {
      const joined = neighbours.get(box) ?? new Map();
      const near = [...joined.keys()].sort(by((one) => previous.get(one)));
      for (const one of near.slice(Math.floor((near.length - 1) / 2), Math.floor(near.length / 2) + 1)) {
        const free = !aligned.has(one) && root.get(box) === box && previous.get(one) > furthest;
        if (free && !crossing(one, box)) {
          root.set(box, root.get(one));
          offset.set(box, offset.get(one) + joined.get(one));
          aligned.add(one);
          furthest = previous.get(one);
        }
      }
    }
    previous = new Map(row.map((box, place) => [box, place]));
  }
  return { root, offset };
}

function compacted(rows, root, offset, facing) {
  const after = new Map(), before = new Map();
  const entry = (table, key) => table.get(key) ?? table.set(key, new Map()).get(key);
  for (const [one, other] of rows.flatMap(pairs)) {
    const distance = (facing === 1 ? apart(one, other) : apart(other, one)) + offset.get(one) - offset.get(other);
    const first = root.get(one), second = root.get(other);
    const most = Math.max(distance, entry(after, first).get(second) ?? distance);
    entry(after, first).set(second, most);
    entry(before, second).set(first, most);
  }
  const order = blockOrder([...new Set(root.values())], after, before), x = new Map();
  for (const block of order) x.set(block, Math.max(...fallback([...entry(before, block)].map(([one, distance]) => x.get(one) + distance))));
  for (const block of [...order].reverse()) {
    const following = [...entry(after, block)];
    if (following.length) x.set(block, Math.max(x.get(block), Math.min(...following.map(([one, distance]) => x.get(one) - distance))));
  }
  return new Map(rows.flat().map((box) => [box, x.get(root.get(box)) + offset.get(box)]));
}

const fallback = (numbers) => (numbers.length ? numbers : [0]);
const apart = (one, other) => one.right + (one.lane || other.lane ? M.ROW_LANE : M.ROW_BESIDE) + other.left;

function blockOrder(all, after, before) {
  const waiting = new Map(all.map((block) => [block, before.get(block)?.size ?? 0]));
  const ready = all.filter((block) => !waiting.get(block)), order = [];
  while (ready.length) {
    const block = ready.pop();
    order.push(block);
    for (const other of after.get(block)?.keys() ?? []) {
      waiting.set(other, waiting.get(other) - 1);
      if (!waiting.get(other)) ready.push(other);
    }
  }
  return order;
}
