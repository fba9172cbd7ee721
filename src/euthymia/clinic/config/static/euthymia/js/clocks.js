// Clocks count from the server's time: a tablet whose own clock is wrong shows the right minutes. They only
// display; what is due is decided on the server.
(() => {
  let ahead = 0;
  let newest = -Infinity;
  // Part of a page may be newer than the page around it; an old stamp read late would turn the clock back.
  const measure = () => {
    for (const element of document.querySelectorAll("[data-server-time]")) {
      const stamp = Date.parse(element.dataset.serverTime);
      if (stamp <= newest) continue;
      newest = stamp;
      ahead = stamp - Date.now();
    }
  };
  const pad = (number) => String(number).padStart(2, "0");
  const spell = (seconds) => {
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(minutes / 60);
    if (hours >= 48) return `${Math.floor(hours / 24)} d`;
    return hours ? `${hours} h ${pad(minutes % 60)}` : `${minutes}:${pad(seconds % 60)}`;
  };
  const minutes = (element, now) => {
    const passed = Math.max(0, Math.floor((now - Date.parse(element.dataset.minutesSince)) / 60000));
    const unit = document.createElement("small");
    // How long something has lasted, or how long ago it was: never to be taken for each other.
    unit.textContent = "ago" in element.dataset ? " min ago" : " min";
    element.replaceChildren(String(passed), unit);
  };
  const tick = () => {
    // A clock that runs looks live: on a stale page it stands still.
    if (document.documentElement.hasAttribute("data-stale")) return;
    const now = Date.now() + ahead;
    for (const element of document.querySelectorAll("[data-minutes-since]")) minutes(element, now);
    for (const element of document.querySelectorAll("[data-elapsed-since]")) {
      element.textContent = spell(Math.max(0, Math.floor((now - Date.parse(element.dataset.elapsedSince)) / 1000)));
    }
    for (const element of document.querySelectorAll("[data-remaining-until]")) {
      const left = Math.ceil((Date.parse(element.dataset.remainingUntil) - now) / 1000);
      element.textContent = left >= 0 ? spell(left) : `${spell(-left)} over`;
    }
  };
  const start = () => { measure(); tick(); };
  document.addEventListener("htmx:afterSwap", start); // before anything is painted: a clock time never flashes up
  document.addEventListener("htmx:afterSettle", start);
  document.addEventListener("DOMContentLoaded", start);
  setInterval(tick, 1000);
})();
