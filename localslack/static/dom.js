// Building DOM trees. Outside text only ever becomes text nodes and attributes, never markup.

/** h("button.primary", {onclick, "data-x": 1}, "text", node, [nodes], null): an element with its children. */
export function h(kind, props = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.classList.add(...classes);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked" || key === "disabled" || key === "hidden") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Where the keyboard stands inside `root`: the field or the interactive element, and the caret. */
function focusIn(root) {
  const held = root.contains(document.activeElement) ? document.activeElement : null;
  if (!held) return null;
  const field = held.dataset.field;
  const action = held.closest("[data-action-id]");
  const message = held.closest("[data-ts]")?.dataset.ts;
  const inside = message ? `[data-ts="${message}"] ` : "";
  const place = field && "selectionStart" in held ? [held.selectionStart, held.selectionEnd] : null;
  if (field) return { find: `${inside}[data-field="${CSS.escape(field)}"]`, place };
  return action ? { find: `${inside}[data-action-id="${CSS.escape(action.dataset.actionId)}"]`, place } : null;
}

/** Change the children of `root` by `draw`, keeping keyboard and caret where the same field is drawn again. */
export function keepingFocus(root, draw) {
  const held = focusIn(root);
  draw();
  if (!held || root.contains(document.activeElement)) return;
  const again = root.querySelector(held.find);
  const target = again?.matches("input, textarea, button, select") ? again : again?.querySelector("input, textarea, button, select");
  target?.focus({ preventScroll: true });
  if (target && held.place && held.place[0] !== null) {
    try {
      target.setSelectionRange(...held.place);
    } catch {
      // date and time fields have no caret to restore
    }
  }
}

/** Replace the children of `root`, keeping keyboard and caret. */
export function redraw(root, ...children) {
  keepingFocus(root, () => root.replaceChildren(...children.flat(Infinity).filter(Boolean)));
}

/** A person's or the app's picture: coloured initials. */
export function avatar(person, size = "") {
  const letters = person.is_bot ? "番" : person.real_name.replace(/\s/g, "").slice(0, 1);
  const node = h(`span.avatar${size ? "." + size : ""}`, { "aria-hidden": "true" }, letters);
  node.style.background = person.color;
  if (person.is_bot) node.classList.add("bot");
  return node;
}

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  close: "M5 5l10 10M15 5L5 15",
  back: "M12 4l-6 6 6 6",
  menu: "M3 5h14M3 10h14M3 15h14",
  send: "M3 10l14-6-5 13-3-5z",
  reply: "M4 4h12v9H9l-4 3v-3H4z",
  attach: "M10 4v12M4 10h12",
  more: "M4 10h.01M10 10h.01M16 10h.01",
  clock: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M10 6v4l3 2",
  down: "M5 8l5 5 5-5",
  file: "M6 2h6l4 4v12H6zM12 2v4h4",
  eye: "M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10zM10 7.7a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6",
  hash: "M8 3L6 17M14 3l-2 14M4 7h13M3 13h13",
};

/** A line drawing by name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** Whether this key press belongs to an input method that is still composing. */
export function composing(event) {
  return event.isComposing || event.keyCode === 229;
}

/** A short notice at the edge of the page. */
export function toast(text) {
  const node = h("div.toast", { "data-testid": "toast" }, text);
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), 9000);
}
