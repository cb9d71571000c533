// Talking to the server: one door for every call, each kind of failure under its own name.
const JSON_TYPE = "application/json";

/** No answer, or one that says nothing: keep everything and try later. */
export class Away extends Error {
  constructor(message, retryAfterMs = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}
/** This phone may not work the gate any more: its data must go. */
export class Dismissed extends Error {}
/** The server doesn't know this phone: keep everything, stop sending. */
export class Stranger extends Error {}
/** The server refuses; the message is a sentence for the steward. */
export class Refused extends Error {
  constructor(status, code, sentence) {
    super(sentence || `The server refused (${status}).`);
    this.status = status;
    this.code = code;
  }
}

const DISMISSED = new Set(["device_revoked", "device_ended"]);

export class Server {
  constructor(clock, token = null) {
    this.clock = clock;
    this.token = token;
    this.heardAt = 0; // the last answer, on this phone's clock
    this.silent = false; // the last call found nobody
  }

  get(path, options) {
    return this.call("GET", path, undefined, options);
  }

  post(path, body, options) {
    return this.call("POST", path, body, options);
  }

  /** The answer's JSON, bytes, or null for 204. Throws Away, Dismissed, Stranger or Refused. */
  async call(method, path, body, { timeoutMs = 8000 } = {}) {
    const asked = Date.now();
    let response, content;
    try {
      response = await fetch(`/gate/device/${path}`, this.#request(method, body, timeoutMs));
      content = await contentOf(response); // may be cut off just as well
    } catch (error) {
      this.silent = true;
      throw new Away(String(error));
    }
    this.silent = false;
    this.heardAt = Date.now();
    if (content?.server_time) this.clock.heard(content.server_time, asked, this.heardAt);
    return response.ok ? content : refuse(response, content);
  }

  #request(method, body, timeoutMs) {
    const headers = body === undefined ? {} : { "Content-Type": JSON_TYPE };
    if (this.token) headers.Authorization = `Device ${this.token}`;
    const content = body === undefined ? undefined : JSON.stringify(body);
    return { method, headers, body: content, credentials: "omit", cache: "no-store", redirect: "error", signal: AbortSignal.timeout(timeoutMs) };
  }
}

const contentOf = async (response) => {
  if (response.status === 204) return null;
  if (response.headers.get("Content-Type")?.startsWith(JSON_TYPE)) return response.json();
  return new Uint8Array(await response.arrayBuffer());
};

const refuse = (response, content) => {
  const { status } = response;
  const code = content?.code ?? "";
  if (status === 401 && DISMISSED.has(code)) throw new Dismissed(code);
  if (status === 401) throw new Stranger(code);
  if (status === 429 || status >= 500) throw new Away(`${status}`, 1000 * (Number(response.headers.get("Retry-After")) || 0));
  throw new Refused(status, code, content?.sentence ?? "");
};
