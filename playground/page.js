// The page: files, tabs, and which answer is shown where. Asks the evaluator as one types.

import { Editor } from "./editor.js";
import { EXAMPLES } from "./examples.js";
import { Runner } from "./runner.js";
import { arrows, element } from "./dom.js";
import { byteAt, units } from "./places.js";
import { paneOf } from "./panes.js";
import { fromFragment, toFragment } from "./link.js";

const TABS = [
  ["value", "Value", "evaluate"],
  ["problems", "Problems", "evaluate"],
  ["trace", "Trace", "trace"],
  ["code", "Bytecode", "code"],
  ["tree", "Tree", "tree"],
  ["figures", "Figures", "evaluate"],
];
const DELAY = 200;

const at = (id) => document.getElementById(id);
const runner = new Runner("nivose.wasm");
const editor = new Editor(document.querySelector(".editor"), () => changed());
const traceState = { at: 0 };
const explained = new Map();
let state = { ...EXAMPLES[0] };
let file = state.entry;
let tab = "value";
let form = "nix";
let answers = {};
let timer;
let round = 0;

function changed() {
  state.files = { ...state.files, [file]: editor.value };
  at("examples").value = "";
  later();
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(run, DELAY);
}

// Evaluates, and asks for what the current tab shows beside.
async function run() {
  clearTimeout(timer);
  const own = ++round;
  if (runner.busy) runner.stop("superseded");
  answers = {};
  traceState.at = 0;
  status("…");
  keepLink();
  const what = TABS.find(([name]) => name === tab)[2];
  for (const wanted of new Set(["evaluate", what])) {
    const stopped = await ask(wanted, own);
    if (own !== round) return;
    // What was stopped once is not begun again for another tab.
    if (stopped) {
      answers[what] ??= answers[wanted];
      return draw();
    }
  }
}

async function ask(wanted, own = round) {
  const { files, entry, strict } = state;
  at("stop").disabled = false;
  const answered = await runner.ask({ do: wanted, files, entry: wanted === "tree" || wanted === "code" ? file : entry, strict, form }).catch((error) => ({ stopped: String(error.message) }));
  if (own !== round) return;
  at("stop").disabled = !runner.busy;
  const { stopped, answer, milliseconds } = answered;
  answers[wanted] = stopped ? { value: null, failure: stopped } : answer;
  if (wanted === "evaluate") evaluated(stopped, milliseconds);
  draw();
  return stopped;
}

function evaluated(stopped, milliseconds) {
  answers.milliseconds = milliseconds;
  status(stopped ?? (milliseconds < 1000 ? `${milliseconds.toFixed(1)} ms` : `${(milliseconds / 1000).toFixed(1)} s`));
  markProblems();
}

function status(text) {
  at("status").textContent = text;
}

function markProblems() {
  const text = editor.value;
  const ofUnit = units(text);
  const marks = { error: [], warning: [] };
  for (const { file: name, line, column, level } of answers.evaluate?.diagnostics ?? []) {
    if (name !== `/${file}`) continue;
    const start = ofUnit[byteAt(text, line, column)] ?? text.length;
    const word = /^(?:[\w'-]+|"[^"\n]*"|\S)/.exec(text.slice(start))?.[0] ?? " ";
    marks[level].push({ start: Math.min(start, Math.max(0, text.length - 1)), end: Math.max(start + word.length, 1) });
  }
  for (const [kind, list] of Object.entries(marks)) editor.mark(kind, list);
}

/** Marks bytes of a file, or nothing. */
function show(name, start, end) {
  if (name === undefined || name.replace(/^\//, "") !== file) return editor.mark("code", []);
  const ofUnit = units(editor.value);
  editor.mark("code", [{ start: ofUnit[start] ?? 0, end: ofUnit[end] ?? editor.value.length }]);
}

function goTo(name, line, column) {
  const wanted = name.replace(/^\//, "");
  if (!(wanted in state.files)) return;
  open(wanted);
  editor.goTo(units(editor.value)[byteAt(editor.value, line, column)] ?? 0);
}

function open(name) {
  const other = name !== file;
  file = name;
  if (other) {
    editor.value = state.files[name];
    drawFiles();
    markProblems();
  }
  if (other && (tab === "tree" || tab === "code")) ask(tab);
}

// What an instruction does, as a title of its line.
async function explain(name, row) {
  if (row.title) return;
  if (!explained.has(name)) explained.set(name, runner.ask({ do: "document", name }));
  const { answer } = await explained.get(name);
  if (answer?.text) row.title = answer.text.replace(/^# .*\n+/, "").trim();
  else explained.delete(name);
}

function draw() {
  drawTabs();
  const answer = answers[TABS.find(([name]) => name === tab)[2]];
  if (!answer) return;
  const milliseconds = answers.milliseconds ?? 0;
  const context = { show, goTo, entry: file, state: traceState, document: explain, form, setForm, problems: () => select("problems"), milliseconds };
  at("pane").replaceChildren(...paneOf(tab, answer, context));
  at("pane").setAttribute("aria-labelledby", `tab-${tab}`);
}

function makeTabs() {
  const tabOf = ([name, title]) =>
    element("button", { role: "tab", id: `tab-${name}`, "aria-controls": "pane", click: () => select(name) }, title, name === "problems" && element("span", { id: "count", class: "count" }));
  at("tabs").append(...TABS.map(tabOf));
}

function drawTabs() {
  for (const [name] of TABS) {
    at(`tab-${name}`).setAttribute("aria-selected", String(name === tab));
    at(`tab-${name}`).tabIndex = name === tab ? 0 : -1;
  }
  const found = answers.evaluate?.diagnostics ?? [];
  at("count").textContent = found.length || "";
  at("count").classList.toggle("warning", !found.some(({ level }) => level === "error"));
}

function select(name) {
  tab = name;
  editor.mark("code", []);
  const [, , what] = TABS.find(([other]) => other === name);
  if (answers[what]) draw();
  else {
    at("pane").replaceChildren();
    drawTabs();
    ask(what);
  }
}

function setForm(name) {
  form = name;
  run();
}

function drawFiles() {
  const names = Object.keys(state.files);
  const tabOf = (name) =>
    element("button", { role: "tab", id: `file-${name}`, "aria-selected": String(name === file), tabindex: name === file ? 0 : -1, click: () => open(name) }, name);
  const others = names.length > 1 && file !== state.entry;
  at("files").replaceChildren(
    ...names.map(tabOf),
    element("button", { "aria-label": "Add a file", title: "Add a file", click: addFile }, "+"),
    others ? element("button", { "aria-label": `Remove ${file}`, title: `Remove ${file}`, click: removeFile }, "−") : "",
  );
}

function addFile() {
  const name = prompt("Name of the file", "other.nix")?.trim().replace(/^\.?\//, "");
  if (!name || name.split("/").some((part) => ["", ".", ".."].includes(part))) return;
  state.files = { ...state.files, [name]: state.files[name] ?? "" };
  open(name);
  drawFiles();
  run();
}

function removeFile() {
  const { [file]: _, ...rest } = state.files;
  state.files = rest;
  open(state.entry);
  run();
}

async function keepLink() {
  const { files, entry, strict } = state;
  const fragment = await toFragment({ files, entry, strict });
  history.replaceState(null, "", `#${fragment}`);
  return location.href;
}

async function share() {
  const address = await keepLink();
  try {
    await navigator.clipboard.writeText(address);
    status("the link is copied");
  } catch {
    status("the link is in the address bar");
  }
}

function load(next) {
  state = { files: { ...next.files }, entry: next.entry, strict: next.strict };
  file = state.entry;
  at("strict").value = state.strict ? "1" : "";
  editor.value = state.files[file];
  drawFiles();
  run();
}

// Marks the lines of code or tree that belong to the place of the caret.
function followCaret() {
  if (tab !== "code" && tab !== "tree") return;
  const ofUnit = units(editor.value);
  const rows = [...at("pane").querySelectorAll(".row[data-start]")];
  const covers = (row) => ofUnit[row.dataset.start] <= editor.caret && editor.caret <= ofUnit[row.dataset.end];
  const length = (row) => row.dataset.end - row.dataset.start;
  const least = Math.min(...rows.filter(covers).map(length));
  for (const row of rows) row.classList.toggle("on", covers(row) && length(row) === least);
  at("pane").querySelector(".row.on")?.scrollIntoView({ block: "nearest" });
}

async function begin() {
  at("examples").append(...EXAMPLES.map(({ name }, index) => element("option", { value: index }, name)));
  at("examples").addEventListener("change", ({ target }) => target.value && load(EXAMPLES[target.value]));
  at("strict").addEventListener("change", ({ target }) => {
    state.strict = target.value !== "";
    run();
  });
  at("stop").addEventListener("click", () => runner.stop());
  at("share").addEventListener("click", share);
  window.addEventListener("hashchange", async () => {
    const linked = await fromFragment(location.hash.slice(1));
    if (linked) load(linked);
  });
  arrows(at("tabs"));
  arrows(at("files"));
  editor.onCaret(followCaret);
  makeTabs();
  drawTabs();
  const linked = await fromFragment(location.hash.slice(1));
  if (!linked) at("examples").value = "0";
  load(linked ?? EXAMPLES[0]);
}

begin();
