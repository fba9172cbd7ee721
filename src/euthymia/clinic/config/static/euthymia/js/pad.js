// A number pad of the page's own. Digits pressed on it go on by themselves: a field that can take no further one gives
// way to the next. Digits typed on a keyboard do not: there the hand presses Tab, and would skip a field unseen.
// Without this file each field is pressed as before.
(() => {
  const NUMBER = "input[data-pad-highest]";
  const fieldsOf = (form) => [...form.querySelectorAll(NUMBER)];
  let last = null; // the field the pad writes into

  // Full: another digit would make it larger than such a value can be, or it would follow a nought.
  const isFull = (field) =>
    field.value === "0" || (Number(field.value) > 0 && Number(field.value) * 10 > Number(field.dataset.padHighest));

  const goOn = (field) => {
    const fields = fieldsOf(field.form);
    const next = fields[fields.indexOf(field) + 1];
    if (next) next.focus();
    else field.form.querySelector("[data-pad] ~ * input[type=radio], .pad-beside ~ .field input[type=radio]")?.focus();
  };

  const wake = () => {
    if (!matchMedia("(pointer: coarse)").matches) return;
    for (const pad of document.querySelectorAll("[data-pad]")) {
      for (const field of fieldsOf(pad.closest("form"))) field.inputMode = "none"; // two pads would cover the form
    }
  };

  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.(NUMBER)) last = event.target;
  });
  // The field keeps the focus while a key of the pad is pressed.
  document.addEventListener("pointerdown", (event) => {
    if (event.target.closest?.("[data-pad-key]")) event.preventDefault();
  });
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest?.("[data-pad-key]")) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const key = event.target.closest?.("[data-pad-key]");
    if (!key) return;
    const form = key.closest("form");
    const field = last?.isConnected && last.form === form ? last : fieldsOf(form)[0];
    if (key.dataset.padKey === "next") return goOn(field);
    const back = key.dataset.padKey === "back";
    field.focus();
    field.value = back ? field.value.slice(0, -1) : field.value + key.dataset.padKey;
    field.dispatchEvent(new InputEvent("input", { bubbles: true })); // so that it counts as typed
    if (!back && isFull(field)) goOn(field);
  });
  document.addEventListener("DOMContentLoaded", wake);
  document.addEventListener("htmx:afterSettle", wake);
})();
