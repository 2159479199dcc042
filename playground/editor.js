// The editor: a textarea over its coloured text. Marks are ranges of the text, in UTF-16 units.

import { pieces } from "./highlight.js";

export class Editor {
  #text;
  #colours;
  #lines;
  #marks = [];

  constructor(root, changed) {
    this.#text = root.querySelector("textarea");
    this.#colours = root.querySelector(".colours");
    this.#lines = root.querySelector(".lines");
    this.#text.addEventListener("input", () => {
      this.#marks = [];
      this.#draw();
      changed();
    });
    this.#text.addEventListener("keydown", (event) => this.#key(event));
  }

  get value() {
    return this.#text.value;
  }

  set value(text) {
    this.#text.value = text;
    this.#marks = [];
    this.#draw();
  }

  get caret() {
    return this.#text.selectionStart;
  }

  /** Calls back whenever the caret was moved. */
  onCaret(moved) {
    for (const event of ["keyup", "click"]) this.#text.addEventListener(event, moved);
  }

  /** Replaces the marks of a kind. A mark has `start`, `end`, `kind`, and maybe a `title`. */
  mark(kind, marks) {
    this.#marks = [...this.#marks.filter((mark) => mark.kind !== kind), ...marks.map((mark) => ({ ...mark, kind }))];
    this.#draw();
  }

  /** Brings a place into view and puts the caret there. */
  goTo(offset) {
    this.#text.focus();
    this.#text.setSelectionRange(offset, offset);
  }

  // Two blanks for Tab, unless Escape was pressed before, which lets the keyboard leave the editor.
  #escaped = false;
  #key(event) {
    if (event.key === "Tab" && !event.shiftKey && !this.#escaped) {
      event.preventDefault();
      document.execCommand("insertText", false, "  ");
    }
    this.#escaped = event.key === "Escape";
  }

  #draw() {
    const source = this.#text.value;
    const cuts = new Set(this.#marks.flatMap(({ start, end }) => [start, end]));
    const out = document.createDocumentFragment();
    let at = 0;
    for (const { text, kind } of pieces(source)) {
      for (const part of split(text, at, cuts)) {
        const within = this.#marks.filter(({ start, end }) => start <= at && at < end);
        const classes = [kind && `t-${kind}`, ...within.map(({ kind }) => `m-${kind}`)].filter(Boolean);
        out.append(classes.length ? span(part, classes) : part);
        at += part.length;
      }
    }
    this.#colours.replaceChildren(out, "\n");
    const count = source.split("\n").length;
    this.#lines.textContent = Array.from({ length: count }, (_, index) => index + 1).join("\n");
  }
}

function span(text, classes) {
  const span = document.createElement("span");
  span.className = classes.join(" ");
  span.textContent = text;
  return span;
}

function split(text, at, cuts) {
  const within = [...cuts].map((cut) => cut - at).filter((cut) => cut > 0 && cut < text.length).sort((a, b) => a - b);
  const bounds = [0, ...within, text.length];
  return bounds.slice(1).map((end, index) => text.slice(bounds[index], end));
}
