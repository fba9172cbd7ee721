// A live part is drawn anew under the reader's hands and eyes. Nothing may move under a finger, nothing that was
// opened may fall shut, the keyboard keeps its place, and what is being typed stays.
(() => {
  const LONGEST_PRESS_MS = 3000; // a finger that rests on the glass must not hold the board back for good
  let pressedAt = null;
  let touchedAt = -Infinity;
  const partOf = (node) => (node instanceof Element ? node.closest("[data-live]") : null);
  const touch = (event) => {
    if (partOf(event.target)) touchedAt = performance.now();
  };

  document.addEventListener("pointerdown", (event) => {
    touch(event);
    if (partOf(event.target)) pressedAt = performance.now();
  }, true);
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, (event) => {
      touch(event);
      pressedAt = null;
    }, true);
  }
  for (const name of ["pointermove", "keydown"]) document.addEventListener(name, touch, true);

  const isPressed = () => pressedAt !== null && performance.now() - pressedAt < LONGEST_PRESS_MS;
  const isTyping = (part) => {
    const at = document.activeElement;
    return part.contains(at) && at.matches("input:not([type=hidden]), textarea, select, [contenteditable]");
  };
  const isNear = (part) => performance.now() - touchedAt < Number(part.dataset.stillFor || 0);

  const likeness = (element) => [element.tagName, element.getAttribute("href"), element.getAttribute("name"), element.textContent.trim()].join(" ");
  const remember = (part) => ({
    order: [...part.querySelectorAll("[data-tiles] > [id]")].map((tile) => tile.id),
    open: [...part.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent.trim()),
    focus: part.contains(document.activeElement) ? likeness(document.activeElement) : null,
    scroll: [window.scrollX, window.scrollY],
  });

  const arrange = (tiles, rank) => {
    const wanted = [...tiles.children].sort((one, other) => rank(one) - rank(other));
    if (wanted.some((tile, place) => tiles.children[place] !== tile)) tiles.append(...wanted);
  };
  // The tiles keep the places they had; one that is new comes after them.
  const keepPlaces = (part, order) => {
    for (const tiles of part.querySelectorAll("[data-tiles]")) {
      arrange(tiles, (tile) => (order.includes(tile.id) ? order.indexOf(tile.id) : order.length + Number(tile.dataset.place)));
    }
  };
  const settle = () => {
    for (const part of document.querySelectorAll("[data-live]")) {
      if (isNear(part) || isPressed()) continue;
      for (const tiles of part.querySelectorAll("[data-tiles]")) {
        const at = tiles.contains(document.activeElement) ? document.activeElement : null;
        arrange(tiles, (tile) => Number(tile.dataset.place));
        if (at && document.activeElement !== at) at.focus({ preventScroll: true });
      }
    }
  };

  const before = new WeakMap();
  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.elt;
    if (!part.hasAttribute?.("data-live") || !event.detail.shouldSwap) return;
    if (isPressed() || isTyping(part)) {
      event.detail.shouldSwap = false;
      part.dispatchEvent(new CustomEvent("euthymia:withheld", { bubbles: true }));
      return;
    }
    before.set(part, remember(part));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const part = partOf(event.detail.target) ?? event.detail.target;
    const was = before.get(part);
    if (!was) return;
    before.delete(part);
    for (const summary of part.querySelectorAll("details > summary")) {
      if (was.open.includes(summary.textContent.trim())) summary.parentElement.open = true;
    }
    if (isNear(part)) keepPlaces(part, was.order);
    if (was.focus && !part.contains(document.activeElement)) {
      const again = [...part.querySelectorAll("a[href], button, summary, [tabindex]")].find((each) => likeness(each) === was.focus);
      again?.focus({ preventScroll: true });
    }
    window.scrollTo(...was.scroll);
  });
  setInterval(settle, 1000);
})();
