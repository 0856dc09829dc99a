"use strict";
// What has the form of a U: `ushape.py`.

function arrangedSeries(way, returning) {
  const plain = wrapped(way, returning);
  const levels = plain.height > M.tall * M.LEAST_SHARE ? levelsOf(way) : [];
  if (levels.length < M.LEVELS || plain.bottoms.filter((end) => end.wire.drawn).length > 1) return plain;
  return least([plain, new Shape(levels).build(returning)], (piece) => Math.abs(Math.log((piece.left + piece.right) / piece.height / M.shape)));
}

// Levels ---------------------------------------------------------------------------------------------

function levelsOf(way) {
  const depths = new Map(), found = new Map();
  const visit = (one) => {
    if (isWire(one)) return;
    one.ways.forEach(visit);
    if (one.kind !== "series") return;
    const options = span(one.vertices.length).slice(1).flatMap((at) => {
      const both = skipAndRest(one.ways[at]);
      return both ? [{ way: one, at, skip: both[0], below: both[1] }] : [];
    });
    if (options.length) found.set(one, least(options, (level) => -depths.get(level.below)));
    depths.set(one, options.length ? 1 + depths.get(found.get(one).below) : 0);
  };
  visit(way);
  const levels = [];
  for (let next = found.get(way); next; next = found.get(next.below)) levels.push(next);
  return levels;
}

function skipAndRest(way) {
  if (way.kind !== "parallel" || way.ways.length !== 2) return null;
  const skip = way.ways.find(isWire), rest = way.ways.find((one) => one.kind === "series");
  return skip && rest && isWire(rest.ways[0]) && isWire(rest.ways.at(-1)) ? [skip, rest] : null;
}

// Both arms ------------------------------------------------------------------------------------------

function downArm({ way, at }) {
  const series = new Stack(), vertices = way.vertices.slice(0, at);
  vertices.forEach((vertex, index) => {
    series.addWay(compose(way.ways[index]));
    series.addVertex(vertex);
  });
  return { piece: series.finish(), vertex: vertices.at(-1), x: series.x, note: series.piece.below };
}

function upArm({ way, at }) {
  const series = new Stack(), vertices = way.vertices.slice(at);
  series.hanging = true;
  vertices.forEach((vertex, index) => {
    series.addVertex(vertex);
    series.addWay(compose(way.ways[at + 1 + index]));
  });
  return { piece: turned(series.finish()), vertex: vertices[0], x: 0, note: series.piece.below };
}

class Shape {
  constructor(levels) {
    const down = levels.map(downArm), up = levels.map(upArm);
    Object.assign(this, { piece: newPiece(), levels, down, up, floors: [] });
    this.axes();
    this.entering = down[0].piece.tops;
    this.leaving = shifted(up[0].piece.tops, this.rightAxis);
  }

  axes() {
    this.lefts = [0];
    for (const [above, arm] of pairs(this.down)) {
      const end = arm.piece.tops[0];
      this.lefts.push(this.lefts.at(-1) + above.x + above.vertex.outlets[end.wire.outlet] - end.x);
    }
    const edge = Math.max(...this.down.map((arm, place) => this.lefts[place] + arm.piece.right)) + M.BETWEEN;
    this.rightAxis = edge + Math.max(...this.up.map((arm) => arm.piece.left));
  }

  build(returning) {
    const isDrawn = this.leaving.some((end) => end.wire.drawn);
    this.piece.height = isDrawn ? M.TURN : 0;
    for (const place of span(this.levels.length)) {
      this.putArms(place);
      this.putSkip(place);
    }
    this.putBase();
    if (isDrawn) this.leadOut(returning);
    return Object.assign(this.piece, { tops: this.entering, bottoms: this.leaving });
  }

  putArms(place) {
    const down = this.down[place].piece, up = this.up[place].piece, above = this.floors.at(-1) ?? 0;
    this.piece.height += Math.max(down.height, up.height);
    const left = this.piece.height - down.height, right = this.piece.height - up.height;
    add(this.piece, down, this.lefts[place], left);
    add(this.piece, up, this.rightAxis, right);
    for (const end of shifted(down.tops, this.lefts[place])) line(this.piece, end.wire, [end.x, above], [end.x, left]);
    if (place) this.rise(place, right);
    else for (const end of this.leaving) line(this.piece, end.wire, [end.x, right], [end.x, above]);
    this.floors.push(this.piece.height);
  }

  rise(place, start) {
    const end = this.rising(place), [goal, top] = this.end(place - 1, end.wire), bend = this.track(place - 1) + M.PITCH;
    line(this.piece, end.wire, [end.x, start], [end.x, bend], [goal, bend], [goal, top]);
  }

  rising(place) {
    return shifted(this.up[place].piece.tops, this.rightAxis)[0];
  }

  putSkip(place) {
    const { skip } = this.levels[place], track = this.track(place);
    const [start, floor] = this.start(place, skip), [end] = this.end(place, skip);
    line(this.piece, skip, [start, floor], [start, track], [end, track], [end, floor]);
    this.piece.height = track + M.LAST;
    if (place + 1 === this.up.length) return;
    const next = this.rising(place + 1), bent = Math.abs(next.x - this.end(place, next.wire)[0]) > M.SAME;
    this.piece.height = track + Math.max(M.LAST, M.PITCH * bent + this.up[place + 1].note);
  }

  putBase() {
    const last = this.levels.length - 1, base = compose(this.levels[last].below), [entry] = base.tops, [exit] = base.bottoms;
    const [start, floor] = this.start(last, entry.wire), [end] = this.end(last, exit.wire);
    const along = this.track(last) + M.PITCH * (entry.wire.outlet !== this.levels[last].skip.outlet);
    const x = Math.min((start + end) / 2, end - base.right - M.LANE);
    this.piece.height = Math.max(this.piece.height, along + M.LAST);
    line(this.piece, entry.wire, [start, floor], [start, along], [x + entry.x, along], [x + entry.x, this.piece.height]);
    add(this.piece, base, x, this.piece.height);
    const bottom = this.piece.height + base.height;
    this.piece.height = bottom + base.below + M.TURN;
    line(this.piece, exit.wire, [x + exit.x, bottom], [x + exit.x, this.piece.height], [end, this.piece.height], [end, floor]);
  }

  track(place) {
    return this.floors[place] + Math.max(M.LAST, this.down[place].note);
  }

  start(place, wire) {
    const arm = this.down[place];
    return [this.lefts[place] + arm.x + arm.vertex.outlets[wire.outlet], this.floors[place]];
  }

  end(place, wire) {
    return [this.rightAxis + this.up[place].vertex.inlets[wire.inlet], this.floors[place]];
  }

  leadOut(returning) {
    const end = this.leaving.find((one) => one.wire.drawn), beside = this.piece.right + M.LANE;
    line(this.piece, end.wire, [end.x, 0], [beside, 0], [beside, this.piece.height]);
    reach(this.piece, beside, beside);
    const out = { ...end, x: beside };
    this.leaving = [returning ? ledBack(this.piece, out, this.entering[0].x) : out];
  }
}
