// The worker as the page sees it: requests in turn, a limit of time, and a new worker after one that was ended.

const SECONDS = 10;

export class Runner {
  #module;
  #worker;
  #number = 0;
  #waiting = new Map();
  #timer;

  constructor(url) {
    this.#module = fetch(url).then(async (response) => {
      if (!response.ok) throw new Error(`${url}: ${response.status}`);
      return WebAssembly.compile(await response.arrayBuffer());
    });
  }

  get busy() {
    return this.#waiting.size > 0;
  }

  /** The answer to a request and how long it took. What is stopped is answered with `stopped`, a reason. */
  async ask(request) {
    await this.#start();
    const number = ++this.#number;
    return new Promise((resolve) => {
      this.#waiting.set(number, resolve);
      this.#watch();
      this.#worker.postMessage({ number, request });
    });
  }

  /** Ends whatever runs. */
  stop(reason = "stopped") {
    this.#worker?.terminate();
    this.#worker = undefined;
    clearTimeout(this.#timer);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const resolve of waiting) resolve({ stopped: reason });
  }

  async #start() {
    const module = await this.#module;
    if (this.#worker) return;
    this.#worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }) => this.#answered(data);
    this.#worker.postMessage({ module });
  }

  #answered({ number, ...answered }) {
    const resolve = this.#waiting.get(number);
    this.#waiting.delete(number);
    this.#watch();
    resolve?.(answered);
  }

  #watch() {
    clearTimeout(this.#timer);
    if (this.busy) this.#timer = setTimeout(() => this.stop(`stopped after ${SECONDS} seconds`), SECONDS * 1000);
  }
}
