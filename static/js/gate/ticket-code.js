// What a code says, the same as registrations/codes.py: proven by docs/ticket-code-vectors.json.
// Nothing is proven here; signature.js does that.
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const MISREAD = { I: "1", L: "1", O: "0", U: "V" };
const VALUES = new Map([...ALPHABET].map((digit, value) => [digit, value]));
const VERSION = 1;
const BODY_BYTES = 14;
const CODE_BYTES = BODY_BYTES + 64;
const CODE_LENGTH = 125;
const SERIAL_LENGTH = 12;
const LONGEST_READ = 400;

// Python's str.split() parts at these too, which \s leaves out; what \s adds (the byte order mark) parts nothing there.
const WHITE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/g;

/** Typed or read text as base 32: upper case, no spaces or dashes, misread letters put right. */
export const normalise = (text) =>
  text.replace(WHITE, "").replaceAll("-", "").toUpperCase().replace(/[ILOU]/g, (letter) => MISREAD[letter]);

/** Bytes of base-32 digits, or null: a digit outside the alphabet, or an unused bit that is set (one ticket, one spelling). */
const bytesOf = (digits, length) => {
  const bytes = new Uint8Array(length);
  let pending = 0, bits = 0, at = 0;
  for (const digit of digits) {
    const value = VALUES.get(digit);
    if (value === undefined) return null;
    pending = (pending << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = pending >> bits;
      pending &= (1 << bits) - 1;
    }
  }
  return pending === 0 ? bytes : null;
};

/** {version, keyId, eventId, serial (BigInt), body, signature, digits}, or null when the text is no code of ours. */
export const decode = (text) => {
  if (text.length > LONGEST_READ) return null;
  const digits = normalise(text);
  if (digits.length !== CODE_LENGTH) return null;
  const raw = bytesOf(digits, CODE_BYTES);
  if (raw === null || raw[0] !== VERSION) return null;
  const view = new DataView(raw.buffer);
  return {
    version: raw[0],
    keyId: raw[1],
    eventId: view.getUint32(2),
    serial: view.getBigUint64(6),
    body: raw.slice(0, BODY_BYTES),
    signature: raw.slice(BODY_BYTES),
    digits,
  };
};

/** The 60-bit serial that was typed, as BigInt, or null. */
export const serialFromText = (text) => {
  const digits = text.length > LONGEST_READ ? "" : normalise(text);
  if (digits.length !== SERIAL_LENGTH) return null;
  let number = 0n;
  for (const digit of digits) {
    const value = VALUES.get(digit);
    if (value === undefined) return null;
    number = (number << 5n) | BigInt(value);
  }
  return number;
};

/** A serial for people: "7QF2-M9XK-3T4B". */
export const serialText = (serial) => {
  let digits = "";
  for (let shift = 55n; shift >= 0n; shift -= 5n) digits += ALPHABET[Number((serial >> shift) & 31n)];
  return `${digits.slice(0, 4)}-${digits.slice(4, 8)}-${digits.slice(8)}`;
};
