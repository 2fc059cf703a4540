// Slack's mrkdwn and plain text as DOM nodes.
import { h } from "./dom.js";
import { emoji, withEmoji } from "./emoji.js";
import { channel, person } from "./model.js";

const ZONE = "Asia/Tokyo";
const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/** Turn Slack's three entities back into characters. */
export function unescape(text) {
  return text.replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity]);
}

/** An address that may become a link: http, https or mailto; anything else stays text. */
export function safeLink(url) {
  return /^(https?:|mailto:)/i.test(url) ? url : null;
}

/** A link that opens in a new tab. */
export function link(url, ...label) {
  const target = safeLink(url);
  if (!target) return h("span", {}, ...label);
  return h("a", { href: target, target: "_blank", rel: "noopener noreferrer" }, ...label);
}

/** A mention of a person, drawn like Slack's. */
export function mention(id) {
  return h("span.mention", {}, "@" + person(id).real_name);
}

/** A link to a channel of this workspace. */
export function channelLink(id, label) {
  return h("a.mention", { href: `#/${id}` }, "#" + (channel(id)?.name ?? label ?? id));
}

function dated(seconds, format) {
  const at = new Date(seconds * 1000);
  const part = (options) => new Intl.DateTimeFormat("ja-JP", { timeZone: ZONE, ...options }).format(at);
  const forms = {
    date_num: () => part({ year: "numeric", month: "2-digit", day: "2-digit" }).replaceAll("/", "-"),
    date: () => part({ year: "numeric", month: "long", day: "numeric" }),
    date_short: () => part({ year: "numeric", month: "short", day: "numeric" }),
    date_long: () => part({ year: "numeric", month: "long", day: "numeric", weekday: "long" }),
    time: () => part({ hour: "2-digit", minute: "2-digit" }),
    time_secs: () => part({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  };
  return format.replace(/\{(\w+?)(_pretty)?\}/g, (whole, name) => forms[name]?.() ?? whole);
}

function special(inner) {
  const [target, label] = inner.split(/\|(.*)/s);
  if (target.startsWith("@")) return mention(target.slice(1));
  if (target.startsWith("#")) return channelLink(target.slice(1), label);
  if (target.startsWith("!date^")) {
    const [, seconds, format, url] = target.split("^");
    const text = Number.isFinite(Number(seconds)) ? dated(Number(seconds), format) : (label ?? "");
    return url ? link(url, text) : h("span", {}, text);
  }
  if (target.startsWith("!subteam^")) return h("span.mention", {}, label ?? target);
  if (target.startsWith("!")) return h("span.mention.loud", {}, "@" + target.slice(1));
  return link(unescape(target), unescape(label ?? target.replace(/^mailto:/, "")));
}

// Bold and friends only count at word edges: "2*3*4" is no bold 3.
const EDGE = "(?<![\\p{L}\\p{N}])";
const OPEN = "(?![\\s";
const INLINE = new RegExp(
  [
    "`([^`\\n]+)`",
    "<([^<>\\n]+)>",
    `${EDGE}\\*${OPEN}*])([^*\\n]*[^*\\s])\\*(?![\\p{L}\\p{N}])`,
    `${EDGE}_${OPEN}_])([^_\\n]*[^_\\s])_(?![\\p{L}\\p{N}])`,
    `${EDGE}~${OPEN}~])([^~\\n]*[^~\\s])~(?![\\p{L}\\p{N}])`,
    ":([a-z0-9_+-]+):",
  ].join("|"),
  "gu",
);

function inline(text) {
  const nodes = [];
  let done = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, code, angle, bold, italic, strike, name] = found;
    if (name !== undefined && !emoji(name)) continue;
    nodes.push(unescape(text.slice(done, found.index)));
    if (code !== undefined) nodes.push(h("code", {}, unescape(code)));
    else if (angle !== undefined) nodes.push(special(angle));
    else if (bold !== undefined) nodes.push(h("b", {}, inline(bold)));
    else if (italic !== undefined) nodes.push(h("i", {}, inline(italic)));
    else if (strike !== undefined) nodes.push(h("s", {}, inline(strike)));
    else nodes.push(emoji(name));
    done = found.index + whole.length;
  }
  nodes.push(unescape(text.slice(done)));
  return nodes.filter((node) => node !== "");
}

function lines(text) {
  const nodes = [];
  let quote = null;
  text.split("\n").forEach((line, number, all) => {
    const quoted = line.match(/^(?:&gt;|>) ?(.*)$/);
    if (quoted) {
      if (!quote) nodes.push((quote = h("blockquote")));
      else quote.append(h("br"));
      quote.append(...inline(quoted[1]));
      return;
    }
    const afterQuote = quote !== null;
    quote = null;
    if (number > 0 && !afterQuote) nodes.push(h("br"));
    if (number === all.length - 1 && line === "") return;
    nodes.push(...inline(line));
  });
  return nodes;
}

/** mrkdwn text as nodes. */
export function mrkdwn(text) {
  return text.split("```").flatMap((piece, number, all) => {
    const closed = number % 2 === 1 && number < all.length - 1;
    if (closed) return [h("pre", {}, unescape(piece.replace(/^\n|\n$/g, "")))];
    const kept = number % 2 === 1 ? "```" + piece : number > 0 ? piece.replace(/^\n/, "") : piece;
    return lines(kept);
  });
}

/** A text object (plain_text or mrkdwn) as nodes. */
export function textObject(object) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text);
  return [unescape(object.emoji === false ? object.text : withEmoji(object.text))];
}

/** A text object as a plain string, for placeholders and labels. */
export function plain(object) {
  return object ? unescape(withEmoji(object.text)) : "";
}
