// A question that waits for another answer is shown when that answer is given. Without this script all are shown,
// each with its condition as a sentence; the server decides in both cases.
const waiting = [...document.querySelectorAll("[data-waits-for]")];

function answersTo(name) {
  const fields = [...document.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  const asked = fields.some((field) => field.closest("[data-waits-for]")?.hidden !== true);
  return asked ? fields.filter((field) => !/radio|checkbox/.test(field.type) || field.checked).map((field) => field.value) : [];
}

function show() {
  for (const question of waiting) {
    const wanted = question.dataset.waitsAnswers.split("|");
    question.hidden = !answersTo(question.dataset.waitsFor).some((answer) => wanted.includes(answer));
  }
}

if (waiting.length) {
  document.documentElement.classList.add("asks");
  document.addEventListener("change", show);
  show();
}
