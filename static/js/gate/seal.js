// A ticket's record opens with the ticket's own code and with nothing else: HKDF-SHA-256 and AES-256-GCM.
const ID_INFO = new TextEncoder().encode("gate record id");
const KEY_INFO = new TextEncoder().encode("gate record key:");
const NO_SALT = new Uint8Array(0);
const NONCE = new Uint8Array(12); // constant: a key is used for one record of one part (docs/gate-protocol.md)

const joined = (...pieces) => {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
};
const hkdf = (info) => ({ name: "HKDF", hash: "SHA-256", salt: NO_SALT, info });

/** What a read code opens: {id, open(part salt, sealed)}. `claim` as ticket-code.js gives it. */
export const unsealer = async (claim) => {
  const secret = await crypto.subtle.digest("SHA-256", joined(claim.body, claim.signature));
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits", "deriveKey"]);
  const id = new Uint8Array(await crypto.subtle.deriveBits(hkdf(ID_INFO), material, 64));
  const open = async (salt, sealed) => {
    const key = await crypto.subtle.deriveKey(hkdf(joined(KEY_INFO, salt)), material, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: NONCE, additionalData: id }, key, sealed));
  };
  return { id, open };
};
