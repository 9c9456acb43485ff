// Single keys in the list: j k move, x selects, p publishes, / searches, ? shows them.
// Beside an item j k go to its neighbours, p publishes it, ? shows them.

const SWITCH = "keys-off";
const TYPED_INTO = "input:not([type='checkbox']), select, textarea, [contenteditable]";
// And what could not be saved: its field went while somebody typed there, who types on.
const IN_BETWEEN = "dialog[open], [popover]:popover-open, #item-unsaved > *";

const dialog = document.getElementById("keys");
const rows = () => [...document.querySelectorAll("#inbox [data-row]")];
const linkOf = (row) => row.querySelector(".row__link");

// The row where the person is; its id outlives a row that is drawn anew.
let here = "";
const current = () => (here ? document.getElementById(here) : null);

const inTheList = {
  j: () => step(1),
  k: () => step(-1),
  x: select,
  p: publish,
  "/": search,
};
const besideAnItem = {
  j: () => document.querySelector("a[rel='next']")?.click(),
  k: () => document.querySelector("a[rel='prev']")?.click(),
  p: () => document.getElementById("publish")?.click(),
};
const keys = { ...(document.getElementById("item") ? besideAnItem : inTheList), "?": () => dialog.showModal() };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (event.target.closest(TYPED_INTO) || document.querySelector(IN_BETWEEN)) return;
  const act = keys[event.key];
  if (!act || isOff()) return;
  event.preventDefault();
  act();
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("#inbox [data-row]");
  if (row) here = row.id;
});

function step(by) {
  const all = rows();
  const place = all.indexOf(current());
  const next = place < 0 ? (by > 0 ? 0 : all.length - 1) : place + by;
  arrive(all[Math.max(0, Math.min(next, all.length - 1))]);
}

function arrive(row) {
  if (!row) return;
  here = row.id;
  linkOf(row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function select() {
  const box = current()?.querySelector(".row__select");
  box?.click();
}

// All that is selected; else the one item, where it can be.
function publish() {
  const chosen = document.querySelector("#inbox .row__select:checked, #inbox [data-select-matching]:checked");
  if (chosen) return document.querySelector("[data-publish-selection]")?.click();
  current()?.querySelector(".col-act form")?.requestSubmit();
}

function search() {
  const field = document.getElementById("search");
  field?.focus();
  field?.select();
}

// A row that htmx has drawn anew gets the focus back that its old self had; a button that
// was pressed is switched off, and has lost it, before the answer comes.
let hadFocus = false;
let pressed = "";
document.addEventListener("htmx:beforeRequest", (event) => {
  const row = current();
  if (row?.contains(event.target) && row.contains(document.activeElement)) pressed = here;
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const isAnswer = pressed !== "" && event.detail.target.id === pressed;
  hadFocus = isAnswer || Boolean(current()?.contains(document.activeElement));
  if (isAnswer) pressed = "";
});
document.addEventListener("htmx:afterSettle", () => {
  if (hadFocus && document.activeElement === document.body) arrive(current());
});

// Back comes to the row that was opened: its name is kept in the address that one leaves.
document.addEventListener("click", (event) => {
  const row = event.target.closest("#inbox [data-row]");
  if (row && !event.target.closest("input, button, label, form")) history.replaceState(history.state, "", `#${row.id}`);
}, { capture: true });
addEventListener("pageshow", () => {
  const row = document.getElementById(location.hash.slice(1));
  if (row?.matches("[data-row]")) arrive(row);
});

// Whoever dictates, or types with something that presses keys, switches them off.
const switchOn = dialog?.querySelector("[data-keys-on]");
if (switchOn) {
  switchOn.checked = !isOff();
  switchOn.addEventListener("change", () => {
    try {
      if (switchOn.checked) localStorage.removeItem(SWITCH);
      else localStorage.setItem(SWITCH, "yes");
    } catch {
      // Private windows may refuse; the keys then stay on.
    }
  });
}

function isOff() {
  try {
    return localStorage.getItem(SWITCH) !== null;
  } catch {
    return false;
  }
}
