// A phone becomes a gate's: the one-time code, a token made here and kept before it is sent.
import { Away, Refused } from "./server.js";

const TOKEN_BYTES = 32;

/** The code in what was pasted or read: a whole link, or the code alone. */
export const codeIn = (text) => /(?:open[/=])?([0-9A-Za-z]{4}-?[0-9A-Za-z]{4}-?[0-9A-Za-z]{4})\/?$/.exec(text.trim())?.[1] ?? "";

const newToken = () =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The same token for the same code: an answer that was lost is asked for again. */
const tokenFor = async (code, store) => {
  const before = await store.fact("claim");
  if (before?.code === code) return before.token;
  const token = newToken();
  await store.keepFact("claim", { code, token });
  return token;
};

/** Claims the code. Returns the set-up; throws an Error whose message is for the steward. */
export const claim = async (text, steward, { store, server }) => {
  const code = codeIn(text);
  if (!code) throw new Error("That is no link or code of a gate. A code has twelve letters and digits.");
  const token = await tokenFor(code, store);
  let setup;
  try {
    setup = await server.post("claims/", { code, token, steward });
  } catch (error) {
    if (error instanceof Away) throw new Error("No network. Opening a gate needs one; try again when it is back.");
    if (error instanceof Refused && error.status === 404) throw new Error("This code was used before or has run out. Ask your supervisor for a new one.");
    throw error;
  }
  await store.change(["facts"], ({ facts }) => {
    facts.put(token, "token");
    facts.put(setup, "setup");
    facts.put(steward, "steward");
    facts.delete("claim");
  });
  server.token = token;
  return setup;
};
