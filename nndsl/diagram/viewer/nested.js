"use strict";
// What is series-parallel, and its columns.

// nested.py ------------------------------------------------------------------------------------------

function compose(way) {
  if (isWire(way)) return { ...newPiece(), tops: [{ wire: way, x: 0, lane: false }], bottoms: [{ wire: way, x: 0, lane: false }] };
  const pieces = way.ways.map(compose);
  return way.kind === "series" ? stack(way.vertices, pieces) : sideBySide(way, pieces);
}

class Stack {
  constructor() {
    Object.assign(this, { piece: newPiece(), x: 0, vertex: null, ends: [], tops: [], hanging: false });
  }

  addWay(piece) {
    if (this.vertex === null) {
      this.tops = piece.tops;
      this.hanging = runApart(piece);
      this.place(piece);
    } else if (runApart(piece)) {
      this.ends = piece.tops.map((end) => ({ wire: end.wire, x: this.x + this.vertex.outlets[end.wire.outlet], lane: false }));
    } else {
      const starts = piece.tops.map((end) => [this.vertex.outlets[end.wire.outlet], end]);
      const x = this.x + (starts.length === 1 ? starts[0][0] - starts[0][1].x : 0);
      this.channel(starts.map(([start, end]) => link(end.wire, this.x + start, x + end.x)));
      this.x = x;
      this.place(piece);
    }
  }

  place(piece) {
    add(this.piece, piece, this.x, this.piece.height);
    this.piece.height += piece.height;
    this.piece.below = piece.below;
    this.vertex = null;
    this.ends = shifted(piece.bottoms, this.x);
  }

  addVertex(vertex) {
    const aside = this.vertex === null && !this.hanging ? fromTheSide(vertex, this.ends, this.x) : [];
    const entering = this.ends.filter((end) => !aside.includes(end));
    const inlet = (end) => vertex.inlets[end.wire.inlet];
    if (this.hanging && entering.length > 1) {
      this.tops = entering.map((end) => ({ wire: end.wire, x: inlet(end), lane: false }));
    } else if (entering.length === 1 || this.vertex !== null) {
      this.x = medianLow(entering.map((end) => end.x - inlet(end)));
    }
    const begun = this.piece.height;
    if (!this.hanging) {
      this.channel(entering.map((end) => link(end.wire, end.x, this.x + inlet(end))), vertex.height ? M.GAP : M.PORT_GAP);
    }
    seat(this.piece, vertex, this.x, this.piece.height);
    for (const end of aside) this.enterAside(end, vertex, begun);
    this.piece.height += vertex.height;
    this.piece.below = vertex.note;
    Object.assign(this, { vertex, ends: [], hanging: false });
  }

  enterAside(end, vertex, begun) {
    const y = this.piece.height + vertex.height / 2;
    const edge = end.x > this.x ? this.x + vertex.edges[1] : this.x - vertex.edges[0];
    line(this.piece, end.wire, [end.x, begun], [end.x, y], [edge, y]);
    reach(this.piece, end.x, end.x);
  }

  channel(links, atLeast = M.GAP) {
    const drawn = links.filter((one) => one.wire.drawn);
    if (!drawn.length) return;
    const channel = route(drawn, this.piece.below, atLeast);
    for (const [wire, points] of channel.lines) {
      line(this.piece, wire, ...points.map(([px, py]) => [px, py + this.piece.height]));
      for (const [px] of points) reach(this.piece, px, px);
    }
    this.piece.height += channel.height;
  }

  finish() {
    return Object.assign(this.piece, { tops: this.tops, bottoms: this.ends });
  }
}

function medianLow(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[(sorted.length - 1) >> 1];
}

function runApart(piece) {
  const ports = new Set(piece.tops.map((end) => `${end.wire.outlet} ${end.wire.inlet}`));
  return isWires(piece) && ports.size === piece.tops.length;
}

function fromTheSide(vertex, ends, x) {
  if (vertex.edges === null || ends.length < 2) return [];
  const rightmost = least(ends, (end) => -end.x), leftmost = least(ends, (end) => end.x);
  const chosen = [];
  for (const [end, clear] of [
    [rightmost, rightmost.x > x + Math.max(vertex.edges[1], vertex.right) + M.LANE / 2],
    [leftmost, leftmost.x < x - Math.max(vertex.edges[0], vertex.left) - M.LANE / 2],
  ]) {
    if (clear && end.wire.drawn && end.lane && chosen.length < ends.length - 1) chosen.push(end);
  }
  return chosen;
}

function stack(vertices, ways) {
  const series = new Stack();
  series.addWay(ways[0]);
  vertices.forEach((vertex, index) => {
    series.addVertex(vertex);
    series.addWay(ways[index + 1]);
  });
  return series.finish();
}

function sideBySide(parallel, pieces) {
  let bodies = [], lanes = [];
  const ranked = parallel.ways.map((way, index) => ({ way, piece: pieces[index], rank: rankOf(pieces[index]) }));
  for (const { way, piece } of ranked.sort((one, other) => compare(one.rank, other.rank))) {
    (isWire(way) && way.drawn ? lanes : bodies).push(piece);
  }
  if (!bodies.length) [bodies, lanes] = [lanes.slice(0, 1), lanes.slice(1)];
  const before = lanes.filter((lane) => comesFirst(lane, bodies)), after = lanes.filter((lane) => !before.includes(lane));
  const row = { ...newPiece(), height: Math.max(...bodies.map((piece) => piece.height)) };
  const places = placesOf(bodies);
  const ends = bodies.map((piece, index) => fit(row, piece, places[index]));
  for (const lane of after) ends.push(fit(row, asLane(lane), row.right + M.LANE));
  for (const lane of before.reverse()) ends.unshift(fit(row, asLane(lane), -row.left - M.LANE));
  row.tops = ends.flatMap(([top]) => top);
  row.bottoms = ends.flatMap(([, bottom]) => bottom);
  return row;
}

function compare(one, other) {
  const at = one.findIndex((value, index) => value !== other[index]);
  return at < 0 ? 0 : one[at] - other[at];
}

function asLane(piece) {
  const ends = piece.tops.map((end) => ({ ...end, lane: true }));
  return { ...piece, tops: ends, bottoms: ends };
}

function rankOf(piece) {
  const joining = piece.bottoms.map((end) => end.wire).filter((wire) => wire.target !== BORDER);
  const parting = piece.tops.map((end) => end.wire).filter((wire) => wire.source !== BORDER);
  const lowest = (wires, key) => (wires.length ? Math.min(...wires.map(key)) : 0);
  const order = (wire) => wire.target.order;
  return [
    lowest(joining, (wire) => wire.target.inlets[wire.inlet]),
    lowest(parting, (wire) => wire.source.outlets[wire.outlet]),
    lowest(joining, (wire) => wire.position),
    lowest(parting.filter((wire) => wire.target !== BORDER), order),
    lowest(piece.tops.map((end) => end.wire).filter((wire) => wire.target !== BORDER), order),
  ];
}

function comesFirst(lane, bodies) {
  const { wire } = lane.bottoms[0];
  return wire.ordered && bodies.every((body) => body.bottoms.every((end) => wire.position < end.wire.position));
}

function placesOf(pieces) {
  const places = [0];
  for (const [one, other] of pairs(pieces)) places.push(places.at(-1) + one.right + M.BESIDE + other.left);
  const middle = places.length % 2 ? places[places.length >> 1] : (places[0] + places.at(-1)) / 2;
  return places.map((place) => place - middle);
}

function fit(row, piece, x) {
  add(row, piece, x, 0);
  row.below = Math.max(row.below, piece.below - (row.height - piece.height));
  const bottoms = shifted(piece.bottoms, x);
  for (const end of bottoms) line(row, end.wire, [end.x, piece.height], [end.x, row.height]);
  return [shifted(piece.tops, x), bottoms];
}

// columns.py -----------------------------------------------------------------------------------------

function wrapped(way, returning) {
  const parts = way.ways.map(compose), column = ([first, last]) => columnOf(way, parts, first, last), single = column([0, parts.length]);
  if (single.height <= M.tall) return single;
  const steps = parts.map((_, index) => column([index, index + 1]));
  const heights = steps.map((step) => (step.height ? step.height + M.GAP : 0));
  const cuts = span(parts.length).slice(1).filter((index) => canTurn(way, parts, index - 1));
  return joinedColumns(divided(steps, heights, cuts).map(column), returning);
}

function divided(steps, heights, cuts) {
  const options = span(Math.min(M.MOST_COLUMNS, cuts.length + 1)).map((count) => dividedInto(heights, cuts, count + 1));
  return least(options, (bounds) => misfit(steps, heights, bounds));
}

function columnOf(way, parts, first, last) {
  const entering = first ? passedOn(parts[first - 1]) : parts[0];
  return stack(way.vertices.slice(Math.max(first - 1, 0), last - 1), [entering, ...parts.slice(Math.max(first, 1), last)]);
}

const passedOn = (part) => ({ ...newPiece(), tops: part.bottoms, bottoms: part.bottoms });

function canTurn(way, parts, index) {
  const wires = parts[index].bottoms.map((end) => end.wire);
  if (isWire(way.ways[index])) return index > 0;
  return wires.length <= M.MOST_ACROSS && new Set(wires.map((wire) => wire.inlet)).size === wires.length && wires.every((wire) => wire.drawn);
}

function misfit(steps, heights, bounds) {
  const columns = bounds.map(([first, last]) => [sum(heights.slice(first, last)), breadth(steps.slice(first, last))]);
  const tallest = Math.max(...columns.map(([height]) => height));
  const empty = (tallest * columns.length) / sum(columns.map(([height]) => height)) - 1;
  return Math.abs(Math.log(sum(columns.map(([, wide]) => wide)) / tallest / M.shape)) + M.EMPTINESS * empty;
}

function breadth(steps) {
  return Math.max(...steps.map((step) => step.left)) + Math.max(...steps.map((step) => step.right)) + M.BETWEEN;
}

function dividedInto(heights, cuts, count) {
  let low = Math.max(...heights), high = sum(heights);
  while (high - low > 1) {
    const middle = (low + high) / 2;
    if (runs(heights, cuts, middle).length <= count) high = middle;
    else low = middle;
  }
  return runs(heights, cuts, high);
}

function runs(heights, cuts, most) {
  const found = [];
  let start = 0, end = 0, filled = 0;
  for (const bound of [...cuts, heights.length]) {
    const added = sum(heights.slice(end, bound));
    if (end > start && filled + added > most) {
      found.push([start, end]);
      [start, filled] = [end, 0];
    }
    filled += added;
    end = bound;
  }
  return [...found, [start, end]];
}

function joinedColumns(columns, returning) {
  if (columns.length === 1) return columns[0];
  const room = M.PITCH * (Math.max(...columns.slice(0, -1).map((column) => placesFromRight(column).length)) - 1);
  const top = M.FALL + room, picture = newPiece(), last = columns.at(-1);
  picture.height = top + Math.max(...columns.map((column) => column.height + column.below)) + M.TURN + room;
  const lead = (ends, x, start, stop) => {
    for (const end of ends) line(picture, end.wire, [x + end.x, start], [x + end.x, stop]);
  };
  let x = 0;
  lead(columns[0].tops, 0, 0, top);
  add(picture, columns[0], 0, top);
  for (const [before, column] of pairs(columns)) {
    const beside = x + before.right + M.BETWEEN + M.PITCH * (placesFromRight(before).length - 1) + column.left;
    turn(picture, before, column, [x, beside], top);
    x = beside;
    add(picture, column, x, top);
  }
  lead(last.bottoms, x, top + last.height, picture.height);
  picture.tops = columns[0].tops;
  picture.bottoms = shifted(last.bottoms, x);
  if (returning && picture.bottoms.length === 1) picture.bottoms = [ledBack(picture, picture.bottoms[0], columns[0].bottoms[0].x)];
  return picture;
}

const placesFromRight = (column) => [...new Set(column.bottoms.map((end) => end.x))].sort((one, other) => other - one);

function turn(picture, before, column, [left, right], top) {
  const entering = new Map(column.tops.map((end) => [end.wire, end.x + right]));
  const edge = left + before.right + M.BETWEEN / 2, floor = top + before.height;
  for (const leaving of before.bottoms) {
    const inside = M.PITCH * placesFromRight(before).indexOf(leaving.x);
    const start = leaving.x + left, end = entering.get(leaving.wire), under = floor + before.below + M.TURN + inside;
    line(picture, leaving.wire, [start, floor], [start, under], [edge + inside, under], [edge + inside, inside], [end, inside], [end, top]);
  }
}

function ledBack(picture, end, x) {
  const floor = picture.height;
  picture.height += M.TURN;
  line(picture, end.wire, [end.x, floor], [end.x, floor + M.TURN / 2], [x, floor + M.TURN / 2], [x, picture.height]);
  return { wire: end.wire, x, lane: false };
}
