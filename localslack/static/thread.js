// The side pane with one thread.
import { drawComposer } from "./composer.js";
import { h, icon } from "./dom.js";
import { channel, model } from "./model.js";
import { drawMessage } from "./message.js";

const pane = () => document.getElementById("thread");

/** Draw the open thread, or hide the pane. */
export function drawThread(shut) {
  const { channel: id, thread } = model.place;
  const messages = (model.messages.get(id) ?? []).filter((one) => one.ts === thread || one.thread_ts === thread);
  const root = pane();
  root.hidden = !thread || !messages.length;
  if (root.hidden) {
    root.replaceChildren();
    root.dataset.thread = "";
    return;
  }
  const room = channel(id);
  if (root.dataset.thread !== thread) {
    root.dataset.thread = thread;
    root.replaceChildren(
      h("header.pane-head", {}, h("div", {}, h("b", {}, "スレッド"), h("small", {}, room.is_im ? "番頭" : "#" + room.name)),
        h("button.plain", { type: "button", "aria-label": "スレッドを閉じる", onclick: shut }, icon("close"))),
      h("div.thread-list", { "data-testid": "thread" }),
      drawComposer(id, thread));
  }
  const list = root.querySelector(".thread-list");
  const [parent, ...replies] = messages;
  list.replaceChildren(
    drawMessage(id, parent), h("div.day.left", {}, h("span", {}, replies.length ? `${replies.length}件の返信` : "まだ返信はありません")),
    ...replies.map((message) => drawMessage(id, message)));
  list.scrollTop = list.scrollHeight;
}
