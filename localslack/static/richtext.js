// rich_text blocks, and table cells that hold them.
import { h } from "./dom.js";
import { emoji } from "./emoji.js";
import { channelLink, link, mention } from "./mrkdwn.js";

function styled(node, style = {}) {
  let result = node;
  if (style.code) result = h("code", {}, result);
  if (style.bold) result = h("b", {}, result);
  if (style.italic) result = h("i", {}, result);
  if (style.strike) result = h("s", {}, result);
  return result;
}

function withBreaks(text) {
  return text.split("\n").flatMap((line, number) => (number ? [h("br"), line] : [line]));
}

function piece(item) {
  switch (item.type) {
    case "text":
      return styled(h("span", {}, withBreaks(item.text)), item.style);
    case "link":
      return styled(link(item.url, item.text ?? item.url), item.style);
    case "user":
      return mention(item.user_id);
    case "channel":
      return channelLink(item.channel_id);
    case "broadcast":
      return h("span.mention.loud", {}, "@" + item.range);
    case "emoji":
      return h("span", {}, emoji(item.name) ?? `:${item.name}:`);
    case "date":
      return h("span", {}, item.fallback ?? String(item.timestamp));
    case "color":
      return h("code", {}, item.value);
    default:
      return h("span", {}, item.text ?? "");
  }
}

function part(item) {
  switch (item.type) {
    case "rich_text_list": {
      const list = h(item.style === "ordered" ? "ol" : "ul", {}, item.elements.map((one) => h("li", {}, one.elements.map(piece))));
      list.style.marginLeft = `${(item.indent ?? 0) * 24}px`;
      return list;
    }
    case "rich_text_quote":
      return h("blockquote", {}, item.elements.map(piece));
    case "rich_text_preformatted":
      return h("pre", {}, item.elements.map((one) => one.text ?? one.url ?? ""));
    default:
      return h("div.rich-section", {}, item.elements.map(piece));
  }
}

/** The parts of a rich_text block. */
export function richText(block) {
  return block.elements.map(part);
}

function cell(content) {
  if (content.type === "rich_text") return richText(content);
  if (content.type === "raw_number") return [content.text ?? new Intl.NumberFormat("ja-JP").format(content.value)];
  return [content.text];
}

/** A table block; its first row is the head. */
export function table(block) {
  const settings = block.column_settings ?? [];
  const row = (cells, kind) =>
    h("tr", {}, cells.map((content, column) => {
      const setting = settings[column] ?? {};
      const node = h(kind, {}, cell(content));
      if (setting.align) node.classList.add(setting.align);
      else if (content.type === "raw_number") node.classList.add("right");
      if (setting.is_wrapped) node.classList.add("wrapped");
      return node;
    }));
  const [head, ...body] = block.rows;
  const drawn = h("table", {}, h("thead", {}, row(head, "th")), h("tbody", {}, body.map((cells) => row(cells, "td"))));
  return h("div.table-frame", { tabindex: "0", role: "region", "aria-label": "表" }, drawn);
}
