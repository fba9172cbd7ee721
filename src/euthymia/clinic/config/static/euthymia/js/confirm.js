// A step that cannot be undone asks first, in a dialog of the page's own. Without this file the button's form
// is sent at once and the server asks or refuses.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-confirm]");
  if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.confirm)?.showModal();
  }
  if (event.target.closest("[data-confirm-close]")) event.target.closest("dialog")?.close();
});
