// Confirm dialogs of buttons and menus.
import { h } from "./dom.js";
import { textObject } from "./mrkdwn.js";

/** Ask; resolves to true when the person confirms. */
export function ask(confirm) {
  return new Promise((resolve) => {
    const done = (answer) => () => {
      shade.remove();
      resolve(answer);
    };
    const yes = h("button.button", { type: "button", "data-testid": "confirm-yes", onclick: done(true) }, textObject(confirm.confirm));
    yes.classList.add(confirm.style === "danger" ? "danger-fill" : "primary");
    const shade = h("div.shade", { onkeydown: (event) => { if (event.key === "Escape") { event.stopPropagation(); done(false)(); } } },
      h("div.dialog", { role: "alertdialog", "aria-modal": "true", "data-testid": "confirm" },
        h("h2", {}, textObject(confirm.title)),
        h("div.dialog-text", {}, textObject(confirm.text)),
        h("div.dialog-foot", {}, h("button.button", { type: "button", "data-testid": "confirm-no", onclick: done(false) }, textObject(confirm.deny)), yes)));
    document.body.append(shade);
    yes.focus();
  });
}
