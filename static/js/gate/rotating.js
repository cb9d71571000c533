// Codes that change every 30 seconds: the suffix after the dot, from the secret in the ticket's record.
export const STEP_SECONDS = 30;
const PREFIX = new TextEncoder().encode("rotating-code:");
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SUFFIX_DIGITS = 8;

/** "040G….7QF2M9XK" → the code and its suffix ("" when there is none). */
export const split = (text) => {
  const [code, suffix = ""] = text.trim().split(".");
  return { code, suffix: suffix.toUpperCase() };
};

/** The 8 characters of a step. */
export const suffixOf = async (secret, step) => {
  const message = new Uint8Array(PREFIX.length + 8);
  message.set(PREFIX);
  new DataView(message.buffer).setBigUint64(PREFIX.length, BigInt(step));
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const first = new DataView(await crypto.subtle.sign("HMAC", key, message)).getBigUint64(0) >> 24n;
  return Array.from({ length: SUFFIX_DIGITS }, (_, place) => ALPHABET[Number((first >> BigInt(35 - 5 * place)) & 31n)]).join("");
};

/** Why a suffix is refused, or null. `now` in ms, by the server's clock. */
export const refusal = async (suffix, secret, policy, now) => {
  if (!suffix) return policy.static_codes ? null : "static_code";
  if (secret === null) return null; // not in the copy, or in one from before codes changed: the signature holds, and the server looks again
  const step = Math.floor(now / 1000 / STEP_SECONDS);
  const good = await Promise.all([-1, 0, 1].map((other) => suffixOf(secret, step + other)));
  return good.includes(suffix) ? null : "expired_code";
};
