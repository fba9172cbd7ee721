// The tablet and its server: whether they hear each other, who is signed in, how far the two clocks are apart, and who
// sits where. Held by the open page alone. Other files ask here and are told when it changes.
(() => {
  const PULSE = "/tablet/pulse/", EVERY_MS = 60_000, AGAIN_MS = 3000, PATIENCE_MS = 4000;
  const house = (window.euthymia ??= {});
  const frame = () => document.querySelector("[data-viewer]");
  const listeners = new Set();
  const tablet = {
    online: true, signedOut: false, why: "", lostAt: 0, heardAt: 0, // heardAt: by performance.now
    viewer: "", name: "", initials: "", records: false, token: "", proof: "", seats: [],
    timed: false, ahead: 0, offset: 0, // ahead: the server's clock less ours, in ms; offset: the clinic's zone, in minutes
  };
  let timer = 0, running = null;

  const zone = (stamp) => {
    const found = /([+-])(\d\d):(\d\d)$/.exec(stamp);
    return found ? (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) : 0;
  };
  const tell = () => { for (const listener of listeners) listener(tablet); };

  const lost = (why) => {
    if (tablet.online) tablet.lostAt = Date.now() + tablet.ahead;
    tablet.online = false;
    tablet.why = why;
    tell();
  };
  const heard = () => {
    tablet.heardAt = performance.now();
    if (tablet.online) return;
    tablet.online = true;
    tell();
  };

  const take = (told, askedAt) => {
    const person = frame()?.dataset.viewer;
    Object.assign(tablet, { name: told.name, initials: told.initials, records: told.records, token: told.token, proof: told.proof, seats: told.seats });
    // Another tab may have signed somebody else in: what this page shows is not theirs, and nothing is sent from it.
    tablet.viewer = told.viewer === person ? told.viewer : "";
    tablet.signedOut = told.viewer !== person;
    tablet.ahead = Date.parse(told.at) - (askedAt + Date.now()) / 2;
    tablet.offset = zone(told.at);
    tablet.timed = true;
    tablet.online = true;
    tablet.heardAt = performance.now();
    tell();
  };

  const beat = async () => {
    const askedAt = Date.now();
    try {
      // Marked as a page that refreshes itself: it keeps nobody signed in.
      const answer = await fetch(PULSE, { headers: { "HX-Request": "true", "HX-Current-URL": location.href }, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      if (answer.status >= 500) return lost("The server does not work.");
      if (answer.headers.get("Content-Type")?.startsWith("application/json")) return take(await answer.json(), askedAt);
      tablet.signedOut = true;
      heard();
      tell();
    } catch { lost("No connection."); }
  };
  const pulse = () => {
    if (!frame()) return Promise.resolve();
    clearTimeout(timer);
    return running ??= beat().finally(() => {
      running = null;
      timer = setTimeout(pulse, tablet.online ? EVERY_MS : AGAIN_MS);
    });
  };

  house.tablet = tablet;
  house.onTablet = (listener) => listeners.add(listener);
  house.pulse = pulse;
  house.now = () => Date.now() + tablet.ahead; // by the server's clock
  house.clock = (ms) => new Date(ms + tablet.offset * 60_000).toISOString().slice(11, 16); // at the clinic

  // What other requests learn is learnt here too.
  document.addEventListener("htmx:afterRequest", (event) => {
    const status = event.detail.xhr?.status ?? 0;
    if (status > 0 && status < 500) heard();
    else if (tablet.online) pulse();
  });
  window.addEventListener("online", pulse);
  window.addEventListener("offline", () => { if (frame()) pulse(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) pulse(); });
  document.addEventListener("DOMContentLoaded", () => {
    Object.assign(tablet, { viewer: frame()?.dataset.viewer ?? "", name: frame()?.dataset.viewerName ?? "" });
    const stamp = document.querySelector("[data-server-time]")?.dataset.serverTime;
    if (stamp) Object.assign(tablet, { timed: true, ahead: Date.parse(stamp) - Date.now(), offset: zone(stamp) });
    pulse();
  });
})();
