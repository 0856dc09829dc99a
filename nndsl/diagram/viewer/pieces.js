"use strict";
// The layout in the browser, so that blocks can be opened and closed: as `pieces.py`, `series_parallel.py` and `channel.py` (this
// file), `nested.py`, `columns.py`, `ushape.py`, `layered.py`, `rows.py`, `coordinates.py` and `layout.py` (the next ones) make it. Each function is that
// of the same name there, where it is explained; a test compares the places of both. Lengths come from there, too, in `M`.

let M = {};
let made = 0;
const BORDER = null;

const by = (key) => (one, other) => key(one) - key(other);
const sum = (numbers) => numbers.reduce((total, one) => total + one, 0);
const span = (count) => Array.from({ length: count }, (_, index) => index);
const pairs = (list) => list.slice(1).map((one, index) => [list[index], one]);

/** The first of the smallest. */
function least(list, key) {
  let best = list[0], low = key(best);
  for (const one of list.slice(1)) {
    const value = key(one);
    if (value < low) [best, low] = [one, value];
  }
  return best;
}

/** Rounded, halves to the even neighbour. */
function rounded(value) {
  const whole = Math.round(value);
  return whole - value === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
}

// pieces.py ------------------------------------------------------------------------------------------

function newVertex(shape, item = null) {
  return { id: ++made, inlets: [0], outlets: [0], reach: 0, note: 0, edges: null, ...shape, item };
}

function newWire(source, target, more = {}) {
  return { id: ++made, source, target, outlet: 0, inlet: 0, position: 0, drawn: true, ordered: false, ...more };
}

const isWire = (way) => way.ways === undefined;

function newPiece() {
  return { left: 0, right: 0, height: 0, tops: [], bottoms: [], seats: [], chunks: [], children: [], below: 0 };
}

function reach(piece, left, right) {
  piece.left = Math.max(piece.left, -left);
  piece.right = Math.max(piece.right, right);
}

function seat(piece, vertex, x, y) {
  piece.seats.push({ vertex, x, y, rising: false });
  reach(piece, x - vertex.left, x + Math.max(vertex.right, vertex.reach));
}

function add(piece, child, x, y) {
  piece.children.push([x, y, child]);
  reach(piece, x - child.left, x + child.right);
}

function line(piece, wire, ...points) {
  if (wire.drawn && points.some(([x, y]) => x !== points[0][0] || y !== points[0][1])) piece.chunks.push({ wire, points });
}

const shifted = (ends, x) => ends.map((end) => ({ ...end, x: end.x + x }));
const isWires = (piece) => !piece.height && !piece.seats.length && piece.children.every(([, , child]) => isWires(child));

function flatten(piece, x = 0, y = 0) {
  const seats = [], stretches = new Map(), stack = [[x, y, piece]];
  while (stack.length) {
    const [dx, dy, current] = stack.pop();
    for (const one of current.seats) seats.push({ ...one, x: one.x + dx, y: one.y + dy });
    for (const { wire, points } of current.chunks) {
      if (!stretches.has(wire)) stretches.set(wire, []);
      stretches.get(wire).push(points.map(([px, py]) => [px + dx, py + dy]));
    }
    for (const [cx, cy, child] of current.children) stack.push([dx + cx, dy + cy, child]);
  }
  return { seats, wires: [...stretches].map(([wire, parts]) => ({ wire, points: joined(parts) })) };
}

function turned(piece) {
  const { seats, wires } = flatten(piece), floor = piece.height;
  return {
    ...newPiece(), left: piece.left, right: piece.right, height: floor, tops: piece.bottoms, bottoms: piece.tops,
    seats: seats.map((one) => ({ ...one, y: floor - one.y - one.vertex.height, rising: !one.rising })),
    chunks: wires.map(({ wire, points }) => ({ wire, points: points.map(([x, y]) => [x, floor - y]) })),
  };
}

const pointKey = ([x, y]) => `${Math.round(x * 8 + M.ASIDE)} ${Math.round(y * 8 + M.ASIDE)}`;

function joined(stretches) {
  const found = stretches.filter((points) => pointKey(points[0]) !== pointKey(points.at(-1)));
  const long = found.length ? found : stretches.slice(0, 1);
  const byStart = new Map(long.map((points) => [pointKey(points[0]), points]));
  const ends = new Set(long.map((points) => pointKey(points.at(-1))));
  const all = [...(long.find((points) => !ends.has(pointKey(points[0]))) ?? long[0])];
  for (let key = pointKey(all.at(-1)); byStart.has(key); key = pointKey(all.at(-1))) {
    const following = byStart.get(key);
    byStart.delete(key);
    all.push(...following);
  }
  const kept = [all[0]];
  for (const [point, after] of pairs(all.slice(1))) {
    if (!between(kept.at(-1), point, after) && pointKey(kept.at(-1)) !== pointKey(point)) kept.push(point);
  }
  return [...kept, all.at(-1)];
}

function between(first, point, last) {
  const cross = (point[0] - first[0]) * (last[1] - first[1]) - (point[1] - first[1]) * (last[0] - first[0]);
  return Math.abs(cross) < 1e-6 * (1 + Math.abs(last[0] - first[0]) + Math.abs(last[1] - first[1]));
}

// series_parallel.py ---------------------------------------------------------------------------------

function reduced(vertices, wires) {
  const after = new Map([[BORDER, new Map()]]), before = new Map([[BORDER, new Map()]]);
  const entry = (table, key) => table.get(key) ?? table.set(key, new Map()).get(key);
  const branches = (way) => (way.kind === "parallel" ? way.ways : [way]);
  function join(source, target, way) {
    const ways = entry(after, source), present = ways.get(target);
    ways.set(target, present === undefined ? way : { kind: "parallel", ways: [...branches(present), ...branches(way)] });
    entry(before, target).set(source, null);
  }
  function shorten(vertex) {
    const sources = before.get(vertex), targets = after.get(vertex);
    if (sources?.size !== 1 || targets?.size !== 1) return [];
    const [source] = sources.keys(), [[target, out]] = targets;
    const into = after.get(source).get(vertex);
    after.get(source).delete(vertex);
    before.get(target).delete(vertex);
    after.delete(vertex);
    before.delete(vertex);
    join(source, target, inSeries(into, vertex, out));
    return [source, target];
  }
  for (const wire of wires) join(wire.source, wire.target, wire);
  const queue = [...vertices];
  for (let index = 0; index < queue.length; index++) {
    queue.push(...shorten(queue[index]).filter((vertex) => vertex !== BORDER && before.has(vertex)));
  }
  return [...after].flatMap(([source, ways]) => [...ways].map(([target, way]) => [source, target, way]));
}

function inSeries(into, vertex, out) {
  const [first, vertices] = into.kind === "series" ? [into.ways, into.vertices] : [[into], []];
  const [last, others] = out.kind === "series" ? [out.ways, out.vertices] : [[out], []];
  return { kind: "series", ways: [...first, ...last], vertices: [...vertices, vertex, ...others] };
}

// channel.py -----------------------------------------------------------------------------------------

const portKey = (vertex, port, x) => `${vertex?.id ?? "border"} ${port} ${rounded(x)}`;

function link(wire, top, bottom) {
  return { wire, top, bottom, topKey: portKey(wire.source, wire.outlet, top), bottomKey: portKey(wire.target, wire.inlet, bottom) };
}

function newNet(links) {
  const distinct = (places) => [...new Set(places)].sort((one, other) => one - other);
  const tops = distinct(links.map((one) => one.top)), bottoms = distinct(links.map((one) => one.bottom));
  return { links, tops, bottoms, low: Math.min(tops[0], bottoms[0]), high: Math.max(tops.at(-1), bottoms.at(-1)), track: 0, slanted: false };
}

function route(links, note = 0, atLeast = M.GAP) {
  const nets = groups(links).map(newNet);
  const bent = nets.filter((net) => net.high - net.low > M.SAME);
  assignTracks(bent);
  const tracks = Math.max(-1, ...bent.map((net) => net.track)) + 1;
  const first = Math.max(M.FIRST, note);
  const height = Math.max(atLeast, note, tracks ? first + (tracks - 1) * M.PITCH + M.LAST : 0);
  let start = tracks && !note ? Math.max(first, (height - M.LAST - (tracks - 1) * M.PITCH + M.FIRST) / 2) : first;
  start = tracks ? Math.min(start, height - M.LAST - (tracks - 1) * M.PITCH) : start;
  return { height, lines: nets.flatMap((net) => net.links.map((one) => [one.wire, corners(one, net, start, height)])) };
}

function corners({ top, bottom }, net, start, height) {
  if (Math.abs(top - bottom) <= M.SAME || net.slanted) return [[top, 0], [bottom, height]];
  const y = start + net.track * M.PITCH;
  return [[top, 0], [top, y], [bottom, y], [bottom, height]];
}

function groups(links) {
  const byTop = grouped(links, (one) => one.topKey);
  const merged = new Map();
  for (const [top, group] of byTop) {
    const targets = new Set(group.map((one) => one.bottomKey));
    const key = targets.size === 1 ? `bottom ${[...targets][0]}` : `top ${top}`;
    merged.set(key, [...(merged.get(key) ?? []), ...group]);
  }
  return [...merged.values()];
}

function grouped(list, key) {
  const table = new Map();
  for (const one of list) table.set(key(one), [...(table.get(key(one)) ?? []), one]);
  return table;
}

function assignTracks(nets) {
  const placed = [];
  for (const net of inTrackOrder(nets)) {
    const above = placed.filter((other) => overlap(net, other));
    net.slanted = above.some((other) => runsInto(other, net));
    net.track = 1 + Math.max(-1, ...above.map((other) => other.track));
    placed.push(net);
  }
}

function inTrackOrder(nets) {
  const cost = new Map(nets.map((_, index) => [index, 0]));
  const change = (index, by) => cost.set(index, cost.get(index) + by);
  for (const one of span(nets.length)) {
    for (const other of span(one)) {
      if (!overlap(nets[one], nets[other])) continue;
      const difference = costAbove(nets[one], nets[other]) - costAbove(nets[other], nets[one]);
      change(one, difference);
      change(other, -difference);
    }
  }
  const ordered = [];
  while (cost.size) {
    const best = least([...cost.keys()], (index) => cost.get(index));
    cost.delete(best);
    ordered.push(nets[best]);
    for (const other of cost.keys()) {
      if (overlap(nets[best], nets[other])) change(other, costAbove(nets[best], nets[other]) - costAbove(nets[other], nets[best]));
    }
  }
  return ordered;
}

const overlap = (one, other) => one.low < other.high + M.CLOSE && other.low < one.high + M.CLOSE;
const runsInto = (upper, lower) => upper.bottoms.some((down) => lower.tops.some((start) => Math.abs(down - start) < M.CLOSE));

function costAbove(upper, lower) {
  const inside = (net) => (x) => net.low < x && x < net.high;
  return upper.bottoms.filter(inside(lower)).length + lower.tops.filter(inside(upper)).length + 1000 * runsInto(upper, lower);
}
