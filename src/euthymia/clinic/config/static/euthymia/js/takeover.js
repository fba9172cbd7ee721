// What to do with entries that cannot simply be sent: one that was refused is put right, sent again or given up with a
// reason; what somebody else left is taken over by name, after its values were read. A store is wiped only by pressing so.
(() => {
  const house = (window.euthymia ??= {});
  const { make, button } = house.parts;
  const dialog = () => document.querySelector("[data-unsent-dialog]");

  const ask = (title, ...parts) => {
    const box = dialog();
    box.querySelector("h2").textContent = title;
    box.querySelector("[data-unsent-dialog-body]").replaceChildren(...parts);
    if (!box.open) box.showModal();
    box.querySelector("h2").focus();
  };
  const close = () => dialog().close();
  const actions = (...buttons) => {
    const row = make("div", "form-actions");
    row.append(button("Go back", close), ...buttons);
    return row;
  };
  house.ask = ask;
  house.closeAsk = close;

  // What was entered, as pairs of words: the form's own names, without what no person typed.
  const SILENT = /^(idempotency_key|version|number|alarm_ids|confirmed|asked_about)$/;
  const valuesOf = (kept) => {
    const list = make("dl", "unsent-values");
    for (const [name, value] of kept.fields) {
      if (SILENT.test(name) || !value) continue;
      const pair = make("div");
      pair.append(make("dt", "", name.replaceAll("_", " ")), make("dd", "", value));
      list.append(pair);
    }
    return list;
  };
  const toldOf = async (row) => {
    const part = make("div", "stack-s");
    part.append(make("p", "", `${row.initials}: ${row.title}, entered ${house.clock(row.made + house.tablet.ahead)} by ${row.name}`), valuesOf(await house.unsent.body(row)));
    return part;
  };

  const putRight = async (row) => {
    const kept = await house.unsent.body(row);
    await house.typed.leave(kept.path, kept.fields, kept.enteredAt, { order: row.order });
    location.assign(kept.path);
  };
  const giveUp = async (row) => {
    const field = make("textarea");
    field.id = "unsent-why";
    field.rows = 2;
    const label = make("label", "", "Why it is given up");
    label.htmlFor = field.id;
    const problem = make("p", "error");
    problem.setAttribute("role", "alert");
    const act = async () => {
      let refused;
      try { refused = await house.unsent.giveUp(row, field.value); } catch { refused = "The server cannot be reached. Give it up when the connection is back."; }
      if (refused) problem.textContent = refused;
      else close();
    };
    ask("Give up an entry", await toldOf(row), make("p", "", "It will not be in the record. The visit’s history says that there was one, and why it was given up."), label, field, problem, actions(button("Give it up", act, "button button-danger-fill")));
  };

  // A refused entry: its reason, and every way on. Only its author, or who took it over, sees why.
  house.refusals = async (row, item) => {
    if (!house.unsent.isMine(row)) return item.append(make("p", "", "Refused. The reason is shown to whoever entered it, or takes it over."));
    const { sentence, asks } = (await house.unsent.why(row)) ?? { sentence: "", asks: {} };
    const ways = make("div", "row");
    if (Object.keys(asks).length) ways.append(button("It is so: send it", () => house.unsent.again(row.order, Object.entries(asks)), "button button-primary"));
    ways.append(button("Put it right", () => putRight(row)), button("Send it again", () => house.unsent.again(row.order)), button("Give it up", () => giveUp(row), "button button-quiet"));
    item.append(make("p", "", `Not saved. ${sentence}`), ways);
  };

  const takeOver = async (rows, name) => {
    const told = await Promise.all(rows.map(toldOf));
    const me = house.tablet.name;
    ask(`Take over from ${name}`, make("p", "", `Read what ${name} entered. It goes into the record as entered for ${name} by ${me}, with the times at which it was entered.`), ...told,
      actions(button(`Enter for ${name} as ${me}`, () => { close(); house.unsent.takeOver(rows.map((row) => row.order)); }, "button button-primary")));
  };
  const wipe = (rows) => {
    const names = [...new Set(rows.map((row) => row.name))].join(" and ");
    ask("Wipe this tablet", make("p", "", `${rows.length === 1 ? "One entry" : `${rows.length} entries`} of ${names} ${rows.length === 1 ? "was" : "were"} never sent. Wiped, it is lost for good, with the key that seals it.`),
      actions(button("Wipe it", async () => { await house.vault.wipe(); close(); house.unsent.tell(); }, "button button-danger-fill")));
  };

  // Within the list, where nobody presses it in passing.
  house.drawWipe = (rows, list) => {
    if (!document.querySelector("[data-sign-in-page]") || document.querySelector("[data-offline-page]")) return;
    const item = make("li");
    item.append(button("Wipe what is kept", () => wipe(rows), "button button-quiet"));
    list.append(item);
  };
  house.drawActions = (rows, place, mayKnow) => {
    if (rows.length && place.contains(document.activeElement)) return; // nobody's hand is left on what offers nothing
    const found = [];
    if (mayKnow && house.tablet.online) {
      const others = rows.filter((row) => !house.unsent.isMine(row));
      for (const author of new Set(others.map((row) => row.author))) {
        const of = others.filter((row) => row.author === author);
        found.push(button(`Take over from ${of[0].name}`, () => takeOver(of, of[0].name)));
      }
    }
    if (house.tablet.signedOut && rows.length) {
      const link = make("a", "button", "Sign in again");
      link.href = `/sign-in/?next=${encodeURIComponent(location.pathname)}`;
      found.push(link);
    }
    place.replaceChildren(...found);
  };

  // Nobody is signed in: what other parts of a page left in the browser goes, and with nothing kept the key goes too.
  document.addEventListener("DOMContentLoaded", async () => {
    if (!document.querySelector("[data-sign-in-page]") || document.querySelector("[data-offline-page]")) return;
    localStorage.clear();
    sessionStorage.clear();
    try {
      if (!(await house.vault.exists())) return;
      await house.typed.tidy();
      const kept = await Promise.all(house.vault.STORES.map((store) => house.vault.all(store)));
      if (kept.every((rows) => !rows.length)) await house.vault.wipe();
    } catch { /* a browser that keeps nothing has nothing to wipe */ }
  });
})();
