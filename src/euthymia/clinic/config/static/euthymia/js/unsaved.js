// What is typed and not yet saved says so, and leaving the page asks first.
(() => {
  const changed = new Set();
  const guarded = (element) => element.form?.matches("form[method=post][data-unsaved]") ? element.form : null;
  const show = (form, on) => {
    for (const note of document.querySelectorAll(`[data-unsaved-note="${form.id}"]`)) note.hidden = !on;
  };

  document.addEventListener("input", (event) => {
    const form = guarded(event.target);
    if (!form) return;
    changed.add(form);
    show(form, true);
  });
  const settle = (form) => {
    changed.delete(form);
    if (form instanceof HTMLFormElement) show(form, false);
  };
  document.addEventListener("submit", (event) => {
    if (!event.target.hasAttribute("hx-boost")) settle(event.target);
  });
  document.addEventListener("euthymia:kept", (event) => settle(event.target)); // it is on the tablet now
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) settle(event.detail.elt);
  });
  // A form that came back with errors is still unsaved.
  const refused = () => {
    for (const field of document.querySelectorAll("form[data-unsaved] [aria-invalid=true]")) {
      changed.add(field.form);
      show(field.form, true);
    }
  };
  document.addEventListener("DOMContentLoaded", refused);
  document.addEventListener("htmx:afterSettle", refused);
  window.addEventListener("beforeunload", (event) => {
    for (const form of changed) if (!form.isConnected) changed.delete(form);
    if (changed.size) event.preventDefault();
  });
})();
