// A live part that no longer hears from the server looks stale: the page says since when, and stops pretending.
(() => {
  const note = () => document.querySelector("[data-stale]");
  const missed = new Set();
  // The clinic's time of day as the server wrote it: the tablet's own clock may stand in another zone.
  const heard = () => document.querySelector("[data-server-time]")?.dataset.serverTime.slice(11, 16) ?? "this page was opened";

  const render = () => {
    const element = note();
    if (!element) return;
    element.hidden = missed.size === 0;
    element.querySelector("[data-stale-since]").textContent = heard();
  };
  const isLive = (event) => event.detail.elt?.hasAttribute?.("data-live");

  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (!isLive(event)) return;
      missed.add(event.detail.elt.id);
      render();
    });
  }
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.successful) return;
    if (isLive(event)) missed.delete(event.detail.elt.id);
    else missed.clear();
    render();
  });
})();
