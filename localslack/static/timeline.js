// A conversation's messages: days, groups of one author, live changes, and staying at the end.
import { h, keepingFocus } from "./dom.js";
import { attempt, channel, model } from "./model.js";
import { day, drawMessage } from "./message.js";

const GROUP_SECONDS = 300;

/** Messages of the main list (replies left out unless they were sent to the channel, too) and replies by parent. */
export function sorted(messages) {
  const stamps = new Set(messages.map((message) => message.ts));
  const replies = new Map();
  const main = [];
  for (const message of messages) {
    const parent = message.thread_ts;
    const isReply = parent && parent !== message.ts && stamps.has(parent);
    if (isReply) replies.set(parent, [...(replies.get(parent) ?? []), message]);
    if (!isReply || message.reply_broadcast) main.push(message);
  }
  return { main, replies };
}

function sameGroup(message, above) {
  return above && above.user === message.user && !message.is_ephemeral && !above.is_ephemeral
    && message.ts - above.ts < GROUP_SECONDS && day(message.ts) === day(above.ts);
}

function welcome(room) {
  const title = room.is_im ? "番頭とのメッセージ" : `#${room.name}`;
  const hint = room.is_im ? "ここでの返事はあなただけが読めます。" : room.purpose;
  return h("div.welcome", {}, h("h2", {}, title), h("p", {}, hint),
    h("p.try", {}, model.commands.length && !(room.is_im && model.readOnly) ? ["下の欄に ", h("kbd", {}, "/"), " と打つと、番頭にできることが並びます。"] : ""));
}

/** Draw the messages of a conversation into `root`. */
export function drawTimeline(root, id, openThread) {
  const room = channel(id);
  const messages = model.messages.get(id) ?? [];
  const { main, replies } = sorted(messages);
  const atEnd = root.dataset.channel !== id || follows(root);
  const kept = new Map([...root.children].map((node) => [node.signature, node]));
  const nodes = [welcome(room)];
  main.forEach((message, number) => {
    const above = main[number - 1];
    if (!above || day(above.ts) !== day(message.ts)) nodes.push(h("div.day", {}, h("span", {}, day(message.ts))));
    const how = { compact: sameGroup(message, above), replies: replies.get(message.ts) ?? [] };
    // An unchanged message keeps its node: open menus, carets and loaded pictures live there.
    const signature = JSON.stringify([id, model.me, message, how]);
    const node = kept.get(signature) ?? drawMessage(id, message, { ...how, openThread: () => openThread(message.ts) });
    node.signature = signature;
    nodes.push(node);
  });
  const scroll = root.scrollTop;
  const wanted = new Set(nodes);
  keepingFocus(root, () => {
    for (const node of [...root.children]) if (!wanted.has(node)) node.remove();
    nodes.forEach((node, number) => {
      if (root.children[number] !== node) root.insertBefore(node, root.children[number] ?? null);
    });
  });
  root.scrollTop = scroll;
  root.dataset.channel = id;
  if (atEnd) toEnd(root);
}

/** Show the end; of a last message that is taller than the window its beginning, where the answer stands. */
function toEnd(root) {
  const last = root.lastElementChild;
  const tall = last.dataset.ts && last.offsetHeight > root.clientHeight - 24;
  root.scrollTop = tall ? last.offsetTop - root.offsetTop - 12 : root.scrollHeight;
  root.parked = root.scrollTop;
  // Pictures arrive later and would push the end out of sight.
  for (const image of root.querySelectorAll("img")) {
    if (!image.complete) image.addEventListener("load", () => { if (follows(root)) toEnd(root); }, { once: true });
  }
}

/** Whether the person is still where the list was left for them, or at its end. */
function follows(root) {
  return root.scrollTop === root.parked || root.scrollHeight - root.scrollTop - root.clientHeight < 80;
}

/** Tell the server how far the person has read. */
export function markRead(id) {
  const last = (model.messages.get(id) ?? []).at(-1);
  if (!last || document.hidden || !model.unread.has(id)) return;
  model.unread.delete(id);
  attempt("read", { channel: id, ts: last.ts });
}
