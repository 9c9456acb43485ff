// The list of items: whole rows open, selecting counts.

// The list is drawn anew after an upload, so it is looked up each time.
const inbox = () => document.getElementById("inbox");

document.addEventListener("click", (event) => {
  if (!event.target.closest("#inbox") || event.target.closest("a, button, input, label, form, .why")) return;
  const row = event.target.closest("[data-row]");
  if (!row || window.getSelection().toString()) return;
  if (event.ctrlKey || event.metaKey) window.open(row.dataset.row, "_blank", "noopener");
  else location.assign(row.dataset.row);
});

const boxes = () => [...document.querySelectorAll(".row__select")];

document.addEventListener("change", (event) => {
  if (!event.target.closest("#inbox")) return;
  if (event.target.matches("[data-select-page]")) {
    for (const box of boxes()) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-select-matching]") && event.target.checked) {
    for (const box of boxes()) box.checked = true;
  }
  if (event.target.matches(".row__select") && !event.target.checked) {
    const matching = inbox().querySelector("[data-select-matching]");
    if (matching) matching.checked = false;
  }
  count();
});
document.addEventListener("htmx:afterSettle", count);
window.addEventListener("pageshow", () => {
  selectAgain();
  count();
});

// What was coded together stays selected on the page that comes back.
const KEPT = "dext_sync.selected";
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-keeps-selection]")) return;
  const chosen = boxes().filter((box) => box.checked).map((box) => box.value);
  sessionStorage.setItem(KEPT, JSON.stringify(chosen));
});
document.addEventListener("htmx:afterSwap", () => sessionStorage.removeItem(KEPT));

function selectAgain() {
  const chosen = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  sessionStorage.removeItem(KEPT);
  for (const box of boxes()) if (chosen.includes(box.value)) box.checked = true;
}

function count() {
  const shown = inbox()?.querySelector("[data-selected]");
  if (!shown) return;
  const chosen = boxes().filter((box) => box.checked).length;
  const matching = inbox().querySelector("[data-select-matching]");
  shown.textContent = matching?.checked ? matching.closest("label").textContent.match(/\d[\d\s.,]*/)[0].trim() : chosen;
  const page = inbox().querySelector("[data-select-page]");
  if (!page) return;
  page.checked = chosen > 0 && chosen === boxes().length;
  page.indeterminate = chosen > 0 && !page.checked;
}

// The filters lie over the list while they are open.
document.addEventListener("keydown", (event) => {
  const open = document.querySelector(".filters[open]");
  if (event.key !== "Escape" || event.defaultPrevented || !open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  const open = document.querySelector(".filters[open]");
  if (open && !open.contains(event.target)) open.open = false;
});

// Escape puts the reasons of a status away, without leaving it.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.activeElement.closest(".why")?.classList.add("why--closed");
});
document.addEventListener("focusout", (event) => event.target.closest?.(".why")?.classList.remove("why--closed"));

// Publish means what its row shows: it waits for a category that is being saved, and does
// not go past one that could not be saved.
let awaited = "";

document.addEventListener("submit", holdBack, { capture: true });
document.addEventListener("htmx:afterSettle", goOn);
for (const problem of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(problem, () => { awaited = ""; });
}

function holdBack(event) {
  const row = event.target.closest(".col-act")?.closest("[data-row]");
  const category = row?.querySelector(".row__category");
  const typed = category?.querySelector(".picker__typed");
  if (!typed || (typed.value === typed.defaultValue && !category.querySelector(".field__error"))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (isSaving(row)) awaited = row.id;
  else typed.focus();
}

function goOn() {
  const row = document.getElementById(awaited);
  if (!row || isSaving(row)) return;
  awaited = "";
  row.querySelector(".col-act form")?.requestSubmit();
}

const isSaving = (row) => Boolean(row.querySelector(".row__category.htmx-request"));
