// The trace: one event at a time, by a slider, buttons or arrow keys, with the frames that are open and the machine's stack.

import { element } from "./dom.js";

/** The pane. `state.at` is the event that is shown, and is kept by the page. */
export function tracePane(answer, { state, show }) {
  const events = answer.events ?? [];
  if (!events.length) return [element("p", { class: "empty" }, "Nothing ran.")];
  state.at = Math.min(state.at, events.length - 1);
  const body = element("div");
  const position = element("output");
  const move = (to) => {
    state.at = Math.max(0, Math.min(events.length - 1, to));
    slider.value = state.at;
    position.textContent = `${state.at + 1} of ${events.length}${answer.complete ? "" : "+"}`;
    body.replaceChildren(...moment(events, state.at, move));
    mark(events, state.at, show);
  };
  const slider = element("input", { type: "range", min: 0, max: events.length - 1, "aria-label": "Step", input: () => move(Number(slider.value)) });
  const button = (text, label, by) => element("button", { "aria-label": label, title: label, click: () => move(state.at + by()) }, text);
  const controls = element(
    "div",
    { class: "controls" },
    button("‹", "One step back", () => -1),
    button("›", "One step on", () => 1),
    button("»", "Over what is called", () => over(events, state.at)),
    slider,
    position,
  );
  move(state.at);
  return [controls, body];
}

// How far it is to the next event that is no deeper.
function over(events, at) {
  const depth = events[at].depth;
  const next = events.findIndex((event, index) => index > at && event.depth <= depth);
  return next < 0 ? events.length : next - at;
}

// The frames that are open when an event happens, outermost first.
function frames(events, at) {
  const open = [];
  for (let index = 0; index <= at; index += 1) {
    const event = events[index];
    if (ENTERS.has(event.event)) open[event.depth] = event;
    open.length = Math.min(open.length, event.depth + (event.event === "leave" && index < at ? 0 : 1));
  }
  return open.filter(Boolean);
}

const ENTERS = new Set(["call", "tail-call", "force"]);

function fileOf(frame) {
  return frame?.at?.replace(/:\d+:\d+$/, "");
}

function mark(events, at, show) {
  const event = events[at];
  if (event.start === undefined) show();
  else show(fileOf(frames(events, at).at(-1)), event.start, event.end);
}

function moment(events, at, move) {
  const open = frames(events, at);
  const before = 8;
  const first = Math.max(0, at - before);
  const near = events.slice(first, at + before + 1).map((event, index) => line(event, first + index, first + index === at, move));
  const stack = [...(events[at].stack ?? [])].reverse();
  const shownFrames = open.slice(-12).reverse().map((frame) => element("li", {}, `${frame.event.replace("-", " ")} ${frame.what}`));
  const more = open.length > 12 ? [element("li", { class: "faint" }, `… ${open.length - 12} more`)] : [];
  return [
    ...near,
    element("h2", {}, "Stack, topmost first"),
    stack.length ? element("ul", { class: "stack" }, ...stack.map((value) => element("li", {}, value))) : element("p", { class: "empty" }, events[at].stack ? "Empty." : "Shown at instructions."),
    element("h2", {}, "Frames, innermost first"),
    element("ul", { class: "stack" }, ...shownFrames, ...more),
  ];
}

function line(event, number, current, move) {
  const indent = "  ".repeat(Math.min(event.depth, 20));
  return element("button", { class: current ? "row on" : "row", "aria-current": current && "step", click: () => move(number) }, indent, ...words(event));
}

function words(event) {
  if (event.event === "instruction") return [event.text, event.again ? element("span", { class: "where" }, " (again)") : ""];
  if (event.event === "leave") return [element("span", { class: "where" }, "= "), event.result ?? event.end];
  if (event.event === "builtin") return [element("b", {}, "builtin "), event.name];
  return [element("b", {}, `${event.event.replace("-", " ")} `), event.what];
}
