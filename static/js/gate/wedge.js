// Hand scanners that type ("keyboard wedge"): a burst of keys no person types, ended by Enter or Tab,
// or by silence. Heard wherever the focus is; what they type into a field is taken out of it again.
const BETWEEN_KEYS_MS = 50;
const SILENCE_MS = 150;
const SHORTEST = 8;
const ENDS = new Set(["Enter", "Tab"]);

/** Calls `read(text)` for each burst. Returns a function that stops listening. */
export const listenForWedge = (read, target = document) => {
  let keys = [], last = 0, timer = 0, field = null, before = "";

  const forget = () => {
    clearTimeout(timer);
    keys = [];
  };
  const finish = () => {
    const text = keys.join("");
    const typedInto = field, valueBefore = before;
    forget();
    if (text.length < SHORTEST) return false;
    if (typedInto) typedInto.value = valueBefore;
    read(text);
    return true;
  };

  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const now = event.timeStamp;
    if (now - last > BETWEEN_KEYS_MS) forget();
    last = now;
    if (ENDS.has(event.key)) {
      if (finish()) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
      return;
    }
    if (event.key.length !== 1) return;
    if (keys.length === 0) {
      field = event.target.matches?.("input, textarea") ? event.target : null;
      before = field?.value ?? "";
    }
    // Space would press the button that has the focus, in the middle of a burst.
    if (keys.length > 0 && event.key === " " && !field) event.preventDefault();
    keys.push(event.key);
    clearTimeout(timer);
    timer = setTimeout(finish, SILENCE_MS);
  };
  target.addEventListener("keydown", onKey, true);
  return () => target.removeEventListener("keydown", onKey, true);
};
