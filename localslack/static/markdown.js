// markdown blocks: the part of Markdown that reports use (headings, lists, emphasis, code, links, quotes, tables).
import { h } from "./dom.js";
import { emoji } from "./emoji.js";
import { link } from "./mrkdwn.js";

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|(?<!\w)[*_]([^*_\s][^*_]*)[*_](?!\w)|~~([^~]+)~~|\[([^\]]+)\]\(([^)\s]+)\)|:([a-z0-9_+-]+):/g;

function inline(text) {
  const nodes = [];
  let done = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, code, bold, italic, strike, label, url, name] = found;
    if (name !== undefined && !emoji(name)) continue;
    nodes.push(text.slice(done, found.index));
    if (code !== undefined) nodes.push(h("code", {}, code));
    else if (bold !== undefined) nodes.push(h("b", {}, inline(bold)));
    else if (italic !== undefined) nodes.push(h("i", {}, inline(italic)));
    else if (strike !== undefined) nodes.push(h("s", {}, inline(strike)));
    else if (url !== undefined) nodes.push(link(url, inline(label)));
    else nodes.push(emoji(name));
    done = found.index + whole.length;
  }
  nodes.push(text.slice(done));
  return nodes;
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

/** Takes one block (a heading, a list, a table …) off the front of `lines`. */
function take(lines) {
  const line = lines.shift();
  const heading = line.match(/^(#{1,6})\s+(.*)$/);
  if (heading) return h(`h${Math.min(heading[1].length + 2, 6)}`, {}, inline(heading[2]));
  if (line.startsWith("```")) {
    const code = [];
    while (lines.length && !lines[0].startsWith("```")) code.push(lines.shift());
    lines.shift();
    return h("pre", {}, code.join("\n"));
  }
  if (/^\s*(---|\*\*\*)\s*$/.test(line)) return h("hr");
  if (line.includes("|") && /^[\s|:-]+$/.test(lines[0] ?? "") && lines[0].includes("-")) {
    lines.shift();
    const rows = [];
    while (lines.length && lines[0].includes("|")) rows.push(cells(lines.shift()));
    const row = (kind) => (items) => h("tr", {}, items.map((item) => h(kind, {}, inline(item))));
    return h("div.table-frame", {}, h("table", {}, h("thead", {}, row("th")(cells(line))), h("tbody", {}, rows.map(row("td")))));
  }
  const item = /^\s*([-*]|\d+\.)\s+(.*)$/;
  if (item.test(line)) {
    const list = h(/^\s*\d/.test(line) ? "ol" : "ul", {}, h("li", {}, inline(line.match(item)[2])));
    while (lines.length && item.test(lines[0])) list.append(h("li", {}, inline(lines.shift().match(item)[2])));
    return list;
  }
  if (line.startsWith(">")) return h("blockquote", {}, inline(line.replace(/^>\s?/, "")));
  return line.trim() ? h("p", {}, inline(line)) : null;
}

/** A markdown block as nodes. */
export function markdown(text) {
  const lines = text.split("\n");
  const nodes = [];
  while (lines.length) nodes.push(take(lines));
  return nodes.filter(Boolean);
}
