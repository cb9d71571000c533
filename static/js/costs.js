// The slider beside "Events a month": by factors, from a thousand to ten million. Without it, the number field does.
const slider = document.querySelector("input[type=range][data-for]");
const field = slider && document.getElementById(slider.dataset.for);
if (field) {
  const atSlider = () => { slider.value = String(Math.round(Math.log10(Number(field.value) || 1000) * 100)); };
  const rounded = (number) => Number(number.toPrecision(2));
  atSlider();
  slider.hidden = false;
  field.addEventListener("input", atSlider);
  slider.addEventListener("input", () => { field.value = String(rounded(10 ** (Number(slider.value) / 100))); });
  slider.addEventListener("change", () => field.form.requestSubmit());
}
