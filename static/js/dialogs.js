// Dialogs whose content htmx fetches.

// `data-fills-dialog`: once its answer stands in the dialog, that opens; focus comes back.
let opener = null;
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches("[data-fills-dialog]")) opener = event.target;
});
document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.detail.target;
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
  dialog.addEventListener("close", () => opener?.focus(), { once: true });
  dialog.showModal();
});
