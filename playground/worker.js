// Evaluates away from the page. The page ends it when an evaluation takes too long; nothing is kept here that would be missed.

import { Evaluator } from "./evaluator.js";

let evaluator;

self.onmessage = ({ data }) => {
  if (data.module) {
    evaluator = new Evaluator(data.module);
    return;
  }
  const begun = performance.now();
  let answer;
  try {
    answer = evaluator.answer(data.request);
  } catch (error) {
    answer = { failure: `The evaluator ended: ${error.message}. Please report this with the source.` };
  }
  self.postMessage({ number: data.number, answer, milliseconds: performance.now() - begun });
};
