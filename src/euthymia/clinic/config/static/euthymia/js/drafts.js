// What is typed into a form with data-draft is kept on the server, a moment after typing stops. Until the server has
// answered, the page says that it is not kept. While the server cannot be reached, or the person is signed out, the
// text stays in the page's memory alone (never in the browser's storage) and is sent when that is over.
// When another device saved the step meanwhile, nothing is sent on: the two versions are shown and the person chooses.
(() => {
  const PAUSE = 700, AGAIN = 4000;
  const states = new WeakMap();
  const formOf = (element) => element?.form?.matches?.("form[data-draft]") ? element.form : null;
  const current = () => document.querySelector("form[data-draft]");
  const stateOf = (form) => {
    if (!states.has(form)) states.set(form, { dirty: false, sending: false, timer: 0, stuck: false, failed: false, renewed: false });
    return states.get(form);
  };

  const say = (state, sentence) => {
    const status = document.querySelector("[data-draft-status]");
    if (!status) return;
    status.dataset.state = state;
    status.textContent = sentence;
  };

  const send = async (form) => {
    const state = stateOf(form);
    clearTimeout(state.timer);
    if (state.sending || state.stuck || !state.dirty || !form.isConnected) return;
    state.sending = true;
    state.dirty = false;
    if (!state.failed) say("saving", "Keeping …");
    const body = new URLSearchParams(new FormData(form));
    let answer = null;
    try {
      answer = await fetch(form.dataset.draft, { method: "POST", body, credentials: "same-origin" });
    } catch { /* said below */ }
    state.sending = false;
    if (form.isConnected) await hear(form, state, answer);
  };

  const hear = async (form, state, answer) => {
    // An answer counts only if it is the draft page's own: the sign-in page, to which one is led, answers well too.
    const ours = answer && !answer.redirected && answer.headers.get("Content-Type")?.startsWith("application/json");
    const json = ours ? await answer.json() : null;
    if (answer?.ok && typeof json?.saved === "string" && Number.isInteger(json.version)) {
      form.elements.version.value = json.version;
      state.failed = state.renewed = false;
      redraw(json.steps);
      if (state.dirty) return plan(form);
      return say("saved", `Kept, ${json.saved}`);
    }
    state.dirty = true;
    if (answer?.status === 409 && json) return conflict(form, state, json);
    if (json?.problem) return say("failed", `Not kept. ${json.problem}`);
    state.failed = true;
    if (!answer) say("failed", "Not kept: no connection. What you typed is on this page and is sent when the connection is back.");
    else if (answer.redirected || answer.status === 403) {
      const refusal = await renewToken(form), atOnce = !refusal && !state.renewed;
      state.renewed = !refusal;
      say("failed", refusal ?? "Not kept yet …");
      if (atOnce) return send(form); // once: a right that is missing stays missing
    } else say("failed", `Not kept: the server answered with error ${answer.status}. What you typed is still here.`);
    state.timer = setTimeout(() => send(form), AGAIN);
  };

  const conflict = (form, state, json) => {
    state.stuck = true;
    form.elements.version.value = json.version;
    const place = form.querySelector("[data-draft-conflict]");
    place.innerHTML = json.conflict;
    say("failed", "Not kept: two versions. Choose above.");
    const panel = place.querySelector("[data-conflict]");
    panel.scrollIntoView({ block: "center" });
    panel.focus({ preventScroll: true });
  };

  // A new sign-in makes a new form token. It is taken only for the same person: what one nurse typed is never
  // sent in another's name.
  const renewToken = async (form) => {
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href, { credentials: "same-origin" })).text(), "text/html");
      const viewerOf = (root) => root.querySelector("[data-viewer]")?.dataset.viewer;
      if (viewerOf(page) === undefined) return "Not kept: you were signed out. Sign in again in a new tab; what you typed is still here.";
      if (viewerOf(page) !== viewerOf(document)) return "Not kept: somebody else is signed in now. Note what you typed, then reload the page.";
      const token = page.querySelector("input[name=csrfmiddlewaretoken]")?.value;
      if (token) form.elements.csrfmiddlewaretoken.value = token;
    } catch { return "Not kept: no connection. What you typed is on this page and is sent when the connection is back."; }
    return null;
  };

  const redraw = (html) => {
    const place = document.querySelector("[data-intake-steps]");
    if (!place || place.contains(document.activeElement)) return;
    const open = place.querySelector("details")?.open;
    place.innerHTML = html;
    const details = place.querySelector("details");
    if (details) details.open = open;
  };

  const plan = (form) => {
    const state = stateOf(form);
    clearTimeout(state.timer);
    state.timer = setTimeout(() => send(form), PAUSE);
  };
  const changed = (form) => {
    const state = stateOf(form);
    state.dirty = true;
    if (!state.failed && !state.stuck) say("unsaved", "Not kept yet");
    if (!state.sending) plan(form);
  };

  for (const name of ["input", "change"]) {
    document.addEventListener(name, (event) => {
      const form = formOf(event.target);
      if (form && !event.target.name.startsWith("choose-")) changed(form);
    });
  }
  // Confirming sends everything itself.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-draft]")) clearTimeout(stateOf(event.target).timer);
  }, true);
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (form instanceof HTMLFormElement && form.matches("form[data-draft]") && !event.detail.successful && form.isConnected) changed(form);
  });
  const sendNow = () => { const form = current(); if (form) send(form); };
  window.addEventListener("online", sendNow);
  window.addEventListener("focus", sendNow);
  document.addEventListener("visibilitychange", sendNow);
  window.addEventListener("beforeunload", (event) => {
    const form = current();
    if (!form) return;
    const state = stateOf(form);
    if (state.dirty || state.sending) event.preventDefault();
  });

  // "None of these" in one press: what is not answered becomes none known, on the basis pressed, and the page
  // lists what that answered. Without this file the server does the same.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-none-of]");
    if (!button) return;
    event.preventDefault();
    const group = button.dataset.noneOf, form = button.form, basis = button.value.split(":")[2];
    const answered = [];
    for (const question of form.querySelectorAll(`.question[data-group="${group}"]`)) {
      const chosen = question.querySelector("input[type=radio]:checked");
      if (chosen && chosen.value !== "not asked") continue;
      const none = question.querySelector("input[value='none known'], input[value='none']");
      none.checked = true;
      answered.push(question.dataset.question);
    }
    const known = form.querySelector(`input[name="${group === "use" ? "basis" : `basis_${group}`}"][value="${basis}"]`);
    if (known && answered.length) known.checked = true;
    const said = form.querySelector(`[data-none-said="${group}"]`);
    said.textContent = answered.length ? `Answered “none”, ${button.textContent.trim()}: ${answered.join("; ")}.` : "Everything here was answered before.";
    changed(form);
  });
})();
