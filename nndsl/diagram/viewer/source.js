"use strict";
// The source beside the picture: its files, a line each, and which of them are marked.

class SourcePanel {
  /** `clicked(file, line)` is told of clicks on lines that make something. */
  constructor(figure, clicked) {
    this.place = document.getElementById("source");
    this.code = document.getElementById("code");
    this.figure = figure;
    this.file = -1;
    this.marked = { lines: [], through: [] };
    this.making = figure.sources.map(() => new Set());
    for (const item of figure.items) {
      for (const [file, first, last] of [...item.lines, ...item.through]) {
        for (let line = first; line <= last; line++) this.making[file].add(line);
      }
    }
    this.tabs = figure.sources.map((source, file) => this.tab(source, file));
    document.getElementById("files").hidden = figure.sources.length < 2;
    this.code.addEventListener("click", (event) => {
      const line = event.target.closest(".makes");
      if (line && getSelection().isCollapsed) clicked(this.file, Number(line.dataset.line));
    });
    this.resize(document.getElementById("divider"));
    this.show(0);
  }

  tab({ name, short }, file) {
    const tab = document.createElement("button");
    Object.assign(tab, { type: "button", textContent: short, title: name });
    tab.setAttribute("role", "tab");
    tab.addEventListener("click", () => this.show(file));
    document.getElementById("files").append(tab);
    return tab;
  }

  show(file) {
    if (file !== this.file) {
      this.file = file;
      this.tabs.forEach((tab, index) => tab.setAttribute("aria-selected", String(index === file)));
      const makes = (line) => (this.making[file].has(line) ? " makes" : "");
      this.code.innerHTML = this.figure.sources[file].lines
        .map((line, index) => `<div class="line${makes(index + 1)}" data-line="${index + 1}"><code>${line}</code></div>`).join("");
      this.code.scrollTop = 0;
    }
    this.paint();
  }

  /** Mark lines, and those through which they were reached; show the first of them. */
  mark(lines, through) {
    this.marked = { lines, through };
    if (!lines.length) return this.paint();
    const here = lines.some(([file]) => file === this.file);
    this.show(here ? this.file : lines[0][0]);
    const first = this.code.querySelector(".marked");
    if (first === null) return;
    const { top, bottom } = first.getBoundingClientRect(), room = this.code.getBoundingClientRect();
    if (top < room.top || bottom > room.bottom) this.code.scrollTop += top - room.top - room.height / 3;
  }

  paint() {
    const files = new Set([...this.marked.lines, ...this.marked.through].map(([file]) => file));
    this.tabs.forEach((tab, file) => tab.classList.toggle("marked", files.has(file)));
    for (const line of this.code.querySelectorAll(".marked, .around")) line.classList.remove("marked", "around");
    for (const [name, ranges] of [["around", this.marked.through], ["marked", this.marked.lines]]) {
      for (const [file, first, last] of ranges) {
        if (file !== this.file) continue;
        for (let line = first; line <= last; line++) this.code.children[line - 1]?.classList.add(name);
      }
    }
  }

  resize(divider) {
    divider.addEventListener("pointerdown", (event) => {
      divider.setPointerCapture(event.pointerId);
      divider.classList.add("moving");
    });
    divider.addEventListener("pointermove", (event) => {
      if (divider.hasPointerCapture(event.pointerId)) this.place.style.width = `${clamp(event.clientX, 160, innerWidth - 240)}px`;
    });
    divider.addEventListener("pointerup", () => divider.classList.remove("moving"));
  }
}
