// One item's form: issues lead to their fields, unsaved fields say so.

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-focuses]");
  if (!link) return;
  const field = document.getElementById(link.dataset.focuses);
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.scrollIntoView({ block: "center" });
});

// A save without an answer: the words stand beside the field, what was typed stays.
for (const problem of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(problem, (event) => {
    const form = event.target.closest("[data-saves]");
    const place = form?.parentElement.querySelector("[data-failed]");
    if (!place) return;
    place.textContent = document.getElementById("item-words").dataset.unsaved;
    place.hidden = false;
  });
}
