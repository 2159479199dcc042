// The evaluator as a module of WebAssembly: an object in, an object out. Knows nothing of pages and workers, so that
// tests use it, too.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// Memory that a module took it keeps, so one that took more than this is replaced after its answer.
const ENOUGH = 96 << 20;

export class Evaluator {
  #module;
  #instance;

  /** @param {WebAssembly.Module} module */
  constructor(module) {
    this.#module = module;
  }

  /** Answers a request. What goes wrong within the module itself is thrown, and the next request gets a new one. */
  answer(request) {
    this.#instance ??= new WebAssembly.Instance(this.#module, {});
    const instance = this.#instance;
    this.#instance = undefined;
    const answer = JSON.parse(call(instance.exports, JSON.stringify(request)));
    if (instance.exports.memory.buffer.byteLength <= ENOUGH) this.#instance = instance;
    return answer;
  }
}

function call({ memory, nivose_allocate, nivose_call, nivose_free }, text) {
  const bytes = encoder.encode(text);
  const start = nivose_allocate(bytes.length);
  if (start === 0) throw new Error("the request is too long");
  new Uint8Array(memory.buffer, start, bytes.length).set(bytes);
  const answered = BigInt.asUintN(64, nivose_call(start, bytes.length));
  nivose_free(start, bytes.length);
  const [at, length] = [Number(answered >> 32n), Number(answered & 0xffffffffn)];
  const answer = decoder.decode(new Uint8Array(memory.buffer, at, length));
  nivose_free(at, length);
  return answer;
}
