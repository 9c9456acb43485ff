// One item's form: issues lead to their fields, unsaved fields say so.

// Whether Publish was pressed while something was being saved.
let waits = false;
// Whether it was pressed, and with it the button where the focus was is gone.
let isPressed = false;

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-focuses]");
  if (!link) return;
  const field = document.getElementById(link.dataset.focuses);
  if (!field) return;
  event.preventDefault();
  lead(field);
});

function lead(field) {
  field.focus();
  field.scrollIntoView({ block: "center" });
}

// A save without an answer, or refused: the words stand beside the field, what was typed
// stays.
for (const problem of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(problem, (event) => {
    waits = false;
    const form = event.target.closest("[data-saves]");
    const place = form?.parentElement.querySelector("[data-failed]");
    if (!place) return;
    place.textContent = document.getElementById("item-words").dataset[reasonOf(event.detail.xhr.status)];
    place.hidden = false;
  });
}

function reasonOf(status) {
  if (status === 401) return "signedOut";
  return status ? "refused" : "unsaved";
}

// What somebody is typing is not drawn over by the answer to another field.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target } = event.detail;
  const field = target.matches(".entry") && target.querySelector("input[type='text']:focus");
  if (field && field.value !== field.defaultValue) event.detail.shouldSwap = false;
});

// Publish means what is seen: it waits for what is being saved, and does not go past what
// could not be saved.
document.addEventListener("submit", holdBack, { capture: true });
document.addEventListener("htmx:afterSettle", goOn);

function holdBack(event) {
  if (!event.target.matches("[data-publishes]")) return;
  const failed = document.querySelector("#item-fields [data-failed]:not([hidden])");
  waits = isSaving();
  isPressed = !waits && !failed;
  if (isPressed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!waits) lead(failed.closest(".entry").querySelector("input:not([type='hidden']), select"));
}

function goOn() {
  if (isPressed) follow();
  if (!waits || isSaving()) return;
  waits = false;
  document.getElementById("publish")?.form.requestSubmit();
}

function follow() {
  const next = document.querySelector("#item-actions .button--primary:not(:disabled)");
  if (!next || document.activeElement !== document.body) return;
  isPressed = false;
  next.focus({ preventScroll: true });
}

const isSaving = () => Boolean(document.querySelector("[data-saves].htmx-request"));
