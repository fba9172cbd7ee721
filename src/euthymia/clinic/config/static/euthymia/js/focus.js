// After an answer replaces the page, the keyboard and the screen reader start where the news is: the summary of
// errors if there is one, else the heading.
(() => {
  const settle = () => {
    const target = document.querySelector("[data-error-summary]");
    if (target) target.focus();
  };
  document.addEventListener("DOMContentLoaded", settle);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!event.detail.requestConfig?.boosted) return;
    const summary = document.querySelector("[data-error-summary]");
    (summary ?? document.querySelector("main"))?.focus();
  });
})();
