// A form with data-waits is written down on the tablet before it is sent, and struck out by any answer of the server's.
// Without an answer it waits, sealed, and the page says so and lets go of it: one entry is in one place.
(() => {
  const house = (window.euthymia ??= {});
  const isWaiting = (form) => form instanceof HTMLFormElement && form.matches("form[data-waits]");
  const listeners = new Set();
  house.onKept = (listener) => listeners.add(listener);

  const initialsOf = (name) => {
    const words = name.trim().split(/\s+/);
    return ((words[0]?.[0] ?? "?") + (words.length > 1 ? words.at(-1)[0] : "")).toUpperCase();
  };
  const pathOf = (form) => new URL(form.getAttribute("action") || location.pathname, location.href).pathname;
  const entryOf = (form) => {
    const path = pathOf(form), visit = path.split("/")[2];
    const seat = house.tablet.seats.find((each) => each.visit === visit);
    const named = document.querySelector(".patient-name")?.firstElementChild?.textContent ?? document.querySelector(".patient-name")?.textContent ?? "?";
    const word = path.split("/").at(-2).replace("-", " ");
    return {
      what: form.dataset.waits, path, initials: seat?.initials ?? initialsOf(named),
      title: form.dataset.waits === "infusion" ? `infusion ${word}` : form.dataset.waits, fields: [...new FormData(form)],
    };
  };

  // Kept and not sent: the form is gone, and in its place stands what became of it.
  const letGo = (form, entry) => {
    form.removeAttribute("data-unsaved");
    form.dispatchEvent(new CustomEvent("euthymia:kept", { bubbles: true, detail: entry }));
    for (const listener of listeners) listener(entry);
  };

  document.addEventListener("htmx:confirm", async (event) => {
    const form = event.detail.elt;
    if (!isWaiting(form) || event.defaultPrevented) return;
    event.preventDefault();
    form.setAttribute("aria-busy", "true"); // a second press is swallowed from here on
    const entry = entryOf(form);
    const trouble = await house.vault.ready();
    if (!trouble && house.tablet.online) await still();
    if (!trouble) {
      try {
        const known = house.tablet.online;
        form.euthymiaKept = { entry, order: await house.unsent.keep({ ...entry, state: known ? "sending" : "waiting" }) };
        if (!known) {
          form.setAttribute("aria-busy", "false");
          return letGo(form, entry);
        }
      } catch { form.euthymiaKept = null; } // not kept: the bar “Not saved” speaks for it, and the text stays on the page
    }
    event.detail.issueRequest(true);
  });
  // The page may not know yet that nothing is heard any more.
  const still = async () => {
    if (performance.now() - house.tablet.heardAt > 15_000) await house.pulse();
  };

  document.addEventListener("htmx:afterRequest", async (event) => {
    const form = event.detail.requestConfig?.elt, kept = form?.euthymiaKept; // a form that was replaced is no longer its elt
    if (!kept) return;
    const { status, responseText } = event.detail.xhr;
    if (status > 0 && status < 500 && !responseText?.includes("data-sign-in-page")) {
      form.euthymiaKept = null;
      return house.unsent.settle(kept.order);
    }
    await house.unsent.wait(kept.order);
    letGo(form, kept.entry);
    house.pulse();
  });
  document.addEventListener("htmx:validation:halted", (event) => {
    const kept = event.detail.elt?.euthymiaKept;
    if (kept) house.unsent.settle(kept.order);
  });
})();
