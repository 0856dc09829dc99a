"use strict";
// The page: what is open, selected and searched for, and what keys and buttons do.

const byId = (id) => document.getElementById(id);

/** The figure on the page, with a number for each item, what it is in, and what it repeats. */
function readFigure() {
  const figure = JSON.parse(byId("data").textContent);
  figure.items = [];
  const take = (item, owners, whole) => {
    Object.assign(item, { id: figure.items.length, owners, whole });
    figure.items.push(item);
    for (const one of item.repeats) take(one, [item], item);
    if (item.members?.length) for (const one of item.members) take(one, [item], null);
    else if (item.members) shareMembers(item);
  };
  const shareMembers = (item) => {
    item.members = item.repeats[0].members;
    for (const one of item.members) one.owners.push(item);
  };
  for (const item of figure.members) take(item, [], null);
  for (const source of figure.sources) source.short = shortName(source.name, figure.sources.map(({ name }) => name));
  return figure;
}

/** The last part of a path; with the folder before it, where several files have that name. */
function shortName(path, paths) {
  const last = (one, count) => one.split(/[/\\]/).slice(-count).join("/");
  return last(path, paths.filter((one) => last(one, 1) === last(path, 1)).length > 1 ? 2 : 1);
}

class Viewer {
  constructor(figure) {
    this.figure = figure;
    this.state = { closed: new Set(), apart: new Set() };
    Object.assign(this, { selected: null, focused: null, matches: [], current: -1 });
    this.stage = new Stage(figure, this.state, (kind, item, event) => this.happened(kind, item, event));
    this.source = new SourcePanel(figure, (file, line) => this.showMade(file, line));
    byId("title").textContent = figure.title;
    byId("title").title = figure.about;
    byId("subtitle").textContent = `${figure.subtitle} · ${figure.sources[0].short}`;
    byId("source").hidden = innerWidth <= 760;
    this.listen();
    this.setDetail(figure.detail);
    document.fonts.ready.then(() => document.documentElement.classList.add("ready"));
  }

  // What is seen

  /** The items that are drawn, in the order of reading. */
  visible(members = this.figure.members) {
    return shown(members, this.state).flatMap((item) => (isOpen(item, this.state) ? [item, ...this.visible(item.members)] : [item]));
  }

  /** The item itself, or the closed or folded one that it is in. */
  visibleFor(item, visible) {
    if (visible.has(item)) return item;
    for (const owner of item.owners) {
      const found = this.visibleFor(owner, visible);
      if (found) return found;
    }
    return null;
  }

  setDetail(detail) {
    const { closed, apart } = this.state, { items, members } = this.figure;
    closed.clear();
    apart.clear();
    if (detail === "overview") for (const item of members.filter((one) => one.members)) closed.add(item);
    if (detail === "full") for (const item of items.filter((one) => one.repeats.length)) apart.add(item);
    this.stage.draw();
    this.stage.fit(true);
    this.refresh();
    this.say(`${detail}: ${this.visible().length} cards and blocks`);
  }

  /** The detail that what is open amounts to, if any. */
  detail() {
    const { closed, apart } = this.state, { items, members } = this.figure;
    const blocks = members.filter((one) => one.members), repeated = items.filter((one) => one.repeats.length);
    if (!closed.size && !apart.size) return "blocks";
    if (!closed.size && repeated.every((item) => apart.has(item))) return "full";
    return !apart.size && closed.size === blocks.length && blocks.every((item) => closed.has(item)) ? "overview" : "";
  }

  /** Change what is open, with an item staying where it is, and having the focus where it had it. */
  change(item, said, edit) {
    const focus = this.stage.picture.contains(document.activeElement);
    edit();
    this.stage.draw(item);
    this.refresh();
    if (focus) this.focus(item);
    this.stage.reveal([item]);
    this.say(`${item.title} ${said}`);
  }

  toggle(item) {
    const open = isOpen(item, this.state);
    this.change(item, open ? "closed" : "opened", () => (open ? this.state.closed.add(item) : this.state.closed.delete(item)));
  }

  unfold(item) {
    const first = item.repeats[0];
    const edit = () => this.state.apart.add(item);
    this.stage.boxes.set(first, this.stage.boxes.get(item));
    if (this.focused === item) this.focused = first;
    this.change(first, `shown one by one, ${item.times} times`, edit);
  }

  fold(item) {
    const { whole } = item;
    this.stage.boxes.set(whole, this.stage.boxes.get(item));
    if (this.focused === item) this.focused = whole;
    this.change(whole, `folded, ${whole.times} times`, () => this.state.apart.delete(whole));
  }

  /** Marks, buttons and the first stop of the tabulator, after something has changed. */
  refresh() {
    const visible = new Set(this.visible());
    if (!visible.has(this.focused)) this.focused = null;
    const stop = this.focused ?? [...visible][0];
    if (stop) this.stage.element(stop).setAttribute("tabindex", "0");
    if (this.selected && !visible.has(this.selected)) this.selected = this.visibleFor(this.selected, visible);
    this.stage.mark("selected", this.selected ? [this.selected] : []);
    this.stage.mark("made", []);
    this.search(false);
    const detail = this.detail();
    for (const button of document.querySelectorAll("[data-detail]")) button.setAttribute("aria-pressed", String(button.dataset.detail === detail));
    byId("toggle-source").setAttribute("aria-pressed", String(!byId("source").hidden));
    this.hideTip();
  }

  say(text) {
    byId("said").textContent = text;
  }

  // Selecting

  select(item) {
    this.selected = item;
    this.stage.mark("selected", item ? [item] : []);
    this.stage.mark("made", []);
    this.source.mark(item?.lines ?? [], item?.through ?? []);
  }

  /** Show what a line of the source makes: what is written there, or else what is reached through it. */
  showMade(file, line) {
    const visible = new Set(this.visible());
    const holds = (ranges) => ranges.some(([one, first, last]) => one === file && first <= line && line <= last);
    const items = this.searchable(), written = items.filter((item) => holds(item.lines));
    const found = written.length ? written : items.filter((item) => holds(item.through));
    const made = [...new Set(found.map((item) => this.visibleFor(item, visible)).filter(Boolean))];
    this.select(null);
    this.source.mark([[file, line, line]], []);
    this.stage.mark("made", made);
    this.stage.reveal(made);
    this.say(`line ${line} makes ${made.length} of what is shown`);
  }

  focus(item) {
    const element = this.stage.element(item);
    if (!element) return;
    for (const one of this.stage.picture.querySelectorAll('[tabindex="0"]')) one.setAttribute("tabindex", "-1");
    element.setAttribute("tabindex", "0");
    this.focused = item;
    element.focus({ preventScroll: true });
    if (!element.matches(":focus-visible")) return;
    this.stage.reveal([item]);
    this.showTip(item);
  }

  // The card that is asked about

  showTip(item) {
    const tip = byId("tip"), rows = item.rows.map(([name, value]) => `<tr><th>${name}</th><td>${escaped(value)}</td></tr>`);
    const written = item.lines.map(([file, line]) => `${this.figure.sources[file].short}, line ${line}`);
    if (written.length) rows.push(`<tr><th>source</th><td>${escaped([...new Set(written)].slice(0, 4).join("; "))}</td></tr>`);
    const calls = item.calls.length ? `<pre>${escaped(item.calls.slice(0, 6).join("\n"))}${item.calls.length > 6 ? "\n…" : ""}</pre>` : "";
    const keys = item.members ? [isOpen(item, this.state) ? "Enter closes it" : "Enter opens it"] : [];
    if (item.repeats.length || item.whole) keys.push(item.whole ? "r folds them again" : "r shows them one by one");
    const hint = keys.length ? `<p>${keys.join(", ")}</p>` : "";
    tip.innerHTML = `<h3>${escaped(item.title)}<span>${escaped(item.told)}</span></h3><table>${rows.join("")}</table>${calls}${hint}`;
    const whole = this.stage.onStage(this.stage.boxes.get(item)), { width, height } = this.stage;
    const box = isOpen(item, this.state) ? { ...whole, height: M.HEADER * this.stage.zoom } : whole;
    const [x, y] = beside(box, { width: tip.offsetWidth, height: tip.offsetHeight }, { width, height });
    tip.style.left = `${clamp(x, 8, Math.max(8, width - tip.offsetWidth - 8))}px`;
    tip.style.top = `${clamp(y, 8, Math.max(8, height - tip.offsetHeight - 8))}px`;
    tip.classList.add("shown");
    this.tipped = item;
  }

  hideTip() {
    byId("tip").classList.remove("shown");
    this.tipped = null;
  }

  happened(kind, item, event) {
    if (kind === "moved") this.hideTip?.();
    else if (kind === "over") this.over(item, event);
    else if (kind === "nothing") this.select(null);
    else if (kind === "select") {
      this.select(item);
      this.focused = item;
      if (event.pointerType === "touch") this.showTip(item);
    } else this[kind](item);
  }

  over(item, event) {
    clearTimeout(this.waiting);
    if (item === null || event.pointerType === "touch") return void this.hideTip();
    if (event.target.matches(".ground")) return void this.hideTip();
    if (item !== this.tipped) this.waiting = setTimeout(() => this.stage.pointers.size || this.showTip(item), 90);
  }

  // Searching

  search(moves = true) {
    const words = byId("query").value.trim().toLowerCase().replace(/(\d)\s*[x×]\s*(?=\d)/g, "$1, ");
    const all = words ? this.searchable().filter((item) => textOf(item).includes(words)) : [];
    const current = this.matches[this.current];
    this.matches = all;
    this.current = moves ? (all.length ? 0 : -1) : all.indexOf(current);
    if (moves && all.length) this.goTo(0);
    else this.showMatches();
  }

  /** What can be found: everything that is drawn, and what is in closed blocks; of equal ones that are folded, the first. */
  searchable(members = this.figure.members) {
    return shown(members, this.state).flatMap((item) => (item.members ? [item, ...this.searchable(item.members)] : [item]));
  }

  goTo(index) {
    if (!this.matches.length) return;
    this.current = (index + this.matches.length) % this.matches.length;
    const item = this.matches[this.current];
    if (this.openAround(item)) {
      this.stage.draw();
      this.refresh();
    }
    this.stage.reveal([item]);
    this.showMatches();
    this.say(`${this.current + 1} of ${this.matches.length}: ${item.title} ${item.told}`);
  }

  openAround(item) {
    return item.owners.map((owner) => [this.state.closed.delete(owner), this.openAround(owner)].some(Boolean)).some(Boolean);
  }

  showMatches() {
    const visible = new Set(this.visible()), searching = byId("query").value.trim() !== "";
    this.stage.mark("found", this.matches.map((item) => this.visibleFor(item, visible)).filter(Boolean));
    this.stage.mark("current", this.current >= 0 ? [this.matches[this.current]] : []);
    const count = this.matches.length;
    byId("count").textContent = !searching ? "" : !count ? "none" : this.current >= 0 ? `${this.current + 1} of ${count}` : `${count}`;
    byId("count").classList.toggle("none", searching && !count);
  }

  // Keys and buttons

  listen() {
    const clicks = {
      "smaller": () => this.stage.zoomBy(1 / 1.25), "larger": () => this.stage.zoomBy(1.25), "whole": () => this.stage.fit(),
      "previous": () => this.goTo(this.current - 1), "next": () => this.goTo(this.current + 1),
      "toggle-source": () => this.toggleSource(), "toggle-dark": () => this.toggleDark(), "toggle-keys": () => byId("keys").showModal(),
    };
    for (const [id, action] of Object.entries(clicks)) byId(id).addEventListener("click", action);
    for (const button of document.querySelectorAll("[data-detail]")) button.addEventListener("click", () => this.setDetail(button.dataset.detail));
    byId("query").addEventListener("input", () => this.search());
    byId("query").addEventListener("keydown", (event) => this.searchKey(event));
    document.addEventListener("keydown", (event) => this.key(event));
    this.stage.place.addEventListener("focusin", (event) => {
      const item = this.stage.itemAt(event);
      if (item && item !== this.focused) this.focus(item);
    });
    this.stage.place.addEventListener("focusout", () => this.hideTip());
  }

  toggleSource() {
    byId("source").hidden = !byId("source").hidden;
    byId("toggle-source").setAttribute("aria-pressed", String(!byId("source").hidden));
  }

  toggleDark() {
    const root = document.documentElement, dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  }

  searchKey(event) {
    if (event.key === "Enter") this.goTo(this.current + (event.shiftKey ? -1 : 1));
    else if (event.key === "Escape") {
      byId("query").value = "";
      this.search();
      byId("query").blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  key(event) {
    const { activeElement } = document;
    if (event.ctrlKey || event.metaKey || event.altKey || activeElement === byId("query") || byId("keys").open) return;
    const item = activeElement?.closest?.(".item") ? this.figure.items[activeElement.dataset.item] : null;
    const action = this.itemKeys(item, event)[event.key] ?? this.pageKeys(item)[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  /** What keys do with the card or block that has the focus. */
  itemKeys(item, event) {
    if (item === null) return {};
    const order = this.visible(), next = order[order.indexOf(item) + (event.shiftKey ? -1 : 1)];
    return {
      "Enter": () => (item.members ? this.toggle(item) : item.repeats.length || item.whole ? this.refold(item) : this.select(item)),
      " ": () => this.select(item),
      ...(item.repeats.length || item.whole ? { "r": () => this.refold(item) } : {}),
      ...(next ? { "Tab": () => this.focus(next) } : {}),
    };
  }

  refold(item) {
    if (item.repeats.length) this.unfold(item);
    else this.fold(item);
  }

  pageKeys(item) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const steps = Object.entries(moves).map(([key, way]) => [key, () => this.step(item, way)]);
    return {
      "+": () => this.stage.zoomBy(1.25), "=": () => this.stage.zoomBy(1.25), "-": () => this.stage.zoomBy(1 / 1.25), "0": () => this.stage.fit(),
      "1": () => this.setDetail("overview"), "2": () => this.setDetail("blocks"), "3": () => this.setDetail("full"),
      "/": () => byId("query").focus(), "n": () => this.goTo(this.current + 1), "N": () => this.goTo(this.current - 1),
      "s": () => this.toggleSource(), "d": () => this.toggleDark(), "?": () => byId("keys").showModal(), "Escape": () => this.escape(),
      ...(document.activeElement === byId("code") ? {} : Object.fromEntries(steps)),
    };
  }

  escape() {
    if (this.tipped) this.hideTip();
    else if (this.selected || this.source.marked.lines.length) this.select(null);
    else if (byId("query").value) {
      byId("query").value = "";
      this.search();
    } else document.activeElement?.blur();
  }

  /** Go to the next card or block in a direction: near, and straight ahead rather than aside. */
  step(item, [dx, dy]) {
    const from = item ?? this.focused;
    if (!from) return this.focus(this.visible()[0]);
    const middle = (one) => {
      const { x, y, width, height } = this.stage.boxes.get(one);
      return [x + width / 2, y + (isOpen(one, this.state) ? M.HEADER : height) / 2];
    };
    const [x, y] = middle(from);
    const ahead = this.visible().filter((one) => one !== from).map((one) => {
      const [mx, my] = middle(one), along = (mx - x) * dx + (my - y) * dy, aside = Math.abs((mx - x) * dy) + Math.abs((my - y) * dx);
      return { one, along, cost: along + 2.5 * aside };
    }).filter(({ along }) => along > 4);
    if (ahead.length) this.focus(least(ahead, ({ cost }) => cost).one);
  }
}

/** Where a tip does not cover what it tells about: right or left of it, or else below or above. */
function beside(box, tip, room) {
  if (box.x + box.width + tip.width + 18 < room.width) return [box.x + box.width + 10, box.y - 6];
  if (box.x - tip.width - 18 > 0) return [box.x - tip.width - 10, box.y - 6];
  return [box.x, box.y + box.height + tip.height + 18 < room.height ? box.y + box.height + 10 : box.y - tip.height - 10];
}

/** All that is told of an item, to be searched. */
function textOf(item) {
  item.text ??= [item.title, item.told, ...item.rows.flat(), ...item.calls].join("\n").toLowerCase();
  return item.text;
}

const viewer = new Viewer(readFigure());
