// The panes beside the editor: each makes elements of an answer. `show(file, start, end)` marks bytes of a file in the
// editor, `goTo(file, line, column)` leads to a place.

import { element } from "./dom.js";
import { tracePane } from "./trace.js";

const PANES = { value: valuePane, problems: problemsPane, trace: tracePane, code: codePane, tree: treePane, figures: figuresPane };

/** The pane of a tab. Where there is no answer, as of what was stopped, every pane says why and nothing else. */
export function paneOf(tab, answer, context) {
  // The pane of the value says so itself: the form can be chosen all the same.
  if (answer.failure && tab !== "value") return [element("p", { class: "headline" }, answer.failure)];
  return PANES[tab](answer, context);
}

const FORMS = [["nix", "Nix"], ["json", "JSON"], ["xml", "XML"]];

/** The value, what was said on the way, and the form to see it in. */
function valuePane(answer, { form, setForm, problems }) {
  const choice = ([name, title]) =>
    element("label", {}, element("input", { type: "radio", name: "form", checked: name === form, change: () => setForm(name) }), ` ${title}`);
  const messages = (answer.messages ?? []).map(({ kind, text }) => element("pre", { class: "faint" }, `${kind}: ${text}`));
  const failure = answer.diagnostics?.find(({ level }) => level === "error");
  const value =
    answer.value === null || answer.value === undefined
      ? element("p", { class: "headline problem" }, failure?.message ?? answer.failure ?? "", " ", failure && element("button", { class: "place", click: problems }, "why?"))
      : element("pre", { id: "value" }, answer.value);
  return [element("div", { class: "forms", role: "radiogroup", "aria-label": "Form of the value" }, ...FORMS.map(choice)), ...messages, value];
}

/** Errors and warnings, with the way to each. */
function problemsPane(answer, { goTo }) {
  const found = answer.diagnostics ?? [];
  if (!found.length) return [element("p", { class: "empty" }, "No problems.")];
  return found.map((diagnostic) => problem(diagnostic, goTo));
}

function problem(diagnostic, goTo) {
  const { level, message, notes, trace, suggestions, help, rendered } = diagnostic;
  const meant = suggestions.length > 0 && element("p", {}, `Did you mean ${suggestions.map((name) => `'${name}'`).join(" or ")}?`);
  return element(
    "div",
    { class: `problem ${level}` },
    element("p", { class: "headline" }, message),
    element("p", {}, place(diagnostic, goTo)),
    meant,
    notes.length > 0 && element("ul", { class: "notes" }, ...notes.map((note) => step(note, goTo))),
    trace.length > 0 && element("h2", {}, "How evaluation came there"),
    trace.length > 0 && element("ol", { class: "steps" }, ...trace.map((frame) => step(frame, goTo))),
    help && element("p", { class: "faint" }, help),
    element("details", {}, element("summary", {}, "As Nix prints it"), element("pre", {}, rendered)),
  );
}

function step(step, goTo) {
  if (!step.file) return element("li", { class: "placeless" }, step.message);
  return element("li", {}, element("span", {}, place(step, goTo)), element("span", {}, step.message));
}

function place({ file, line, column }, goTo) {
  if (!file) return "";
  return element("button", { class: "place", click: () => goTo(file, line, column) }, `${file.replace(/^\//, "")}:${line}:${column}`);
}

/** The syntax tree, a node a line. */
function treePane(answer, { show, entry }) {
  return listing(answer.nodes ?? [], ({ depth, role, kind, detail, start, end }) => {
    const name = role ? element("span", { class: "where" }, `${role} `) : "";
    return row([" ".repeat(depth * 2), name, element("b", {}, kind), detail ? ` ${detail}` : ""], entry, start, end, show);
  });
}

/** The code of all chunks. */
function codePane(answer, { show, entry, document: explain }) {
  const lines = answer.lines ?? [];
  if (!lines.length) return [element("p", { class: "empty" }, "There is no code of a source with errors.")];
  return listing(lines, (line) => {
    if (line.mnemonic === undefined) {
      const head = `${line.kind}${line.head ? ` ${line.head}` : ""}`;
      return element("h2", {}, `${line.chunk}  ${head}`);
    }
    const operands = line.operands.map(({ text }) => text).join(" ");
    const parts = [element("span", { class: "where" }, `${String(line.offset).padStart(4)}  `), element("b", {}, line.mnemonic.padEnd(18)), ` ${operands}`];
    const made = row(parts, entry, line.start, line.end, show);
    made.addEventListener("focus", () => explain(line.mnemonic, made));
    made.addEventListener("mouseenter", () => explain(line.mnemonic, made));
    return made;
  });
}

function listing(lines, make) {
  const most = 5000;
  const rows = lines.slice(0, most).map(make);
  if (lines.length > most) rows.push(element("p", { class: "empty" }, `… and ${lines.length - most} more`));
  return rows;
}

// A line that marks its source while it is pointed at.
function row(parts, file, start, end, show) {
  const has = start !== undefined && end !== undefined;
  const mark = () => has && show(file, start, end);
  return element(
    "button",
    { class: "row", "data-start": has && start, "data-end": has && end, mouseenter: mark, focus: mark, mouseleave: () => show(), blur: () => show() },
    ...parts,
  );
}

/** What was done and made. */
function figuresPane(answer, { milliseconds }) {
  const figures = answer.statistics;
  if (!figures) return [element("p", { class: "empty" }, "Nothing was evaluated.")];
  const rows = [
    ["Time", `${milliseconds.toFixed(1)} ms`],
    ["Instructions", figures.instructions],
    ["Calls of functions", figures.functionCalls],
    ["Calls of builtins", figures.builtinCalls],
    ["Suspended expressions", figures.thunks],
    ["Selections of attributes", figures.selections],
    ["Updates (//)", figures.updates],
    ["Sets", figures.sets],
    ["Attributes in them", figures.attributes],
    ["Lists", figures.lists],
    ["Elements in them", figures.elements],
    ["Most memory of values", `${(figures.peakBytes / 1024).toFixed(0)} KiB`],
    ["Collections", figures.collections],
  ];
  const shown = ([name, value]) => element("tr", {}, element("td", {}, name), element("td", {}, typeof value === "number" ? value.toLocaleString("en") : value));
  return [element("table", { class: "figures" }, ...rows.map(shown))];
}
