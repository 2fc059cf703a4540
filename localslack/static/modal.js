// Modals over the page: the top of the person's stack.
import { blockContext, drawBlocks } from "./blocks.js";
import { avatar, h, icon, redraw } from "./dom.js";
import { act, model, person } from "./model.js";
import { textObject } from "./mrkdwn.js";

const overlay = () => document.getElementById("overlay");
/** What the last submission said about a view: errors by block_id, or a failure. */
const said = new Map();
let before = null;
let drawn = "";

function bot() {
  return [...model.people.values()].find((one) => one.is_bot) ?? person("");
}

async function submit(view, context, button) {
  if (button.disabled) return;
  button.disabled = true;
  button.classList.add("busy");
  try {
    const answer = await act("submit", { view_id: view.id, values: context.values });
    said.set(view.id, answer);
  } catch (error) {
    said.set(view.id, { failure: error.message });
  }
  const open = model.views.at(-1)?.id === view.id;
  if (open && (said.get(view.id).errors || said.get(view.id).failure)) {
    drawModal(true);
    overlay().querySelector(".wrong input, .wrong textarea, .modal-failure")?.focus();
  }
  button.disabled = false;
  button.classList.remove("busy");
}

async function shut(view, context) {
  try {
    await act("close", { view_id: view.id, values: context.values });
  } catch (error) {
    said.set(view.id, { failure: error.message });
    drawModal(true);
  }
}

/** Keep Tab inside the modal. */
function trap(event) {
  if (event.key !== "Tab") return;
  const stops = [...overlay().querySelectorAll("button, input, textarea, select, a[href]")].filter((one) => !one.disabled && one.offsetParent);
  const [first, last] = [stops[0], stops.at(-1)];
  if (event.shiftKey && document.activeElement === first) { event.preventDefault(); last.focus(); }
  else if (!event.shiftKey && document.activeElement === last) { event.preventDefault(); first.focus(); }
}

function frame(view) {
  const answer = said.get(view.id) ?? {};
  const context = blockContext({ view_id: view.id }, `view/${view.id}`);
  context.errors = answer.errors;
  const send = view.submit
    ? h("button.button.primary", { type: "button", "data-testid": "modal-submit", onclick: () => submit(view, context, send) }, textObject(view.submit))
    : null;
  const close = () => shut(view, context);
  const body = h("div.modal-body", {},
    answer.failure ? h("div.modal-failure", { role: "alert", tabindex: "-1", "data-testid": "modal-failure" }, answer.failure) : null,
    drawBlocks(context, view.blocks));
  return h("section.modal", {
    role: "dialog", tabindex: "-1", "aria-modal": "true", "aria-labelledby": "modal-title", "data-testid": "modal",
    "data-view-id": view.id, "data-callback-id": view.callback_id,
    onkeydown: (event) => {
      trap(event);
      if (event.key === "Escape") close();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && send) submit(view, context, send);
    },
  },
    h("header.modal-head", {},
      view.previous_view_id ? h("button.plain", { type: "button", "aria-label": "戻る", onclick: close }, icon("back")) : avatar(bot(), "small"),
      h("h2", { id: "modal-title" }, textObject(view.title)),
      h("button.plain", { type: "button", "aria-label": "閉じる", "data-testid": "modal-x", onclick: close }, icon("close"))),
    body,
    h("footer.modal-foot", {},
      h("button.button", { type: "button", "data-testid": "modal-close", onclick: close }, view.close ? textObject(view.close) : "閉じる"),
      send));
}

/** Draw the top modal, or none; what was typed and where the caret stood is kept. */
export function drawModal(force = false) {
  const view = model.views.at(-1);
  const state = view ? `${view.id} ${view.hash}` : "";
  if (state === drawn && !force) return;
  const same = view && drawn.startsWith(view.id);
  if (!same && !drawn) before = document.activeElement;
  if (!force && same) said.delete(view.id);
  drawn = state;
  if (!view) {
    said.clear();
    overlay().replaceChildren();
    before?.isConnected && before.focus();
    return;
  }
  const scrolled = same ? (overlay().querySelector(".modal-body")?.scrollTop ?? 0) : 0;
  redraw(overlay(), h("div.shade", {}, frame(view)));
  overlay().querySelector(".modal-body").scrollTop = scrolled;
  if (same && !overlay().contains(document.activeElement)) overlay().querySelector(".modal").focus();
  if (!same) {
    const wanted = overlay().querySelector("[autofocus]") ?? overlay().querySelector(".modal-body input:not(.box-input), .modal-body textarea");
    (wanted ?? overlay().querySelector("[data-testid=modal-submit], [data-testid=modal-close]")).focus();
  }
}
