// What every page can do: dialogs, menus in their place, and words when a request fails.

document.documentElement.classList.add("js");

const messages = () => document.getElementById("messages");

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  const opener = event.target.closest("[data-opens]");
  if (opener) return openDialog(event, opener);
  const closer = event.target.closest("[data-closes]");
  if (closer) return closeDialog(event, closer);
});

// `data-opens="id"`: the link or button opens that dialog; without JavaScript a link
// leads to the page with the same content.
function openDialog(event, opener) {
  const dialog = document.getElementById(opener.dataset.opens);
  if (!(dialog instanceof HTMLDialogElement)) return;
  event.preventDefault();
  show(dialog, opener);
}

// Focus comes back; what opened it may have been drawn anew meanwhile.
function show(dialog, opener) {
  const now = () => (opener.isConnected ? opener : document.getElementById(opener.id));
  dialog.addEventListener("close", () => now()?.focus(), { once: true });
  dialog.showModal();
}

function closeDialog(event, closer) {
  const dialog = closer.closest("dialog");
  if (!dialog) return;
  event.preventDefault();
  dialog.close();
}

// `data-fills-dialog`: once its answer stands in the dialog, that opens. One that is closed
// asks for nothing.
document.addEventListener("htmx:afterSwap", (event) => {
  const { target, requestConfig } = event.detail;
  if (!requestConfig?.elt.matches("[data-fills-dialog]") || target.open) return;
  if (target instanceof HTMLDialogElement) show(target, requestConfig.elt);
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.closest("dialog:not([open])")) event.preventDefault();
});

// `data-once`: a form that a second click must not send again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
});

// The current tab is in sight, also where its row is wider than the window.
showCurrentTabs();
document.addEventListener("htmx:afterSettle", showCurrentTabs);

function showCurrentTabs() {
  for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
    const row = tab.closest(".tabs");
    const hidden = tab.offsetLeft + tab.offsetWidth - row.offsetLeft - row.clientWidth;
    if (hidden > row.scrollLeft) row.scrollLeft = hidden + 16;
  }
}

// A menu that is open is not drawn over: what it has become it shows once it is closed.
const menus = new Map();
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  menus.delete(target.id);
  if (!target.querySelector(":popover-open")) return;
  event.detail.shouldSwap = false;
  menus.set(target.id, fragment.firstElementChild.outerHTML);
});
document.addEventListener("toggle", (event) => {
  if (event.newState !== "closed") return;
  const place = [...menus.keys()].find((id) => document.getElementById(id)?.contains(event.target));
  if (!place) return;
  window.htmx.swap(`#${place}`, menus.get(place), { swapStyle: "outerHTML" });
  menus.delete(place);
}, true);

// Menus open beside their button; where CSS can anchor them it has already done so.
if (!CSS.supports("position-area", "bottom")) {
  document.addEventListener("toggle", (event) => place(event), true);
}

function place(event) {
  const list = event.target;
  if (event.newState !== "open" || !list.matches?.(".menu__list[popover]")) return;
  const button = document.querySelector(`[popovertarget="${CSS.escape(list.id)}"]`);
  const at = button.getBoundingClientRect();
  const toTheStart = list.matches(".menu__list--start");
  const left = toTheStart ? at.left : at.right - list.offsetWidth;
  const below = at.bottom + list.offsetHeight + 8 <= window.innerHeight;
  list.style.margin = "0";
  list.style.left = `${Math.max(8, Math.min(left, window.innerWidth - list.offsetWidth - 8))}px`;
  list.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - list.offsetHeight - 4)}px`;
}

// A request that was taken back on purpose, for a newer one or on leaving, is no error;
// and what did go wrong is named once, by its own event.
if (window.htmx) {
  window.htmx.logger = (_element, name, detail) => {
    if (name === "htmx:sendAbort" || name === "htmx:afterRequest") delete detail.error;
  };
}

// A request that got no answer, or a bad one, is said aloud and not swallowed.
document.addEventListener("htmx:sendError", noAnswer);
document.addEventListener("htmx:timeout", noAnswer);
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.status < 500) unsay("offline");
});
document.addEventListener("htmx:afterSwap", (event) => {
  unsay("signedOut");
  if (event.detail.requestConfig && !isQuestion(event)) unsay("broken");
});
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status > 501) return noAnswer(event);
  const word = { 401: "signedOut", 403: "refused", 404: "gone" }[status] ?? "broken";
  if (!isQuestion(event) || !isSaid(word)) say(word);
});

// A passkey or a security key that was not touched, or is not the right one.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  say("key");
});

// Nobody knows whether a change has arrived, also where a proxy answers instead; a question
// is simply asked again.
function noAnswer(event) {
  if (!isQuestion(event)) say("unknown");
  else if (!isSaid("offline")) say("offline");
}

const isQuestion = (event) => event.detail.requestConfig.verb === "get";

function say(which) {
  const region = messages();
  const words = document.getElementById("app-words");
  if (!region || !words) return;
  const banner = document.createElement("p");
  banner.className = "banner banner--red";
  banner.dataset.said = which;
  banner.textContent = words.dataset[which];
  if (which === "signedOut") banner.append(" ", linkToSignIn(words.dataset));
  unsay(which);
  region.append(banner);
}

// In another tab: what was typed here stays.
function linkToSignIn(words) {
  const link = document.createElement("a");
  link.href = `${words.signInAt}?next=${encodeURIComponent(location.pathname + location.search)}`;
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = words.signIn;
  return link;
}

// Who has signed in again in another tab has another token by now.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  const { headers, parameters } = event.detail;
  if (!token) return;
  headers["x-csrftoken"] = token;
  if (parameters.csrfmiddlewaretoken) parameters.csrfmiddlewaretoken = token;
});

function unsay(which) {
  messages()?.querySelector(`[data-said="${which}"]`)?.remove();
}

function isSaid(which) {
  return Boolean(messages()?.querySelector(`[data-said="${which}"]`));
}

// `<body data-read-only="/b/…/">`: whoever only looks finds switched off what would change
// something below that address; the server refuses it as well.
const { readOnly } = document.body.dataset;
if (readOnly) {
  switchOff();
  document.addEventListener("htmx:load", switchOff);
}

function switchOff() {
  for (const place of document.querySelectorAll("form[method=post], [hx-post]")) {
    const address = place.getAttribute("hx-post") ?? place.getAttribute("action");
    const path = new URL(address ?? "", location).pathname;
    if (path.startsWith(readOnly)) [place, ...(place.elements ?? [])].forEach(disable);
  }
}

// What only opens or closes something goes on.
function disable(control) {
  if ("disabled" in control && control.type !== "button") control.disabled = true;
}

// `data-then="id …"`: a form that goes with its own answer. Whoever pressed its button goes on
// at the first of these that is there, unless they are somewhere else by now.
document.addEventListener("htmx:afterSettle", (event) => {
  const places = event.detail.requestConfig?.elt.dataset.then;
  if (!places || document.activeElement !== document.body) return;
  places.split(" ").some((id) => {
    document.getElementById(id)?.focus();
    return document.activeElement !== document.body;
  });
});
