// A write that may repeat: a second press while the first is on its way is swallowed, and a press that failed
// can be repeated with the same idempotency key, so one dose stays one dose. What failed is said and nothing
// typed is lost: the page is only replaced by an answer of the server's.
//
// Forms with hx-boost send in the background. Nothing typed is kept outside the page in clear: what a visit's form
// keeps is sealed and its author's alone (vault.js), so a change of user leaves nothing to be read.
(() => {
  const status = () => document.querySelector("[data-save-status]");
  let failed = null;

  const busy = (form, on) => {
    form.setAttribute("aria-busy", String(on));
    for (const button of buttonsOf(form)) {
      if (on && !button.disabled) {
        button.disabled = true;
        button.dataset.guarded = "";
      } else if (!on && "guarded" in button.dataset) {
        button.disabled = false;
        delete button.dataset.guarded;
      }
    }
  };
  const buttonsOf = (form) => [...form.elements].filter((control) => control.type === "submit");

  const say = (form, sentence, submitter) => {
    failed = { form, submitter };
    const bar = status();
    bar.querySelector("[data-save-sentence]").textContent = sentence;
    bar.hidden = false;
    bar.querySelector("button").focus();
  };
  const unsay = () => {
    failed = null;
    status().hidden = true;
  };

  // Plain forms (sign-in, sign-out): only the second press is swallowed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-boost") || event.defaultPrevented) return;
    if (form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      return;
    }
    // After the browser has read the form, else the pressed button's value would be missing.
    setTimeout(() => busy(form, true), 0);
    // If the answer never comes (the tab stays), the button must come back.
    setTimeout(() => busy(form, false), 15000);
  });

  // A form left pressed in the back-forward cache must not come back pressed, nor with another user's page.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  // What waits on the tablet is no failure: the page says where it is. See waiting.js.
  const waits = (form, status = 0) => Boolean(form.euthymiaKept) && (status === 0 || status >= 500);
  const formOf = (event) => (event.detail.elt instanceof HTMLFormElement ? event.detail.elt : null);

  document.addEventListener("htmx:confirm", (event) => {
    const form = formOf(event);
    if (form && form.getAttribute("aria-busy") === "true") event.preventDefault();
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = formOf(event);
    if (!form) return;
    unsay();
    form.euthymiaSubmitter = event.detail.requestConfig.triggeringEvent?.submitter ?? null;
    busy(form, true);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = formOf(event);
    if (form) busy(form, false);
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      const form = formOf(event);
      if (form && !waits(form)) say(form, "Not saved: the server cannot be reached. What you typed is still here.", form.euthymiaSubmitter);
    });
  }
  document.addEventListener("htmx:responseError", (event) => {
    const form = formOf(event);
    if (form && !waits(form, event.detail.xhr.status)) say(form, `Not saved. ${reasonOf(event.detail.xhr)} What you typed is still here.`, form.euthymiaSubmitter);
  });
  // The error page says in one sentence why; that sentence is shown in place of the page.
  const reasonOf = (answer) => {
    const page = new DOMParser().parseFromString(answer.responseText, "text/html");
    return page.querySelector("[data-problem]")?.textContent.trim() ?? `The server answered with error ${answer.status}.`;
  };

  // Signed out meanwhile: the answer is the sign-in page. Swapping it in would throw away what was typed.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = event.detail.requestConfig.elt;
    if (!(form instanceof HTMLFormElement) || form.closest("[data-sign-in-page]")) return;
    if (!event.detail.xhr.responseText.includes("data-sign-in-page")) return;
    event.detail.shouldSwap = false;
    if (!waits(form)) say(form, "Not saved: you were signed out. Sign in again in a new tab, then try again here.", form.euthymiaSubmitter);
  });

  // A new sign-in makes a new form token. It is fetched only for the same person: what one nurse typed is
  // never sent in another's name.
  const renewToken = async (form) => {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const viewerOf = (root) => root.querySelector("[data-viewer]")?.dataset.viewer;
    if (viewerOf(page) !== viewerOf(document)) {
      return viewerOf(page) === undefined
        ? "Not saved: you are still signed out. Sign in again in a new tab, then try again here."
        : "Not saved: somebody else is signed in now. Note what you typed, then reload the page.";
    }
    const token = page.querySelector("input[name=csrfmiddlewaretoken]")?.value;
    if (token) form.elements.csrfmiddlewaretoken.value = token;
    return null;
  };

  document.addEventListener("click", async (event) => {
    if (!event.target.closest("[data-save-retry]") || !failed) return;
    const { form, submitter } = failed;
    let refusal;
    try {
      refusal = await renewToken(form);
    } catch {
      refusal = "Not saved: the server still cannot be reached. What you typed is still here.";
    }
    if (refusal) say(form, refusal, submitter);
    else form.requestSubmit(submitter ?? undefined);
  });
})();
