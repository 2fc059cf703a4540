// One message: who, when, text or blocks, files, and the way into its thread.
import { blockContext, drawBlocks } from "./blocks.js";
import { avatar, h, icon } from "./dom.js";
import { picture } from "./lightbox.js";
import { model, person } from "./model.js";
import { mrkdwn } from "./mrkdwn.js";

const ZONE = "Asia/Tokyo";
const clockFace = new Intl.DateTimeFormat("ja-JP", { timeZone: ZONE, hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat("ja-JP", { timeZone: ZONE, dateStyle: "full", timeStyle: "medium" });
const dayName = new Intl.DateTimeFormat("ja-JP", { timeZone: ZONE, year: "numeric", month: "long", day: "numeric", weekday: "short" });

const at = (ts) => new Date(Number(ts) * 1000);

/** The day a message belongs to, as people write it. */
export function day(ts) {
  return dayName.format(at(ts));
}

/** Hours and minutes of a message. */
export function time(ts) {
  return clockFace.format(at(ts));
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function fileCard(file) {
  if (/^image\/(png|jpeg|gif|webp)$/.test(file.mimetype)) {
    return h("figure.b-image", {}, h("figcaption", {}, file.title), picture(file.url_private, file.alt_txt || file.title, file.original_w, file.original_h));
  }
  return h("a.file-card", { href: file.url_private_download, download: file.name, "data-testid": "file" },
    icon("file"), h("span", {}, h("b", {}, file.title || file.name), h("small", {}, `${file.filetype.toUpperCase()}・${size(file.size)}`)));
}

function attachment(context, item) {
  const body = item.blocks ? drawBlocks(context, item.blocks) : [item.title ? h("b", {}, item.title) : null, h("div", {}, mrkdwn(item.text ?? item.fallback ?? ""))];
  const node = h("div.attachment", {}, body);
  if (/^#?[0-9a-f]{6}$/i.test(item.color ?? "")) node.style.borderLeftColor = "#" + item.color.replace("#", "");
  return node;
}

function content(channel, message) {
  const context = blockContext({ channel, ts: message.ts }, `message/${channel}/${message.ts}`);
  return [
    message.blocks?.length ? drawBlocks(context, message.blocks) : message.text ? h("div.text", {}, mrkdwn(message.text)) : null,
    (message.attachments ?? []).map((item) => attachment(context, item)),
    (message.files ?? []).map(fileCard),
  ];
}

/** The link under a message that has replies. */
function replyLink(replies, open) {
  if (!replies.length) return null;
  const faces = [...new Set(replies.map((reply) => reply.user))].slice(0, 3).map((id) => avatar(person(id), "tiny"));
  return h("button.reply-link", { type: "button", "data-testid": "open-thread", onclick: open }, faces,
    h("b", {}, `${replies.length}件の返信`), h("span", {}, `最終返信 ${time(replies.at(-1).ts)}`));
}

/**
 * Draw a message. `compact`: the one above is by the same author, so the name is left out.
 * `openThread` is null inside a thread.
 */
export function drawMessage(channel, message, { compact = false, replies = [], openThread = null } = {}) {
  const author = person(message.user);
  const when = h("time", { title: full.format(at(message.ts)) }, time(message.ts));
  const outside = author.outside ? h("span.badge.outside", {}, "社外") : null;
  const name = h("div.message-name", {}, h("b", {}, author.real_name), author.is_bot ? h("span.badge", {}, "アプリ") : null, outside, when);
  const tools = openThread && !message.is_ephemeral
    ? h("div.message-tools", {}, h("button", { type: "button", "aria-label": "スレッドで返信する", title: "スレッドで返信する", "data-testid": "reply", onclick: openThread }, icon("reply")))
    : null;
  const node = h("article.message", { "data-ts": message.ts, "data-user": message.user, "data-ephemeral": message.is_ephemeral },
    h("div.message-side", {}, compact ? when : avatar(author)),
    h("div.message-main", {},
      message.is_ephemeral ? h("div.only-you", {}, icon("eye"), "あなただけに表示されています") : null,
      compact ? null : name,
      content(channel, message),
      message.edited ? h("span.edited", {}, "(編集済み)") : null,
      replyLink(replies, openThread)),
    tools);
  if (compact) node.classList.add("compact");
  if (message.is_ephemeral) node.classList.add("ephemeral");
  if (message.user === model.me) node.classList.add("mine");
  return node;
}
