// Searchable pickers: a text field that offers entries of a list (ARIA combobox).
// Without JavaScript it is a field for the entry's name.

const DELAY = 150;
let counter = 0;

class Picker {
  constructor(root) {
    this.root = root;
    this.typed = root.querySelector(".picker__typed");
    this.value = root.querySelector('input[type="hidden"]');
    this.before = this.typed.value;
    this.list = document.createElement("ul");
    this.list.id = `picker-list-${++counter}`;
    this.list.className = "picker__list";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.typed.labels[0]?.textContent.trim() || this.typed.getAttribute("aria-label") || "");
    this.list.hidden = true;
    this.dress();
    this.listen();
  }

  dress() {
    const { typed, list } = this;
    typed.setAttribute("role", "combobox");
    typed.setAttribute("aria-autocomplete", "list");
    typed.setAttribute("aria-expanded", "false");
    typed.setAttribute("aria-controls", list.id);
    this.root.append(list);
  }

  listen() {
    const { typed, list } = this;
    typed.addEventListener("input", () => {
      this.value.value = "";
      this.isBehind = true;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.open(typed.value), DELAY);
    });
    typed.addEventListener("click", () => this.isOpen || this.open(""));
    typed.addEventListener("focus", () => typed.select());
    typed.addEventListener("keydown", (event) => this.key(event));
    typed.addEventListener("blur", () => this.close());
    list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.pressed = event.target.closest("[data-value]");
    });
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[data-value]");
      if (option) this.pick(option);
    });
    // No click comes where a late answer has drawn the list anew meanwhile.
    list.addEventListener("mouseup", () => {
      if (this.pressed?.isConnected === false) this.pick(this.pressed);
    });
  }

  get isOpen() {
    return !this.list.hidden;
  }

  get mustPick() {
    return "onlyPicked" in this.root.dataset && !this.value.value;
  }

  get options() {
    return [...this.list.querySelectorAll("[data-value]")];
  }

  async open(words) {
    const asked = (this.asked = Symbol("asked"));
    const address = `${this.root.dataset.picker}?q=${encodeURIComponent(words)}`;
    let answer;
    try {
      answer = await fetch(address, { headers: { "HX-Request": "true" } });
    } catch {
      return this.close();
    }
    if (!answer.ok || asked !== this.asked || document.activeElement !== this.typed) return;
    this.list.innerHTML = await answer.text();
    for (const option of this.list.querySelectorAll("[id]")) option.id = `${this.list.id}-${option.id}`;
    this.isBehind = false;
    this.list.hidden = false;
    this.typed.setAttribute("aria-expanded", "true");
    this.place();
    this.mark(words ? this.options[0] : this.options.find((each) => each.dataset.value === this.value.value));
  }

  // Above the field where there is no room below it.
  place() {
    const at = this.root.getBoundingClientRect();
    const below = window.innerHeight - at.bottom;
    this.list.classList.toggle("picker__list--above", below < this.list.offsetHeight + 8 && at.top > below);
  }

  close() {
    this.asked = null;
    this.pressed = null;
    this.isBehind = false;
    clearTimeout(this.timer);
    if (this.isOpen) queueMicrotask(() => this.typed.dispatchEvent(new Event("picker:closed", { bubbles: true })));
    this.list.hidden = true;
    this.typed.setAttribute("aria-expanded", "false");
    this.typed.removeAttribute("aria-activedescendant");
    this.marked = null;
  }

  mark(option) {
    this.marked?.setAttribute("aria-selected", "false");
    this.marked = option ?? null;
    if (!option) return this.typed.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.typed.setAttribute("aria-activedescendant", option.id);
  }

  key(event) {
    const options = this.options;
    const place = options.indexOf(this.marked);
    switch (event.key) {
      case "ArrowDown":
        event.preventDefault();
        if (!this.isOpen) return void this.open("");
        return this.mark(options[Math.min(place + 1, options.length - 1)]);
      case "ArrowUp":
        event.preventDefault();
        if (!this.isOpen) return void this.open("");
        return this.mark(options[Math.max(place - 1, 0)]);
      case "Enter":
        if (this.isBehind && this.typed.value.trim()) {
          event.preventDefault();
          return void this.pickFirst();
        }
        if (this.isOpen && this.marked) {
          event.preventDefault();
          return this.pick(this.marked);
        }
        // Where only an entry of the list will do, typed letters alone are not sent.
        if (this.mustPick) {
          event.preventDefault();
          this.open(this.typed.value);
        }
        return;
      case "Escape":
        if (!this.isOpen) return;
        event.preventDefault();
        event.stopPropagation();
        this.close();
    }
  }

  // Who types faster than the list is drawn means what it would have offered.
  async pickFirst() {
    const words = this.typed.value;
    clearTimeout(this.timer);
    await this.open(words);
    if (this.typed.value !== words || (this.isOpen && !this.marked)) return;
    if (this.marked) return this.pick(this.marked);
    if (!this.mustPick) this.value.dispatchEvent(new Event("change", { bubbles: true }));
  }

  pick(option) {
    this.typed.value = option.dataset.label;
    this.value.value = option.dataset.value;
    this.close();
    this.value.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function dressAll(root) {
  const found = root.matches?.("[data-picker]") ? [root] : root.querySelectorAll("[data-picker]");
  for (const each of found) {
    if (each.dataset.dressed) continue;
    each.dataset.dressed = "yes";
    new Picker(each);
  }
}

dressAll(document);
document.addEventListener("htmx:load", (event) => dressAll(event.detail.elt));
