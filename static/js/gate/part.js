// One part of the copy, as it came over the wire (docs/gate-protocol.md, 3): cut out, checked, searched.
import { signedDigest } from "./signature.js";

const MAGIC = 0x47435031; // "GCP1"
const HEAD = 8, ID = 8, LENGTH = 2, STATE = 20, SIGNATURE = 64;
const CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SECRET_BYTES = 10;
const text = new TextDecoder();

export class BadPart extends Error {}

export const bytesFromBase64 = (encoded) => Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
const bytesFromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

const headerIn = (bytes) => {
  try {
    return JSON.parse(text.decode(bytes));
  } catch {
    throw new BadPart("a header that can't be read");
  }
};

export class Part {
  #sealedFrom;
  #offsets;
  #statesFrom;

  /** BadPart when these bytes are no part. Nothing is proven before `authentic`. */
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < HEAD || this.view.getUint32(0) !== MAGIC) throw new BadPart("no part of a copy");
    this.idsFrom = HEAD + this.view.getUint32(4);
    if (bytes.length < this.idsFrom) throw new BadPart("cut short in its header");
    this.header = headerIn(bytes.subarray(HEAD, this.idsFrom));
    this.salt = bytesFromHex(this.header.salt);
    this.#measure();
  }

  #measure() {
    const { records, states } = this.header;
    const lengthsFrom = this.idsFrom + ID * records;
    this.#sealedFrom = lengthsFrom + LENGTH * records;
    if (this.bytes.length < this.#sealedFrom) throw new BadPart("cut short in its records");
    this.#offsets = new Uint32Array(records + 1);
    for (let number = 0; number < records; number++) {
      this.#offsets[number + 1] = this.#offsets[number] + this.view.getUint16(lengthsFrom + LENGTH * number);
    }
    this.#statesFrom = this.#sealedFrom + this.#offsets[records];
    this.signatureFrom = this.#statesFrom + STATE * states;
    const length = this.signatureFrom + SIGNATURE;
    if (this.bytes.length < length) throw new BadPart("cut short");
    this.bytes = this.bytes.subarray(0, length); // what follows is the next part's
  }

  /** True when the event's key signed these bytes. `keys`: {id: 32 bytes}. */
  async authentic(keys, means) {
    const key = keys[this.header.key_id];
    if (!key) return false;
    const signature = this.bytes.subarray(this.signatureFrom);
    return signedDigest("gate-copy:", this.bytes.subarray(0, this.signatureFrom), signature, key, means);
  }

  /** The sealed bytes of a record, or null. `id`: its 8 bytes. Ids ascend, so halves are thrown away. */
  sealed(id) {
    const wanted = new DataView(id.buffer, id.byteOffset, ID);
    const high = wanted.getUint32(0), low = wanted.getUint32(4);
    let from = 0, until = this.header.records;
    while (from < until) {
      const middle = (from + until) >>> 1;
      const at = this.idsFrom + ID * middle;
      const difference = this.view.getUint32(at) - high || this.view.getUint32(at + 4) - low;
      if (difference === 0) return this.bytes.subarray(this.#sealedFrom + this.#offsets[middle], this.#sealedFrom + this.#offsets[middle + 1]);
      if (difference < 0) from = middle + 1;
      else until = middle;
    }
    return null;
  }

  /** How many of its records none of the others has. */
  recordsNotIn(others) {
    let more = 0;
    for (let at = this.idsFrom; at < this.idsFrom + ID * this.header.records; at += ID) {
      const id = this.bytes.subarray(at, at + ID);
      if (!others.some((other) => other.sealed(id))) more += 1;
    }
    return more;
  }

  /** {standing, type, order, secret, attendee} out of a record's plain bytes. */
  record(plain) {
    const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
    const nameFrom = HEAD + (this.header.rotating ? SECRET_BYTES : 0);
    return {
      standing: plain[0],
      type: this.header.types[view.getUint16(1)],
      order: orderCode(plain.subarray(3, HEAD)),
      secret: this.header.rotating ? plain.slice(HEAD, nameFrom) : null,
      attendee: text.decode(plain.subarray(nameFrom)),
    };
  }

  /** The state of a ticket by a list in a period, or null: {entries, inside, at, gate}. A look at each is faster than an index is made. */
  state(id, list, period) {
    const wanted = new DataView(id.buffer, id.byteOffset, ID);
    const high = wanted.getUint32(0), low = wanted.getUint32(4);
    for (let at = this.#statesFrom; at < this.signatureFrom; at += STATE) {
      if (this.view.getUint32(at) !== high || this.view.getUint32(at + 4) !== low) continue;
      const found = this.#stateAt(at);
      if (found.list === list && found.period === period) return found;
    }
    return null;
  }

  /** Calls `each(id as number, state)` for every state; the number is for sets, its first 11 bits are gone. */
  eachState(each) {
    for (let at = this.#statesFrom; at < this.signatureFrom; at += STATE) {
      each(numberOfId(this.view, at), this.#stateAt(at));
    }
  }

  #stateAt(at) {
    const gate = this.view.getUint16(at + 10);
    return {
      list: this.header.lists[this.view.getUint16(at + 8)],
      gate: this.header.gates[gate] ?? null,
      at: this.view.getUint32(at + 12) * 1000,
      period: this.view.getUint16(at + 16),
      entries: this.bytes[at + 18],
      inside: (this.bytes[at + 19] & 1) === 1,
    };
  }
}

const numberOfId = (view, at) => (view.getUint32(at) & 0x1fffff) * 2 ** 32 + view.getUint32(at + 4);
export const numberOf = (id) => numberOfId(new DataView(id.buffer, id.byteOffset, ID), 0);

const orderCode = (bytes) => {
  let number = 0n;
  for (const byte of bytes) number = (number << 8n) | BigInt(byte);
  let code = "";
  for (let shift = 35n; shift >= 0n; shift -= 5n) code += CODE_ALPHABET[Number((number >> shift) & 31n)];
  return code;
};

/** The parts of an answer, in order. */
export const partsOf = (bytes) => {
  const parts = [];
  for (let rest = bytes; rest.length > 0; rest = rest.subarray(parts.at(-1).bytes.length)) parts.push(new Part(rest));
  return parts;
};
