// Did the event sign a code, or a part of the copy? WebCrypto where it knows Ed25519, the served @noble/ed25519 where not.
const ALGORITHM = "Ed25519";
const imported = new Map(); // CryptoKeys by their bytes
let knowsItself; // asked once

/** Neither the browser nor a served library can check a signature: nothing is said about the code. */
export class NoMeans extends Error {}

const prefixed = (prefix, bytes) => {
  const message = new Uint8Array(prefix.length + bytes.length);
  message.set(new TextEncoder().encode(prefix));
  message.set(bytes, prefix.length);
  return message;
};

/** Whether this browser's own cryptography knows Ed25519. */
export const native = async () => {
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32), ALGORITHM, false, ["verify"]);
    return true;
  } catch {
    return false;
  }
};

const byWebCrypto = async (signature, message, publicKey) => {
  const name = publicKey.join();
  if (!imported.has(name)) imported.set(name, await crypto.subtle.importKey("raw", publicKey, ALGORITHM, false, ["verify"]));
  return crypto.subtle.verify(ALGORITHM, imported.get(name), signature, message);
};

const byLibrary = async (address) => {
  if (!address) throw new NoMeans("This browser can't check signatures.");
  const { verifyAsync } = await import(address);
  return (signature, message, publicKey) => verifyAsync(signature, message, publicKey, { zip215: false });
};

/** True when this 32-byte key signed the message. `library` is the address of @noble/ed25519, "" where it is absent;
 *  `libraryAlone` leaves the browser's own cryptography out. NoMeans when neither is there. */
const verify = async (message, signature, publicKey, { library = "", libraryAlone = false } = {}) => {
  knowsItself ??= native();
  const check = !libraryAlone && (await knowsItself) ? byWebCrypto : await byLibrary(library);
  try {
    return await check(signature, message, publicKey);
  } catch {
    return false; // bytes that are no key or no signature prove nothing
  }
};

/** Whether the key signed this code's claim (ticket-code.js). */
export const signedCode = (claim, publicKey, means) => verify(prefixed("ticket-code:", claim.body), claim.signature, publicKey, means);

/** Whether the key signed prefix and SHA-256 of the bytes. */
export const signedDigest = async (prefix, bytes, signature, publicKey, means) => {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return verify(prefixed(prefix, digest), signature, publicKey, means);
};
