// A menu with search, for every kind of select: one or several values, fixed or searched options.
import { composing, h, icon, redraw } from "./dom.js";

let boxes = 0;

/**
 * options(query) gives [{label, options: [{value, label, description, key}]}], at once or as a promise.
 * `chosen` is a list of such options; `change` is called with the new list.
 */
export function combobox({ options, chosen, many, most, placeholder, field, change, empty = "一致する項目がありません" }) {
  const id = `box-${++boxes}`;
  let picked = [...chosen];
  let shown = [];
  let active = -1;
  let turn = 0;

  const input = h("input.box-input", {
    type: "text", role: "combobox", autocomplete: "off", "aria-expanded": "false", "aria-controls": id,
    "data-field": field, "aria-label": placeholder || "選択",
  });
  const list = h("div.box-list", { id, role: "listbox", hidden: true });
  const face = h("div.box-face", {}, h("span.box-chosen"), input, icon("down"));
  const root = h("div.box", { class: "box" }, face, list);

  function drawFace() {
    const chips = face.querySelector(".box-chosen");
    if (many) {
      redraw(chips, picked.map((item) =>
        h("span.chip", {}, item.label, h("button", {
          type: "button", "aria-label": `${item.label}を外す`,
          onclick: (event) => { event.stopPropagation(); pick(item); },
        }, "×"))));
      input.placeholder = picked.length ? "" : placeholder;
    } else {
      input.placeholder = picked[0]?.label ?? placeholder;
      input.classList.toggle("has-value", picked.length > 0);
    }
  }

  function drawList(groups) {
    shown = groups.flatMap((group) => group.options);
    active = Math.min(active, shown.length - 1);
    const one = (item) => {
      const number = shown.indexOf(item);
      const on = picked.some((other) => other.key === item.key);
      return h("div.box-option", {
        role: "option", "data-value": item.key, "aria-selected": String(on),
        class: `box-option${number === active ? " active" : ""}${on ? " on" : ""}`,
        onmousedown: (event) => { event.preventDefault(); pick(item); },
      }, h("span", {}, item.label), item.description ? h("small", {}, item.description) : null);
    };
    redraw(list, shown.length
      ? groups.map((group) => [group.label ? h("div.box-group", {}, group.label) : null, group.options.map(one)])
      : h("div.box-empty", {}, empty));
  }

  async function refresh() {
    const mine = ++turn;
    const groups = await options(input.value.trim());
    if (mine === turn && !list.hidden) drawList(groups);
  }

  function open() {
    if (!list.hidden) return;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    root.classList.add("open");
    // Near the lower edge of the window or of the modal's body the list opens upwards.
    const place = root.getBoundingClientRect();
    const edge = (root.closest(".modal-body") ?? document.body).getBoundingClientRect();
    root.classList.toggle("up", place.bottom + 260 > edge.bottom && place.top - 260 > edge.top);
    refresh();
  }

  function shut() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    root.classList.remove("open");
    input.value = "";
    active = -1;
    turn++;
  }

  function pick(item) {
    const has = picked.some((other) => other.key === item.key);
    if (many) {
      if (!has && most && picked.length >= most) return;
      picked = has ? picked.filter((other) => other.key !== item.key) : [...picked, item];
      input.value = "";
    } else picked = [item];
    drawFace();
    if (many) refresh();
    else shut();
    change(picked);
  }

  input.addEventListener("click", open);
  input.addEventListener("blur", shut);
  input.addEventListener("input", () => { open(); active = 0; refresh(); });
  input.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      open();
      active = (active + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % Math.max(shown.length, 1);
      refresh().then(() => list.querySelector(".active")?.scrollIntoView({ block: "nearest" }));
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      if (shown[active]) pick(shown[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      shut();
    } else if (event.key === "Backspace" && many && !input.value && picked.length) pick(picked.at(-1));
  });
  face.addEventListener("mousedown", (event) => {
    if (event.target === input || event.target.closest("button")) return;
    event.preventDefault();
    input.focus();
    open();
  });
  drawFace();
  return root;
}
