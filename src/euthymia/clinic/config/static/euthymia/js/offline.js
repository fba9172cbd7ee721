// Going on without a connection, on a page that is open: a blank form for each patient who sits in a chair, kept on the
// tablet; a page that cannot be opened does not take this one away.
(() => {
  const FORMS = "/tablet/forms/", WORKER = "/tablet-worker.js", FRESH_MS = 2500, READ_MS = 800;
  const FORM_PATH = /^\/visits\/([0-9a-f-]{36})\/(readings|device|dose(?:\/out)?|medicines-given\/add|medicine-orders\/[0-9a-f-]{36}\/given|alarms|emergency|infusion\/([a-z-]+))\/$/;
  const PATHS = { readings: "readings/", device: "device/", direct: "dose/", mouth: "dose/out/", medicine: "medicines-given/add/", answer: "alarms/", emergency: "emergency/" };
  const LABELS = { readings: "Readings", device: "Device", direct: "Dose", mouth: "Out of the mouth", medicine: "Medicine given", answer: "Answer alarms", emergency: "Emergency" };
  const WORDS = { alarms: "answer", dose: "direct", "dose/out": "mouth" }; // where an address says it otherwise
  const house = (window.euthymia ??= {});
  const { make, button } = house.parts;
  const blanks = new Map();

  // Fetched while there is a connection; the same for everybody, so the browser may keep it.
  const fetchBlanks = async () => {
    if (blanks.size || !house.tablet.records || !house.tablet.online) return;
    try {
      const page = new DOMParser().parseFromString(await (await fetch(FORMS)).text(), "text/html");
      for (const blank of page.querySelectorAll("template[data-blank]")) blanks.set(blank.dataset.blank, blank);
    } catch { /* asked for again with the next pulse */ }
  };
  const pathFor = (seat, word) => `/visits/${seat.visit}/${PATHS[word] ?? `infusion/${word}/`}`;
  const labelOf = (word) => LABELS[word] ?? `Infusion ${word.replace("-", " ")}`;

  const fill = (form, seat, word) => {
    const put = (name, value) => { if (form.elements[name]) form.elements[name].value = value; };
    put("idempotency_key", crypto.randomUUID());
    const waiting = house.unsent.rows().filter((row) => row.visit === seat.visit && ["device", "direct"].includes(row.what)).length;
    put("number", seat.number + waiting);
    put("alarm_ids", seat.alarms.map((each) => each.id).join(" "));
    const note = form.querySelector("[data-offline-note]");
    if (word === "answer") note.textContent = seat.alarms.map((each) => each.sentence).join(" ");
    else if (word === "emergency") note.textContent = "Call for help first. This records it, and nobody is told of it before the connection is back.";
    else if (word === "medicine") note.textContent = seat.medicines;
    else if (word !== "readings") note.textContent = seat.ordered;
    else note.remove();
  };

  // What the server would ask or refuse later is asked now, where the form itself can tell.
  const ask = (form) => {
    const value = (name) => form.elements[name]?.value?.trim() ?? "";
    for (const field of form.querySelectorAll("input[data-pad-highest]")) {
      if (field.value && !(Number(field.value) <= Number(field.dataset.padHighest))) return [field, "This cannot be. Check the number."];
    }
    if (form.elements.done && !new FormData(form).has("done")) return [null, "Choose what was done; “nothing more was needed” is an answer."];
    if (form.elements.systolic) {
      const upper = value("systolic"), lower = value("diastolic");
      if (!upper !== !lower) return [form.elements.systolic, "A blood pressure has two numbers: enter both, or neither."];
      if (upper && Number(lower) >= Number(upper)) return [form.elements.diastolic, "The lower number is not below the upper."];
      const typed = [...new FormData(form)].some(([name, each]) => each && !["idempotency_key", "version", "confirmed", "happened"].includes(name));
      if (!typed) return [form.elements.systolic, "Nothing was entered. Enter at least one reading."];
    }
    return null;
  };
  const unusual = (form) => [...form.querySelectorAll("input[data-usual]")].flatMap((field) => {
    const [lowest, highest] = field.dataset.usual.split(" ").map(Number), number = Number(field.value);
    return field.value && (number < lowest || number > highest) ? [field.dataset.said.replace("#", field.value)] : [];
  });

  const refuse = (form, [field, sentence]) => {
    let problem = form.querySelector("[data-offline-problem]");
    if (!problem) {
      problem = make("p", "error");
      problem.dataset.offlineProblem = "";
      problem.setAttribute("role", "alert");
      form.querySelector(".form-actions").before(problem);
    }
    problem.textContent = sentence;
    field?.focus();
  };

  const keep = async (form, seat, word, what) => {
    if (form.getAttribute("aria-busy") === "true") return;
    if (performance.now() - (form.euthymiaAskedAt ?? -Infinity) < READ_MS) return; // a double press answers no question
    const wrong = ask(form);
    if (wrong) return refuse(form, wrong);
    const odd = unusual(form).join("|");
    if (odd && form.elements.confirmed && form.elements.confirmed.value !== odd) {
      form.elements.confirmed.value = odd;
      form.euthymiaAskedAt = performance.now();
      return refuse(form, [null, `Unusual: ${odd.replaceAll("|", ", ")}. Press again if that is what you measured, or correct it.`]);
    }
    form.setAttribute("aria-busy", "true");
    try {
      await house.unsent.keep({ what, title: labelOf(word).toLowerCase(), path: pathFor(seat, word), initials: seat.initials, fields: [...new FormData(form)] });
    } catch {
      form.setAttribute("aria-busy", "false");
      return refuse(form, [null, "It could not be kept: this tablet has no room, or keeps nothing. Leave this open, and write it on paper."]);
    }
    house.closeAsk();
    if (house.tablet.online) house.unsent.replay();
  };

  const openForm = (seat, word) => {
    const blank = blanks.get(word);
    if (!blank) return house.ask("No connection", make("p", "", "The blank forms were never fetched on this page. Write it on paper."), button("Go back", house.closeAsk));
    const content = document.importNode(blank.content, true), form = content.querySelector("form");
    fill(form, seat, word);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      keep(form, seat, word, blank.dataset.what);
    });
    house.ask(`${seat.name}, ${seat.chair}: ${labelOf(word).toLowerCase()}`, content);
    form.querySelector("input:not([type=hidden]), textarea")?.focus();
  };

  house.drawSeats = (place, mayKnow) => {
    const fold = place.closest("details");
    fold.hidden = house.tablet.online || !mayKnow || !house.tablet.seats.length;
    if (fold.hidden || place.contains(document.activeElement)) return;
    place.replaceChildren(...house.tablet.seats.map((seat) => {
      const item = make("li"), ways = make("span", "row");
      ways.append(...seat.forms.map((word) => button(labelOf(word), () => openForm(seat, word), word === "emergency" ? "button button-danger" : "button")));
      item.append(make("span", "unsent-seat", `${seat.name}, ${seat.chair}`), ways);
      return item;
    }));
  };

  // A link followed without a connection would take the open page away, and with it every way to enter something.
  let insisted = "";
  const follow = async (link) => {
    if (performance.now() - house.tablet.heardAt > FRESH_MS || !house.tablet.online) await house.pulse();
    if (house.tablet.online) return location.assign(link.href);
    const [, visit, word, step] = FORM_PATH.exec(new URL(link.href).pathname) ?? [];
    const seat = house.tablet.seats.find((each) => each.visit === visit);
    if (seat) return openForm(seat, step ?? (word.startsWith("medicine") ? "medicine" : (WORDS[word] ?? word)));
    if (insisted === link.href) return location.assign(link.href);
    insisted = link.href;
    document.querySelector("[data-unsent-state]").textContent = "No connection: the page was not opened, so that you can go on here. Press again to leave this page all the same.";
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || !document.querySelector("[data-viewer]")) return;
    if (link.pathname === location.pathname && link.hash) return;
    if (house.tablet.online && !FORM_PATH.test(link.pathname)) return;
    event.preventDefault();
    follow(link);
  });

  // A page’s own form that was kept: it makes room for what became of it.
  house.onKept((entry) => {
    const form = document.querySelector("form[data-waits]#step");
    if (form) {
      const note = make("div", "message is-warn");
      note.append(make("div", "", ""));
      note.firstChild.append(make("strong", "", "Kept on this tablet, not sent."), make("span", "", ` ${entry.initials}: ${entry.title}. It is sent, with the time of now, as soon as the server answers.`));
      note.tabIndex = -1;
      form.replaceWith(note);
      for (const send of document.querySelectorAll('button[form="step"]')) send.remove();
      note.focus();
      document.querySelector("[data-unsent-seats]").closest("details").open = true;
    }
  });

  house.blankForms = () => blanks.size;
  house.onTablet(fetchBlanks);
  document.addEventListener("DOMContentLoaded", () => {
    const retry = document.querySelector("[data-offline-retry]");
    if (retry) {
      retry.href = location.pathname;
      window.addEventListener("online", () => location.reload());
    }
    // It only shows what is unsent where a page cannot be shown; a browser that refuses it does without.
    if (document.querySelector("[data-viewer]")) navigator.serviceWorker?.register(WORKER).catch(() => {});
  });
})();
