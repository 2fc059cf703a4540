// The workspace's clock and the buttons that move it forward.
import { h, icon, toast } from "./dom.js";
import { model } from "./model.js";

const DAY = 86_400;
const face = new Intl.DateTimeFormat("ja-JP", { timeZone: "Asia/Tokyo", month: "long", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit" });
const year = new Intl.DateTimeFormat("ja-JP", { timeZone: "Asia/Tokyo", year: "numeric" });
let busy = false;

function now() {
  return new Date(Date.now() + model.clock.offset_seconds * 1000);
}

async function move(body) {
  busy = true;
  show();
  try {
    const response = await fetch("/clock", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const answer = await response.json();
    if (!answer.ok) throw new Error(answer.error);
    model.clock = answer;
  } catch (error) {
    toast(error.message);
  }
  busy = false;
  show();
}

/** Bring the shown time up to date; called by the stream and by a timer. */
export function show() {
  const node = document.querySelector("[data-testid=clock-now]");
  if (!node) return;
  const at = now();
  node.textContent = busy ? "時計を進めています…" : face.format(at);
  node.dataset.iso = at.toISOString();
  node.title = year.format(at);
  for (const button of document.querySelectorAll(".clock button, .clock input")) button.disabled = busy;
}

/** The clock card of the sidebar. */
export function drawClock() {
  const step = (label, days, name) =>
    h("button", { type: "button", "data-testid": name, disabled: busy, onclick: () => move({ advance_seconds: days * DAY }) }, label);
  const date = h("input", { type: "date", "data-testid": "clock-date", "aria-label": "この日の朝9時まで進める", disabled: busy });
  const there = () => date.value && move({ now: `${date.value}T09:00:00+09:00` });
  date.addEventListener("keydown", (event) => { if (event.key === "Enter") there(); });
  const go = h("button", { type: "button", "data-testid": "clock-go", disabled: busy, onclick: there }, "の朝へ");
  queueMicrotask(show);
  return h("div.clock", {},
    h("div.foot-title", {}, "ワークスペースの時計"),
    h("div.clock-face", {}, icon("clock"), h("span", { "data-testid": "clock-now" })),
    h("div.clock-steps", {}, step("+1日", 1, "advance-day"), step("+1週間", 7, "advance-week"), step("+4週間", 28, "advance-month")),
    h("div.clock-date", {}, date, go));
}
