// A button that prints the page. Without this file the browser's own menu does.
(() => {
  const show = () => document.querySelectorAll("[data-print][hidden]").forEach((button) => { button.hidden = false; });
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("htmx:afterSettle", show);
  document.addEventListener("click", (event) => { if (event.target.closest?.("[data-print]")) print(); });
})();
