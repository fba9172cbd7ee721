// What waits on this tablet, in sight: how many, of whom, how old, whose; on the page, and on the tile of each patient.
(() => {
  const house = (window.euthymia ??= {});
  const find = (name) => document.querySelector(`[data-unsent${name}]`);
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  };
  const button = (text, act, className = "button") => {
    const made = make("button", className, text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  };
  house.parts = { make, button };

  const count = (number, word = "entry", many = "entries") => `${number} ${number === 1 ? word : many}`;
  const age = (row) => {
    const minutes = Math.floor((Date.now() - row.made) / 60_000);
    if (minutes < 1) return "less than a minute";
    return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
  };
  const perPatient = (rows) => {
    const found = new Map();
    for (const row of rows) found.set(row.initials, (found.get(row.initials) ?? 0) + 1);
    return [...found].map(([initials, number]) => `${initials} ${number}`).join(", ");
  };
  // Of patients only those are told that may be: who records at the chair. Others, and nobody, learn whose it is.
  const mayKnow = () => house.tablet.viewer !== "" && house.tablet.records && !house.tablet.signedOut;

  const title = (rows) => {
    if (!rows.length) return house.tablet.online ? "" : house.tablet.why;
    const refused = rows.filter((row) => row.state === "refused").length;
    const whose = mayKnow() ? `: ${perPatient(rows)}` : `, of ${[...new Set(rows.map((row) => row.name))].join(" and ")}`;
    const oldest = rows.reduce((first, row) => (row.made < first.made ? row : first));
    return `${count(rows.length)} not sent${whose}. The oldest is ${age(oldest)} old.${refused ? ` ${count(refused, "was", "were")} refused.` : ""}`;
  };
  const state = (rows, notice) => {
    const { tablet } = house;
    if (document.querySelector("[data-sign-in-page]")) return rows.length ? "Kept on this tablet, sealed. Sent when the same person signs in here, or by whoever takes it over by name." : "";
    if (tablet.signedOut) return rows.length ? "You are signed out. Sign in again, and it is sent." : "";
    if (!tablet.online) return `${rows.length ? `${tablet.why} ` : ""}${tablet.lostAt ? `Nothing heard since ${house.clock(tablet.lostAt)}. ` : ""}What you enter is kept on this tablet, sealed, and sent with its own time.`;
    if (notice) return notice;
    const others = rows.filter((row) => !house.unsent.isMine(row));
    return others.length ? `Waiting for ${[...new Set(others.map((row) => row.name))].join(" and ")} to sign in, or for somebody to take it over.` : "";
  };

  const line = (row) => {
    const item = make("li", row.state === "refused" ? "unsent-entry is-refused" : "unsent-entry");
    const made = house.tablet.timed ? ` ${house.clock(row.made + house.tablet.ahead)}` : ""; // nobody signed in: no clinic's time
    const what = mayKnow() ? `${row.initials}: ${row.title}` : "An entry";
    const by = row.takenBy ? `${row.name}, taken over by ${row.takenName}` : row.name;
    item.append(make("p", "", `${what}, entered${made} by ${by}, ${age(row)} ago`));
    if (row.state === "refused") house.refusals?.(row, item);
    return item;
  };

  const tiles = (rows) => {
    for (const old of document.querySelectorAll(".tile-unsent")) old.remove();
    if (!mayKnow()) return;
    for (const visit of new Set(rows.map((row) => row.visit))) {
      const of = rows.filter((row) => row.visit === visit);
      const tile = document.querySelector(`main :is(.tile, .seat-row) a[href*="/visits/${visit}/"]`)?.closest(".tile, .seat-row");
      if (!tile) continue;
      const mark = make("p", "tile-unsent flag-late", `${count(of.length)} on this tablet not sent, oldest ${age(of[0])}`);
      const heading = tile.querySelector("h3");
      if (heading) (heading.parentElement === tile ? heading : heading.parentElement).after(mark);
      else tile.append(mark);
    }
  };

  let last = [[], ""];
  const draw = (rows, notice) => {
    last = [rows, notice];
    const panel = find("");
    if (!panel) return;
    const trouble = find("-trouble");
    find("-title").textContent = title(rows);
    find("-state").textContent = state(rows, notice);
    const told = find("-title").textContent + find("-state").textContent;
    panel.hidden = !told && trouble.hidden;
    const well = !rows.length && house.tablet.online && trouble.hidden;
    panel.className = `message unsent ${rows.some((row) => row.state === "refused") ? "is-stop" : well ? "is-ok" : "is-warn"}`;
    const list = find("-list");
    if (!list.contains(document.activeElement)) {
      list.replaceChildren(...rows.map(line));
      if (rows.length) house.drawWipe?.(rows, list);
    }
    find("-more").hidden = !rows.length;
    if (rows.some((row) => row.state === "refused" && house.unsent.isMine(row))) find("-more").open = true;
    house.drawActions?.(rows, find("-actions"), mayKnow());
    house.drawSeats?.(find("-seats"), mayKnow());
    tiles(rows);
  };
  const again = () => draw(...last);

  house.unsent.listen(draw);
  house.onTablet(again);
  document.addEventListener("htmx:afterSwap", again);
  setInterval(() => { if (last[0].length || !house.tablet.online) again(); }, 20_000);

  // Said before anybody trusts it: a browser that keeps nothing.
  const warn = async () => {
    if (!house.tablet.records) return;
    const trouble = await house.vault.ready(), place = find("-trouble");
    if (!trouble || !place) return;
    place.textContent = `${trouble} Without a connection nothing can be kept on this tablet: stay on the page, or write on paper.`;
    place.hidden = false;
    again();
  };
  let asked = false;
  house.onTablet(() => { if (!asked && house.tablet.records) { asked = true; warn(); } });
  document.addEventListener("htmx:afterSwap", (event) => { if (event.detail.boosted || event.target === document.body) warn(); });
  document.addEventListener("DOMContentLoaded", () => house.unsent.tell().catch(() => {}));
})();
