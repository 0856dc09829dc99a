"use strict";
// What is not series-parallel: rows of boxes, with channels between them.

// layered.py -----------------------------------------------------------------------------------------

function newBox(piece, order, note = 0, rank = 0) {
  return { id: ++made, piece, order, note, rank, index: 0, into: [], out: [], first: false, last: false, border: null };
}

function arrange(core, returning) {
  const boxes = boxesOf(core);
  rank(boxes);
  const { rows, joins } = withLanes(boxes);
  untangle(rows, joins);
  return placed(rows, joins, returning);
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
