// Entries that wait on this tablet. An entry is written down here before it is sent, and struck out when the server has
// answered: a connection, a tab or a tablet that dies in between loses nothing, and the entry's own key keeps the server
// from making it twice. It is sent in its order, with its own time, under who made it or by name for them.
(() => {
  const PATIENCE_MS = 15_000, REST_MS = 5000, TOLD_MS = 60_000, TRIES = 5, DOSE = ["device", "infusion", "direct", "mouth"];
  const house = (window.euthymia ??= {});
  const flying = new Set(); // what this page is sending itself just now
  const listeners = new Set();
  let notice = "", shown = [];

  const about = (row) => `${row.author} ${row.key}`;
  const tell = async () => {
    shown = (await read()).filter((row) => !flying.has(row.order));
    for (const listener of listeners) listener(shown, notice);
    return shown;
  };
  const say = (sentence) => { notice = sentence; };

  // What is known of each entry without reading what was entered: whose, of whom, when, how it stands.
  const read = async () => {
    if (!(await house.vault.exists())) return [];
    const rows = await house.vault.all("entries");
    const unread = { visit: "", what: "", title: "an entry that cannot be read", initials: "?" };
    return Promise.all(rows.map(async (row) => ({ ...row, ...await house.vault.unseal(row.label, about(row)).catch(() => unread) })));
  };

  // Write an entry down. Resolves when the tablet has it, with its place in the order.
  const keep = async ({ what, title, path, fields, initials, state = "waiting" }) => {
    const { tablet, vault } = house;
    // A page that was only just opened has not been told yet how to show whose entry it is: without that, nobody but
    // its author could send it.
    if (!tablet.proof && tablet.online) await house.pulse();
    if (!tablet.viewer) throw new Error("Somebody else is signed in: this page is not theirs.");
    const key = fields.find(([name]) => name === "idempotency_key")?.[1] || crypto.randomUUID();
    const row = { author: tablet.viewer, name: tablet.name, key, made: Date.now(), state, takenBy: "", tries: 0 };
    const visit = /^\/visits\/([0-9a-f-]{36})\//.exec(path)?.[1] ?? "";
    row.label = await vault.seal({ visit, what, title, initials }, about(row));
    row.body = await vault.seal({
      path, what, fields: fields.filter(([name]) => name !== "csrfmiddlewaretoken"),
      enteredAt: new Date(house.now()).toISOString(), aheadS: Math.round(-tablet.ahead / 1000), proof: tablet.proof,
    }, about(row));
    const order = await vault.put("entries", row);
    if (state === "sending") flying.add(order);
    else await tell();
    return order;
  };
  const body = (row) => house.vault.unseal(row.body, about(row));
  const why = async (row) => row.refusal ? house.vault.unseal(row.refusal, about(row)) : null;

  const settle = async (order) => {
    flying.delete(order);
    await house.vault.remove("entries", order);
    await tell();
  };
  const change = async (order, what) => {
    const row = await house.vault.get("entries", order);
    if (row) await house.vault.put("entries", { ...row, ...what });
  };
  // What a page sent itself and got no answer to.
  const wait = async (order) => {
    flying.delete(order);
    await change(order, { state: "waiting" });
    await tell();
  };
  const refuse = async (row, sentence, asks = {}) =>
    change(row.order, { state: "refused", refusal: await house.vault.seal({ sentence, asks }, about(row)) });

  const late = (kept, row) => [
    ["late_entered_at", kept.enteredAt], ["late_ahead_s", kept.aheadS], ["late_tablet_ms", Date.now()],
    ["late_author", kept.proof || (row.author === house.tablet.viewer ? house.tablet.proof : "")], ["late_taken_over", row.takenBy ? "yes" : ""], ["csrfmiddlewaretoken", house.tablet.token],
  ];
  const post = async (path, fields) => {
    const answer = await fetch(path, { method: "POST", body: new URLSearchParams(fields), credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS) });
    const json = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
    return { status: answer.status, json, page: json ? "" : await answer.text(), led: answer.redirected };
  };
  const sentenceOf = (page, status) =>
    new DOMParser().parseFromString(page, "text/html").querySelector("[data-problem]")?.textContent.trim() ?? `The server answered with error ${status}.`;

  // Send one. Returns "sent" or "refused", or why nothing more can be sent now.
  const send = async (row, again = false) => {
    const kept = await body(row);
    let answer;
    try {
      answer = await post(kept.path, [...kept.fields, ...late(kept, row)]);
    } catch { return "lost"; }
    if (answer.json?.saved) { await settle(row.order); return "sent"; }
    if (answer.json?.refused) { await refuse(row, answer.json.refused, answer.json.asks); return "refused"; }
    if (answer.led || answer.page.includes("data-sign-in-page")) return "signed out";
    if ([429, 502, 503, 504].includes(answer.status)) return "lost";
    if (answer.status >= 500) {
      await change(row.order, { tries: row.tries + 1 });
      if (row.tries + 1 < TRIES) return "lost";
      await refuse(row, "The server failed on this entry again and again. Send it again later, or tell the administrator.");
      return "refused";
    }
    if (answer.status === 403 && !again) { await house.pulse(); return send(row, true); } // the form's token was of an earlier sign-in
    await refuse(row, sentenceOf(answer.page, answer.status));
    return "refused";
  };

  // Mine are those I made, and those I took over by name.
  const isMine = (row) => house.tablet.viewer !== "" && (row.takenBy || row.author) === house.tablet.viewer;
  const isTurn = (row, rows) => isMine(row) && row.state !== "refused" && !flying.has(row.order)
    && !(DOSE.includes(row.what) && rows.some((other) => other.visit === row.visit && other.order < row.order && DOSE.includes(other.what)));

  let restUntil = 0, restless = 0, forgetting = 0;
  // What could not be sent although the server is heard is tried again after a rest, not at once.
  const rest = () => {
    restUntil = Date.now() + REST_MS;
    clearTimeout(restless);
    restless = setTimeout(() => replay(), REST_MS);
  };
  const sendAll = async () => {
    if (Date.now() < restUntil) return 0;
    let sent = 0, end = "";
    for (;;) {
      // Read anew each time. Of one visit's dose, the next step waits until the one before it is in the record.
      const rows = await read(), row = rows.find((each) => isTurn(each, rows));
      if (!row || !house.tablet.online || house.tablet.signedOut) break;
      say(`Sending ${row.initials}: ${row.title} …`);
      await tell();
      end = await send(row);
      if (end === "sent") sent += 1;
      else if (end !== "refused") break;
    }
    say(sent ? `${sent === 1 ? "One entry was" : `${sent} entries were`} sent at ${house.clock(house.now())}.` : "");
    clearTimeout(forgetting);
    forgetting = setTimeout(() => { say(""); tell(); }, TOLD_MS);
    if (end === "lost" || end === "signed out") { rest(); house.pulse(); }
    await tell();
    return sent;
  };
  let running = null;
  const replay = () => running ??= (navigator.locks
    ? navigator.locks.request("euthymia-unsent", { ifAvailable: true }, (lock) => lock ? sendAll() : 0)
    : sendAll()).catch(() => 0).finally(() => { running = null; });

  house.unsent = {
    keep, settle, wait, body, why, isMine, tell, replay, post,
    rows: () => shown,
    listen: (listener) => listeners.add(listener),
    again: async (order, fields = []) => {
      const row = await house.vault.get("entries", order), kept = await body(row);
      const names = fields.map(([name]) => name);
      const changed = await house.vault.seal({ ...kept, fields: [...kept.fields.filter(([name]) => !names.includes(name)), ...fields] }, about(row));
      await change(order, { state: "waiting", tries: 0, refusal: null, body: changed });
      restUntil = 0;
      return replay();
    },
    takeOver: async (orders) => {
      for (const order of orders) await change(order, { takenBy: house.tablet.viewer, takenName: house.tablet.name, state: "waiting", tries: 0, refusal: null });
      return replay();
    },
    giveUp: async (row, reason) => {
      const kept = await body(row);
      const answer = await post(`/visits/${row.visit}/given-up/`, [["what", row.what], ["why", reason], ["idempotency_key", row.key], ...late(kept, row)]);
      if (answer.json?.saved) { await settle(row.order); return ""; }
      return answer.json?.refused ?? sentenceOf(answer.page, answer.status);
    },
  };

  let was = false;
  house.onTablet((tablet) => {
    const ready = tablet.online && !tablet.signedOut && tablet.viewer !== "" && tablet.token !== "";
    if (ready && shown.some(isMine)) replay();
    else if (ready !== was) tell().then(() => { if (ready && shown.some(isMine)) replay(); }).catch(() => {});
    was = ready;
  });
})();
