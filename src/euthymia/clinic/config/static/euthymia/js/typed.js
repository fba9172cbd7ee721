// What is typed into a visit's form and not yet saved is kept on the tablet, sealed, for its author alone: after a tab
// that was closed, or a sign-in that ran out, the form stands as it was, and says since when. Passwords, codes and
// signatures are never kept, nor what a page itself fills in.
(() => {
  const PAUSE_MS = 500, OLDEST_MS = 12 * 3600_000; // ours: one shift
  const SECRET = /^(signature_|signed_|csrfmiddlewaretoken)/;
  const house = (window.euthymia ??= {});
  const timers = new WeakMap(), keeping = new WeakMap();
  const author = () => document.querySelector("[data-viewer]")?.dataset.viewer ?? "";
  const formOn = () => document.querySelector("main form[method=post][data-unsaved]");
  const isVisit = (path) => /^\/visits\/[0-9a-f-]{36}\//.test(path);
  // The address names a visit, so only its fingerprint stands in clear.
  const idOf = async (path) => {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${author()} ${path}`));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  const typedBy = (form) => [...form.elements].filter((field) => field.name && !SECRET.test(field.name)
    && !["hidden", "password", "file", "submit", "button"].includes(field.type) && !field.closest(".signature"));
  const fieldsOf = (form) => typedBy(form)
    .filter((field) => !["radio", "checkbox"].includes(field.type) || field.checked)
    .filter((field) => field.value !== "").map((field) => [field.name, field.value]);

  const seal = async (path, fields, at, more = {}) => {
    const id = await idOf(path);
    const sealed = await house.vault.seal({ fields, at, ...more }, id);
    await house.vault.put("typed", { id, author: author(), made: Date.now(), sealed });
  };
  const keep = (form) => {
    const now = written(form);
    keeping.set(form, Promise.allSettled([keeping.get(form), now])); // two may be under way, and one may fail
    return now;
  };
  const written = async (form) => {
    if (!form.isConnected) return;
    const fields = fieldsOf(form), path = location.pathname; // as it stands now: the page may have changed after a wait
    if (await house.vault.ready()) return;
    if (!fields.length) return forget(path);
    await seal(path, fields, form.euthymiaTypedAt ?? new Date(house.now()).toISOString(), form.euthymiaAfter ?? {}).catch(() => {});
  };
  const forget = async (path) => { if (await house.vault.exists()) await house.vault.remove("typed", await idOf(path)).catch(() => {}); };

  // Nothing of this form is written down from here on: a keeping under way would bring back what is forgotten now.
  const stop = async (form) => {
    clearTimeout(timers.get(form));
    timers.delete(form);
    await keeping.get(form);
  };

  const put = (form, fields) => {
    const given = new Map();
    for (const [name, value] of fields) given.set(name, [...(given.get(name) ?? []), value]);
    for (const field of typedBy(form)) {
      const values = given.get(field.name);
      if (!values) continue;
      if (["radio", "checkbox"].includes(field.type)) field.checked = values.includes(field.value);
      else field.value = values[0];
      field.closest("details")?.setAttribute("open", "");
    }
  };
  const say = (form, typed) => {
    const note = house.parts.make("div", "message is-warn"), told = house.parts.make("div");
    const at = house.clock(Date.parse(typed.at));
    note.dataset.typedNote = "";
    note.setAttribute("role", "status");
    told.append(house.parts.make("strong", "", "Not saved yet."), house.parts.make("span", "", ` What you typed at ${at} was kept on this tablet and stands in the form again. Check it, and its time, before you save.`));
    const away = house.parts.button("Throw it away", async () => {
      const path = location.pathname;
      form.reset();
      await stop(form);
      await forget(path);
      note.remove();
    }, "button");
    note.append(document.createElement("span"), told, away);
    form.prepend(note);
  };

  // The form stands as it was left. What was measured then is not said to be measured now.
  const restore = async () => {
    const form = formOn();
    if (!form || !isVisit(location.pathname) || !author() || form.querySelector("[data-typed-note]") || document.querySelector("[data-error-summary]")) return;
    if (!(await house.vault.exists())) return;
    const row = await house.vault.get("typed", await idOf(location.pathname));
    if (!row) return;
    const typed = await house.vault.unseal(row.sealed, row.id);
    put(form, typed.fields);
    const happened = form.elements.happened;
    if (happened && !happened.value) {
      happened.value = house.clock(Date.parse(typed.at));
      happened.closest("details")?.setAttribute("open", "");
    }
    if (typed.order !== undefined) form.euthymiaAfter = { order: typed.order };
    say(form, typed);
    form.euthymiaTypedAt = typed.at; // until a hand changes something
    typedBy(form)[0]?.dispatchEvent(new InputEvent("input", { bubbles: true })); // so that it counts as not saved
  };
  // Too old for anybody to vouch for.
  const tidy = async () => {
    if (!(await house.vault.exists())) return;
    for (const row of await house.vault.all("typed")) if (Date.now() - row.made > OLDEST_MS) await house.vault.remove("typed", row.id);
  };

  house.typed = { leave: seal, tidy };

  for (const name of ["input", "change"]) {
    document.addEventListener(name, (event) => {
      const form = event.target.form;
      if (!form || form !== formOn() || !isVisit(location.pathname)) return;
      if (event.isTrusted) form.euthymiaTypedAt = null;
      clearTimeout(timers.get(form));
      timers.set(form, setTimeout(() => keep(form), PAUSE_MS));
    });
  }
  const keepNow = () => { const form = formOn(); if (form && timers.has(form)) { clearTimeout(timers.get(form)); keep(form); } };
  document.addEventListener("visibilitychange", keepNow);
  window.addEventListener("pagehide", keepNow);

  // Saved, or waiting as an entry: nothing is left to restore. What replaces a refused entry ends that entry.
  const ended = async (form, path) => {
    await stop(form);
    await forget(path);
    if (form.euthymiaAfter) await house.unsent.settle(form.euthymiaAfter.order);
  };
  document.addEventListener("htmx:beforeRequest", (event) => { if (event.detail.elt instanceof HTMLFormElement) event.detail.elt.euthymiaPath = location.pathname; });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.requestConfig?.elt; // a form that was replaced is no longer its elt
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-unsaved]") || !event.detail.successful) return;
    if (event.detail.xhr.responseText.includes("data-sign-in-page")) return keep(form);
    ended(form, form.euthymiaPath ?? location.pathname);
  });
  document.addEventListener("euthymia:kept", (event) => ended(event.target, location.pathname));
  const start = () => restore().catch(() => {});
  document.addEventListener("DOMContentLoaded", () => { start(); tidy().catch(() => {}); });
  document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.requestConfig?.boosted) start(); });
})();
