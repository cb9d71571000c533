// The page is the same bytes for everybody, so its key of this attempt is made here:
// a double click sends it twice and is one hold.
for (const field of document.querySelectorAll("input[name=attempt]")) {
  field.value = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
}
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const field of document.querySelectorAll("input[name=attempt]")) field.value = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
});
