// Documents dropped or chosen are sent one by one; each gets its own line and answer.

const form = document.querySelector("[data-upload]");
const results = document.getElementById("uploads");
const words = document.getElementById("upload-words")?.dataset;
const waiting = [];
let sending = false;

form?.addEventListener("change", () => take(form.elements.documents.files));
form?.addEventListener("submit", (event) => event.preventDefault());

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
  for (const file of files) waiting.push([file, lineFor(file)]);
  form.reset();
  if (!sending) sendNext();
}

function lineFor(file) {
  const line = document.createElement("li");
  line.className = "uploaded";
  const name = document.createElement("span");
  name.textContent = `${file.name} ${words.sending}`;
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.setAttribute("aria-label", file.name);
  line.append(name, bar);
  results.hidden = false;
  results.append(line);
  return line;
}

function sendNext() {
  const next = waiting.shift();
  sending = Boolean(next);
  if (!next) return refresh();
  const [file, line] = next;
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("HX-Request", "true");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) line.querySelector("progress").value = event.loaded / event.total;
  });
  request.addEventListener("loadend", () => {
    settle(request, file, line);
    sendNext();
  });
  const body = new FormData(form);
  body.set("documents", file);
  request.send(body);
}

function settle(request, file, line) {
  if (request.status === 200 && request.responseText.includes("<li")) {
    line.insertAdjacentHTML("afterend", request.responseText);
    line.remove();
    return;
  }
  line.classList.add("uploaded--refused");
  line.textContent = `${file.name} ${words.lost}`;
}

// The new items appear in the list, and in the counts.
function refresh() {
  window.htmx.ajax("GET", location.href, { source: "#uploads", target: "#inbox", select: "#inbox", swap: "outerHTML" });
}
