// Documents dropped or chosen are sent one by one: one line says how far they are, then
// one how many were added; what was refused, or came twice, has a line of its own.

const form = document.querySelector("[data-upload]");
const now = document.querySelector("#uploads .uploading__now");
const lines = document.querySelector("#uploads .uploads");
const waiting = [];
// What is sent together; a later upload puts the lines of an earlier one away.
let batch = null;

form?.addEventListener("change", () => take(form.elements.documents.files));
form?.addEventListener("submit", (event) => event.preventDefault());
lines?.addEventListener("click", (event) => dismiss(event.target.closest("[data-dismisses]")));

// A document may be dropped anywhere on the page.
let depth = 0;
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
if (form) {
  document.addEventListener("dragenter", (event) => carriesFiles(event) && mark(++depth));
  document.addEventListener("dragleave", (event) => carriesFiles(event) && mark(--depth));
  document.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    mark((depth = 0));
    take(event.dataTransfer.files);
  });
}

function mark(levels) {
  form.classList.toggle("upload--over", levels > 0);
}

function take(files) {
  if (!files.length) return;
  const isFirst = !batch;
  if (isFirst) begin();
  batch.all += files.length;
  waiting.push(...files);
  form.reset();
  if (isFirst) sendNext();
}

function begin() {
  batch = { all: 0, sent: 0, sum: null };
  lines.replaceChildren();
}

function sendNext() {
  const file = waiting.shift();
  if (!file) return end();
  show(file, 0);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("HX-Request", "true");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) show(file, event.loaded / event.total);
  });
  request.addEventListener("loadend", () => {
    settle(request, file);
    sendNext();
  });
  const body = new FormData(form);
  body.set("documents", file);
  body.set("before", batch.sum?.dataset.added ?? 0);
  request.send(body);
}

function show(file, part) {
  const said = { name: file.name, number: batch.sent + 1, all: batch.all };
  now.hidden = false;
  now.querySelector("span").textContent = now.dataset.words.replace(/\{(\w+)\}/g, (_, key) => said[key]);
  now.querySelector("progress").value = (batch.sent + part) / batch.all;
}

function settle(request, file) {
  batch.sent += 1;
  const answer = document.createElement("template");
  if (request.status === 200) answer.innerHTML = request.responseText;
  const told = [...answer.content.querySelectorAll(".uploaded")];
  if (!told.length) return lines.append(lost(file, request.status));
  batch.sum = told.find((line) => line.dataset.added) ?? batch.sum;
  lines.append(...told.filter((line) => !line.dataset.added));
}

// Of all that may be said about it, what fits the answer; 0 is none, nor is one that a
// proxy gives in our place.
function lost(file, status) {
  const line = document.getElementById("upload-lost").content.cloneNode(true);
  const answer = [502, 504].includes(status) ? 0 : status;
  const said = line.querySelector(`[data-answer="${answer}"]`) ?? line.querySelector('[data-answer="500"]');
  said.querySelector("b").textContent = file.name;
  for (const words of line.querySelectorAll("[data-answer]")) if (words !== said) words.remove();
  return line;
}

function end() {
  now.hidden = true;
  if (batch.sum) lines.prepend(batch.sum);
  batch = null;
  refresh();
}

function dismiss(button) {
  if (!button) return;
  button.closest("li").remove();
  (lines.querySelector("[data-dismisses]") ?? form.elements.documents).focus();
}

// The new items appear in the list, and in the counts.
function refresh() {
  window.htmx.ajax("GET", location.href, { source: "#uploads", target: "#inbox", select: "#inbox", swap: "outerHTML" });
}
