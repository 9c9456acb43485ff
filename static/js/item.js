// One item's form: issues lead to their fields, unsaved fields say so.

const NOT_SAVED = "[data-failed]:not([hidden])";
const SAVING = "[data-saves].htmx-request";

// Whether Publish was pressed while something was being saved.
let waits = false;
// Whether it was pressed, and with it the button where the focus was is gone.
let isPressed = false;
// Whether an answer has left a field as it was, in which somebody types.
let isBehind = false;
// Whether one has taken the field away where somebody was.
let isLeft = false;

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
  return status && status < 502 ? "refused" : "unsaved";
}

// Who was signed out comes back in another tab, as the words there say: the page that asks
// again does not take what is not saved to the sign-in.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const leads = event.detail.xhr.getResponseHeader("HX-Redirect");
  if (leads && event.target.matches("#item-state") && isUnsaved()) event.preventDefault();
});

function isUnsaved() {
  const fields = document.getElementById("item-fields");
  return Boolean(fields && (isTypedIn(fields) || fields.querySelector(`${NOT_SAVED}, ${SAVING}`)));
}

// The state is not told again in the same words to whoever listens to the page.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  if (target.id === "item-state" && saysTheSame(target, fragment.firstElementChild)) event.detail.shouldSwap = false;
});

function saysTheSame(shown, drawn) {
  return shown.textContent === drawn.textContent && shown.getAttribute("hx-get") === drawn.getAttribute("hx-get");
}

// What somebody is typing, is saving, could not save or has open is not drawn over by the
// answer to something else.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target } = event.detail;
  if (target.matches(".entry") && keeps(target)) event.detail.shouldSwap = false;
});

function keeps(entry) {
  if (isTypedIn(entry) || isOpen(entry)) isBehind = true;
  return isTheirs(entry) || isOpen(entry);
}

// Nor by the answer to its own saving, where they have typed on meanwhile.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig } = event.detail;
  const field = typedIn(target);
  if (!target.matches(".entry") || !field) return;
  if (requestConfig.formData.get(field.name) === field.value && !field.validity.badInput) return;
  event.detail.swapOverride = "none";
  isBehind = true;
});

const isTheirs = (entry) => Boolean(isTypedIn(entry) || entry.querySelector(`${NOT_SAVED}, ${SAVING}`));

function isOpen(entry) {
  const select = CSS.supports("selector(:open)") ? "select:open" : "select:focus";
  return Boolean(entry.querySelector(`[role="combobox"][aria-expanded="true"], ${select}`));
}

// Nor where all fields are drawn anew: the others are then, one by one. Chromium saves half
// a word where its field is taken out, if only to be put back. Where they take no changes
// any more it is said what was typed, to be copied.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  if (target.id !== "item-fields") return;
  const { closed } = fragment.firstElementChild.dataset;
  isLeft = Boolean(closed) && target.contains(document.activeElement);
  if (closed) return [...target.querySelectorAll("[data-saves]")].forEach((form) => leave(form, closed));
  const kept = [...target.querySelectorAll(".entry")].filter(keeps).map((entry) => entry.id);
  if (!kept.length) return;
  event.detail.shouldSwap = false;
  for (const drawn of fragment.querySelectorAll(".entry")) {
    if (!kept.includes(drawn.id)) window.htmx.swap(`#${drawn.id}`, drawn.outerHTML, { swapStyle: "outerHTML" });
  }
});

function leave(form, why) {
  const failed = form.closest(".entry").querySelector(NOT_SAVED);
  const field = fieldOf(form);
  if (!failed && !isChanged(field)) return;
  const [label, typed] = [field.labels[0].textContent.trim(), inWords(field)];
  if (!form.matches(".htmx-request")) return tell(why, label, typed);
  form.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.xhr.responseText.includes("entry__saved")) tell(why, label, typed);
  });
}

const fieldOf = (form) => form.querySelector("input:not([type='hidden']), select");

function inWords(field) {
  if (field.matches("select")) return field.selectedOptions[0].textContent;
  if (field.type === "checkbox") return field.checked ? "✓" : "—";
  if (field.validity.badInput) return "…";
  if (field.type !== "date" || !field.value) return field.value || "—";
  return field.valueAsDate.toLocaleDateString(document.documentElement.lang, { dateStyle: "medium", timeZone: "UTC" });
}

// Whoever was there goes on at what has become of the item, where nothing else is said.
document.addEventListener("htmx:afterSettle", () => {
  if (isLeft && document.activeElement === document.body && !document.querySelector("#item-unsaved > *")) {
    document.querySelector("#headline, #issues").focus();
  }
  isLeft = false;
});

function tell(why, label, typed) {
  const place = document.getElementById("item-unsaved");
  if (!place.firstElementChild) show(place, leftOver(why));
  const name = document.createElement("dt");
  const value = document.createElement("dd");
  name.textContent = label;
  value.textContent = typed;
  place.querySelector("dl").append(name, " ", value);
}

// Whoever types further down sees it, and neither presses its button nor scrolls it away by
// typing on.
function show(place, banner) {
  place.append(banner);
  requestAnimationFrame(() => {
    banner.scrollIntoView({ block: "center" });
    if (document.activeElement === document.body) banner.focus({ preventScroll: true });
  });
}

function leftOver(why) {
  const said = document.getElementById("item-words").dataset;
  const banner = document.createElement("div");
  const words = document.createElement("p");
  const list = document.createElement("dl");
  const button = document.createElement("button");
  banner.className = "banner banner--amber";
  banner.tabIndex = -1;
  words.textContent = `${why} ${said.left}`;
  list.className = "facts left-over";
  button.className = "button";
  button.type = "button";
  button.textContent = said.haveIt;
  button.addEventListener("click", () => {
    banner.remove();
    document.querySelector("#headline, #issues").focus();
  });
  banner.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target === banner) event.preventDefault();
  });
  banner.append(words, list, button);
  return banner;
}

// What an open list has kept from being drawn is asked for when it is closed, unless what
// was chosen there is being saved: that brings it.
document.addEventListener("picker:closed", () => {
  const state = document.getElementById("item-state");
  const hasLeft = document.getElementById("item-values")?.value === "behind";
  if (!hasLeft || isSaving() || !state.hasAttribute("hx-get")) return;
  window.htmx.ajax("GET", state.getAttribute("hx-get"), { source: state, swap: "outerHTML" });
});

// It does not show what is saved, should nothing come of the typing: so Publish is told
// first what it is, and the next question brings it.
document.addEventListener("htmx:afterSettle", () => {
  const shown = document.getElementById("item-values");
  if (isBehind && shown) shown.value = "behind";
  isBehind = false;
});

// Half a date has no value yet, and is not valid.
function isTypedIn(entry) {
  const field = typedIn(entry);
  return field && (field.value !== field.defaultValue || field.validity.badInput);
}

// Also in a window that is behind another one, where nothing is `:focus`.
function typedIn(entry) {
  const field = document.activeElement;
  return entry.contains(field) && field.matches("input:not([type='checkbox'])") ? field : null;
}

// Publish means what is seen: it waits for what is being saved, and does not go past what
// could not be saved.
document.addEventListener("submit", holdBack, { capture: true });
document.addEventListener("htmx:afterSettle", goOn);

function holdBack(event) {
  if (!event.target.matches("[data-publishes]")) return;
  const failed = document.querySelector(`#item-fields ${NOT_SAVED}`);
  waits = isSaving() || (!failed && savesWhatIsLeft());
  isPressed = !waits && !failed;
  if (isPressed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!waits) lead(failed.closest(".entry").querySelector("input:not([type='hidden']), select"));
}

// Typed before this page listened, or put there by the browser: it is seen, so it is meant.
function savesWhatIsLeft() {
  const left = [...document.querySelectorAll("#item-fields [data-saves]")].filter((form) => [...form.elements].some(isChanged));
  for (const form of left) form.requestSubmit();
  return left.length > 0;
}

function isChanged(field) {
  if (field.matches("select")) return Boolean(field.querySelector("[selected]:not(:checked)"));
  if (field.type === "checkbox") return field.checked !== field.defaultChecked;
  return field.matches("input:not([type='hidden'])") && field.value !== field.defaultValue;
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

const isSaving = () => Boolean(document.querySelector(SAVING));
