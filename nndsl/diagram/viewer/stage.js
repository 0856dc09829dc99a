"use strict";
// The picture on the screen: what can be seen of it, and moving and zooming it.

const LEAST_ZOOM = 0.02, MOST_ZOOM = 8, READABLE = 0.6, TOO_SMALL_FOR_TEXT = 0.22, EDGE = 28;
const MANY = 600;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

class Stage {
  /** `happened(kind, item, event)` is told of clicks on cards, handles and badges, and of the pointer over cards. */
  constructor(figure, state, happened) {
    Object.assign(this, { figure, state, happened, x: 0, y: 0, zoom: 1, boxes: new Map(), parts: [], marks: new Map(), size: [1, 1], pointers: new Map(), dragged: false });
    this.place = document.getElementById("stage");
    this.picture = document.getElementById("picture");
    this.picture.setAttribute("aria-label", `${figure.title}: ${figure.about}`);
    this.measure();
    new ResizeObserver(() => {
      this.measure();
      this.move();
    }).observe(this.place);
    this.listen();
  }

  // Drawing

  /** Draw what is open now; an item that stays where it is on the screen may be named. */
  draw(fixed = null) {
    const before = fixed && this.boxes.get(fixed);
    const layout = layOut(this.figure, this.state);
    this.boxes.clear();
    const parts = draw(this.figure, layout, this.state, (item, box, inner) => this.group(item, box, inner));
    const [left, top] = drawn(this.figure.direction, [-layout.left, 0]);
    this.size = drawn(this.figure.direction, [layout.left + layout.right, layout.height]);
    const [width, height] = this.size.map(Math.ceil);
    this.corner = [left, top];
    this.picture.setAttribute("width", width);
    this.picture.setAttribute("height", height);
    this.picture.setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
    const many = parts.length > MANY;
    this.picture.innerHTML = many ? "<g></g>".repeat(parts.length) : parts.map(([markup]) => `<g>${markup}</g>`).join("");
    const groups = [...this.picture.children];
    this.parts = parts.map(([markup, box, item], index) => ({ markup, box, item, group: groups[index], empty: many }));
    this.partOf = new Map(this.parts.map((part) => [part.item, part]));
    const after = fixed && this.boxes.get(fixed);
    if (before && after) {
      this.x += (before.x - before.left - after.x + left) * this.zoom;
      this.y += (before.y - before.top - after.y + top) * this.zoom;
    }
    for (const box of this.boxes.values()) Object.assign(box, { left, top });
    this.move();
  }

  group(item, box, inner) {
    this.boxes.set(item, box);
    const open = isOpen(item, this.state), block = item.members !== undefined;
    const { x, y, width, height } = box;
    const place = `x="${digits(x)}" y="${digits(y)}" width="${digits(width)}" height="${digits(height)}"`;
    const parts = [inner, `<rect class="ring" ${place} rx="${open ? 8 : 6}"/>`];
    if (open) {
      parts.push(chevron(x + M.PADDING + item.nameWidth + 7, y + 16, "down"));
    } else if (block) {
      parts.unshift(`<rect class="under" x="${digits(x + 4)}" y="${digits(y + 4)}" width="${digits(width)}" height="${digits(height)}" rx="6"/>`);
      parts.push(chevron(x + 3.5, y + height / 2, "right"));
    }
    if (item.whole) parts.push(together(item, x + width, y));
    const expanded = block ? ` aria-expanded="${open}"` : "";
    const kind = `item ${block ? "block" : "card"} ${open ? "open" : ""}`;
    return `<g class="${kind}" data-item="${item.id}" role="button" tabindex="-1" aria-label="${escaped(nameOf(item))}"${expanded}>${parts.join("")}</g>`;
  }

  /** The element of an item that is drawn. */
  element(item) {
    const part = this.partOf.get(item);
    return part ? this.filled(part).firstElementChild : null;
  }

  filled(part) {
    if (part.empty) part.group.innerHTML = part.markup;
    part.empty = false;
    for (const [name, items] of this.marks) if (items.has(part.item)) part.group.firstElementChild.classList.add(name);
    return part.group;
  }

  /** Give a class to the elements of some items, and to no others. */
  mark(name, items) {
    for (const one of this.picture.querySelectorAll(`.${name}`)) one.classList.remove(name);
    this.marks.set(name, new Set(items));
    for (const part of items.map((item) => this.partOf.get(item))) if (part && !part.empty) this.filled(part);
  }

  // Moving and zooming

  move() {
    this.picture.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.zoom})`;
    this.picture.classList.toggle("far", this.zoom < TOO_SMALL_FOR_TEXT);
    document.getElementById("whole").textContent = `${Math.round(this.zoom * 100)} %`;
    if (this.parts.length > MANY) this.hideFarAway();
    this.happened("moved");
  }

  /** Of a large picture, the browser is given only what is on the screen. */
  hideFarAway() {
    const [left, top] = this.corner, margin = 60 / this.zoom;
    const low = [left - this.x / this.zoom - margin, top - this.y / this.zoom - margin];
    const high = [low[0] + this.width / this.zoom + 2 * margin, low[1] + this.height / this.zoom + 2 * margin];
    for (const part of this.parts) {
      const { x, y, width, height } = part.box;
      const hidden = x > high[0] || y > high[1] || x + width < low[0] || y + height < low[1];
      if (!hidden && part.empty) this.filled(part);
      if (!hidden || part.empty || part.group.contains(document.activeElement)) continue;
      part.group.textContent = "";
      part.empty = true;
    }
  }

  /** Zoom so that a point of the stage stays where it is: its middle, if none is given. */
  zoomBy(factor, x = this.width / 2, y = this.height / 2) {
    const zoom = clamp(this.zoom * factor, LEAST_ZOOM, MOST_ZOOM), change = zoom / this.zoom;
    this.x = x - (x - this.x) * change;
    this.y = y - (y - this.y) * change;
    this.zoom = zoom;
    this.move();
  }

  moveBy(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.move();
  }

  /** Show all of it; or, with `readable`, its beginning, if all of it would be too small to read. */
  fit(readable = false) {
    this.measure();
    const [width, height] = this.size, wide = this.width, high = this.height;
    const whole = Math.min((wide - 2 * EDGE) / width, (high - 2 * EDGE) / height, 1.25);
    this.zoom = clamp(readable && whole < READABLE ? clamp((wide - 2 * EDGE) / width, READABLE, 1) : whole, LEAST_ZOOM, MOST_ZOOM);
    this.x = width * this.zoom > wide - EDGE ? EDGE : (wide - width * this.zoom) / 2;
    this.y = height * this.zoom > high - EDGE ? EDGE : Math.min((high - height * this.zoom) / 2, 90);
    this.move();
  }

  /** Where something is on the stage. */
  onStage({ x, y, width, height }) {
    const [left, top] = this.corner;
    return { x: this.x + (x - left) * this.zoom, y: this.y + (y - top) * this.zoom, width: width * this.zoom, height: height * this.zoom };
  }

  /** Move no more than it takes to see some items, or the first of them if they do not fit. */
  reveal(items) {
    const places = items.map((item) => this.boxes.get(item)).filter(Boolean).map((box) => this.onStage(box));
    if (!places.length) return;
    if (this.zoom < READABLE / 2 && places.length === 1) {
      const { x, y } = places[0];
      this.zoomBy(READABLE / this.zoom, x, y);
      this.reveal(items);
      return;
    }
    const along = (from, extent, room) => {
      const low = Math.min(...places.map(from)), high = Math.max(...places.map((one) => from(one) + extent(one)));
      const last = high - low > room - 2 * EDGE ? Math.min(from(places[0]) + extent(places[0]), from(places[0]) + room - 2 * EDGE) : high;
      const first = high - low > room - 2 * EDGE ? from(places[0]) : low;
      return first < EDGE ? EDGE - first : last > room - EDGE ? room - EDGE - last : 0;
    };
    this.moveBy(
      along((one) => one.x, (one) => one.width, this.width),
      along((one) => one.y, (one) => Math.min(one.height, 120), this.height),
    );
  }

  /** How large the stage is; asked for seldom, since the browser has to lay out the page to know. */
  measure() {
    [this.width, this.height] = [this.place.clientWidth, this.place.clientHeight];
  }

  // Pointers

  listen() {
    const { place } = this;
    place.addEventListener("wheel", (event) => {
      event.preventDefault();
      const unit = event.deltaMode === 1 ? 18 : event.deltaMode === 2 ? 300 : 1, { x, y } = this.point(event);
      if (event.shiftKey) this.moveBy(-(event.deltaX || event.deltaY) * unit, 0);
      else this.zoomBy(Math.exp(-clamp(event.deltaY * unit, -240, 240) * (event.ctrlKey ? 0.01 : 0.0018)), x, y);
    }, { passive: false });
    place.addEventListener("pointerdown", (event) => this.press(event));
    place.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) place.addEventListener(end, (event) => this.release(event));
    place.addEventListener("click", (event) => this.click(event));
    place.addEventListener("pointerover", (event) => this.happened("over", this.itemAt(event), event));
    place.addEventListener("pointerleave", () => this.happened("over", null));
  }

  point(event) {
    const { left, top } = this.place.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  itemAt(event) {
    const element = event.target.closest?.(".item");
    return element ? this.figure.items[element.dataset.item] : null;
  }

  press(event) {
    if (event.button !== 0) return;
    this.pointers.set(event.pointerId, this.point(event));
    if (this.pointers.size === 1) Object.assign(this, { dragged: false, pressed: this.point(event) });
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (before === undefined) return;
    const now = this.point(event);
    if (!this.dragged && this.pointers.size === 1 && Math.hypot(now.x - this.pressed.x, now.y - this.pressed.y) < 4) return;
    if (!this.dragged) {
      this.dragged = true;
      this.place.setPointerCapture(event.pointerId);
      this.place.classList.add("dragging");
    }
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, now);
    if (other === undefined) {
      this.moveBy(now.x - before.x, now.y - before.y);
      return;
    }
    const spread = (point) => Math.hypot(point.x - other.x, point.y - other.y) || 1;
    this.moveBy((now.x - before.x) / 2, (now.y - before.y) / 2);
    this.zoomBy(spread(now) / spread(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
  }

  release(event) {
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) this.place.classList.remove("dragging");
  }

  click(event) {
    if (this.dragged) {
      this.dragged = false;
      return;
    }
    const item = this.itemAt(event), { target } = event;
    if (item === null) this.happened("nothing");
    else if (target.closest(".together")) this.happened("fold", item);
    else if (item.repeats.length && target.matches(".n-badge, .n-light")) this.happened("unfold", item);
    else if (item.members && !target.matches(".ground")) this.happened("toggle", item);
    else this.happened("select", item, event);
  }
}

function nameOf(item) {
  const rows = item.rows.map(([name, value]) => `${name} ${value}`);
  return [[item.title, item.told].filter(Boolean).join(" "), item.whole ? numberOf(item) : "", ...rows].filter(Boolean).join(", ");
}

function numberOf(item) {
  return `${item.whole.repeats.indexOf(item) + 1} of ${item.whole.repeats.length}`;
}

function chevron(x, y, towards) {
  const points = towards === "down" ? [[-4, -2], [0, 2], [4, -2]] : [[-2, -4], [2, 0], [-2, 4]];
  return `<path class="chevron" d="M${points.map(([dx, dy]) => at([x + dx, y + dy])).join("L")}"/>`;
}

/** What is said on one of several that were shown one by one: which it is; a click folds them again. */
function together(item, right, top) {
  const text = item.whole.repeats.length === 1 ? `×${item.whole.times}` : numberOf(item), width = 5.6 * text.length + 12;
  return `<g class="together"><rect x="${digits(right - width - 6)}" y="${digits(top - 8)}" width="${digits(width)}" height="15" rx="7.5"/>`
    + `<text x="${digits(right - width / 2 - 6)}" y="${digits(top + 3)}">${text}</text></g>`;
}
