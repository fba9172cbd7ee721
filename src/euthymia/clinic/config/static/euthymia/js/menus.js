// An open menu closes when one presses elsewhere or Escape, as a reader expects of a menu.
(() => {
  const close = (except) => {
    for (const menu of document.querySelectorAll("details.user-menu[open]")) if (menu !== except) menu.open = false;
  };
  document.addEventListener("click", (event) => close(event.target.closest("details.user-menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.user-menu[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
  });
})();
