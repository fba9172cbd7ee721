// A live part that no longer hears from the server must not look current. The page says so, and since when, as
// soon as an answer is missing for too long: by the clock and not by an error, because a server that is gone, a
// cable that is out and a tab that slept give no error in time.
(() => {
  const USUAL_MS = 30000;
  const heard = new WeakMap();
  const withheld = new WeakSet();
  const root = document.documentElement;
  const title = document.title;
  let isOffline = false; // the browser knows that the cable is out: no need to wait for what cannot come

  // Two clocks: one stands still while a machine sleeps, the other jumps when somebody sets it. The later one counts.
  const now = () => ({ wall: Date.now(), mono: performance.now() });
  const since = (then) => Math.max(Date.now() - then.wall, performance.now() - then.mono);
  const live = () => [...document.querySelectorAll("[data-live]")];
  const lastOf = (part) => {
    if (!heard.has(part)) heard.set(part, now()); // just drawn, and by the server
    return heard.get(part);
  };

  // The clinic's time of day, from the server's stamp: the tablet's own clock may stand in another zone.
  let stamp = null;
  const note = () => {
    const written = document.querySelector("[data-live] [data-server-time], [data-server-time]")?.dataset.serverTime;
    if (written && written !== stamp?.written) stamp = { written, at: now() };
  };
  const timeOfDay = (ago) => {
    if (!stamp) return "this page was opened";
    const [hours, minutes, seconds] = stamp.written.slice(11, 19).split(":").map(Number);
    const total = hours * 3600 + minutes * 60 + seconds + Math.round((since(stamp.at) - ago) / 1000);
    const day = ((total % 86400) + 86400) % 86400;
    return [day / 3600, (day / 60) % 60, day % 60].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
  };
  const spell = (ms) => {
    const seconds = Math.floor(ms / 1000);
    if (seconds < 120) return `${seconds} s ago`;
    return seconds < 7200 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
  };

  const render = () => {
    note();
    let oldest = -1;
    let isStale = isOffline && live().length > 0;
    for (const part of live()) {
      const age = since(lastOf(part));
      oldest = Math.max(oldest, age);
      if (age > Number(part.dataset.staleAfter || USUAL_MS)) isStale = true;
    }
    if (isStale !== root.hasAttribute("data-stale")) {
      root.toggleAttribute("data-stale", isStale);
      document.title = isStale ? `NOT LIVE · ${title}` : title;
    }
    for (const shown of document.querySelectorAll("[data-heard-age]")) {
      if (oldest >= 0) shown.textContent = `${isStale ? "Not live: as of" : "As of"} ${timeOfDay(oldest)}, ${spell(oldest)}`;
    }
    const bar = document.querySelector("[data-stale-bar]");
    if (!bar) return;
    if (isStale) {
      const words = `${timeOfDay(oldest)}, ${spell(oldest)}`;
      const place = bar.querySelector("[data-stale-since]");
      if (place.textContent !== words) place.textContent = words;
    }
    bar.hidden = !isStale;
  };

  const partOf = (event) => (event.detail.elt?.hasAttribute?.("data-live") ? event.detail.elt : null);
  // What was answered but could not be shown, because a hand was on it, is as old as what is shown.
  document.addEventListener("euthymia:withheld", (event) => withheld.add(event.target));
  document.addEventListener("htmx:afterRequest", (event) => {
    const part = partOf(event);
    if (!part || !event.detail.successful) return;
    isOffline = false;
    if (withheld.has(part)) withheld.delete(part);
    else heard.set(part, now());
    render();
  });
  const ask = () => {
    render();
    for (const part of live()) part.dispatchEvent(new CustomEvent("wake"));
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask();
  });
  window.addEventListener("online", ask);
  window.addEventListener("offline", () => {
    isOffline = true;
    render();
  });
  document.addEventListener("DOMContentLoaded", render);
  document.addEventListener("htmx:afterSettle", render);
  setInterval(render, 500);
})();
