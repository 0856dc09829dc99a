"use strict";
// The places of rows, and their columns.

// rows.py --------------------------------------------------------------------------------------------

function placed(rows, joins, returning) {
  const { piece, steps } = rowColumn(rows, joins);
  if (piece.height <= M.tall) return piece;
  const cuts = span(rows.length).slice(1).filter((index) => tensorsOf(joins[index - 1]).length <= M.MOST_ACROSS);
  return joinedColumns(rowColumns(rows, joins, divided(steps, steps.map((step) => step.height), cuts)), returning);
}

function rowColumn(rows, joins) {
  const x = axesOf(rows, joins), picture = newPiece(), steps = [];
  rows.forEach((row, index) => {
    const height = Math.max(0, ...row.filter((box) => box.piece).map((box) => box.piece.height)), begun = picture.height;
    for (const box of row) put(picture, box, x.get(box), height);
    picture.height += height;
    routeRow(picture, joins[index], x, Math.max(...row.map((box) => box.note)));
    const left = Math.max(...row.map((box) => (box.piece?.left ?? 0) - x.get(box)));
    const right = Math.max(...row.map((box) => (box.piece?.right ?? 0) + x.get(box)));
    steps.push({ ...newPiece(), left, right, height: picture.height - begun });
  });
  const ends = (row, side, joined) => row.flatMap((box) => across(box, side, joined).map((wire) => ({ wire, x: x.get(box), lane: false })));
  return { piece: Object.assign(picture, { tops: ends(rows[0], "first", "out"), bottoms: ends(rows.at(-1), "last", "into") }), steps };
}

function across(box, side, joined) {
  if (box.piece === null) return [...new Set(box[joined].map((join) => join.wire))];
  return box[side] && box.border ? [box.border] : [];
}

/** The joins between two rows by the tensor that they lead. */
function tensorsOf(joins) {
  const sorted = [...joins].sort((one, other) => one.upper.index - other.upper.index || one.top - other.top);
  return [...grouped(sorted, (join) => join.topKey).values()];
}

function rowColumns(rows, joins, bounds) {
  let entering = [];
  return bounds.map(([first, last]) => {
    let own = rows.slice(first, last), below = joins.slice(first, last);
    if (entering.length) [own, below] = [[entering, ...own], [entering.flatMap((lane) => lane.out), ...below]];
    if (last < rows.length) {
      const groups = tensorsOf(below.pop()), leaving = groups.map(leavingLane);
      entering = groups.map(enteringLane);
      [own, below] = [[...own, leaving], [...below, leaving.flatMap((lane) => lane.into), []]];
    }
    return rowColumn(own, below).piece;
  });
}

function leavingLane(joins) {
  const lane = newBox(null, 0);
  lane.into = joins.map((one) => ({ ...one, lower: lane, bottom: 0, bottomKey: `lane ${lane.id}` }));
  return lane;
}

function enteringLane(joins) {
  const lane = newBox(null, 0);
  lane.out = joins.map((one) => ({ ...one, upper: lane, top: 0, topKey: `lane ${lane.id}` }));
  return lane;
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
