// Block Kit blocks as DOM nodes.
import { ask } from "./dialog.js";
import { h } from "./dom.js";
import { drawElement } from "./elements.js";
import { picture } from "./lightbox.js";
import { markdown } from "./markdown.js";
import { attempt, typedIn } from "./model.js";
import { textObject } from "./mrkdwn.js";
import { richText, table } from "./richtext.js";

/**
 * Where blocks stand and what their elements do. `where` names a message ({channel, ts}) or a view ({view_id});
 * values typed into it are kept under `key`.
 */
export function blockContext(where, key) {
  const context = {
    where,
    key,
    values: typedIn(key),
    async confirmed(element) {
      return !element.confirm || ask(element.confirm);
    },
    async act(block, element, value) {
      const state = { ...context.values };
      return attempt("action", { ...where, action_id: element.action_id, block_id: block.block_id, value, state });
    },
    changed(block, element, value) {
      // An input block keeps quiet until the form is sent, unless dispatch_action asks otherwise.
      if (block.type === "input" && !block.dispatch_action) return;
      context.act(block, element, value);
    },
  };
  return context;
}

function imageSource(block) {
  if (block.slack_file?.id) return `/files/${block.slack_file.id}/image`;
  return block.slack_file?.url ?? block.image_url;
}

const DRAW = {
  header: (context, block) => h("h3.b-header", {}, textObject(block.text)),
  divider: () => h("hr.b-divider"),
  rich_text: (context, block) => h("div.b-rich", {}, richText(block)),
  markdown: (context, block) => h("div.b-markdown", {}, markdown(block.text)),
  table: (context, block) => table(block),
  section(context, block) {
    const fields = block.fields ? h("div.b-fields", {}, block.fields.map((field) => h("div", {}, textObject(field)))) : null;
    const text = h("div.b-text", {}, block.text ? h("div", {}, textObject(block.text)) : null, fields);
    const accessory = !block.accessory
      ? null
      : block.accessory.type === "image"
        ? h("img.b-thumb", { src: imageSource(block.accessory), alt: block.accessory.alt_text })
        : h("div.b-accessory", {}, drawElement(context, block, block.accessory));
    return h("div.b-section", {}, text, accessory);
  },
  context: (context, block) =>
    h("div.b-context", {}, block.elements.map((item) =>
      item.type === "image" ? h("img.b-tiny", { src: imageSource(item), alt: item.alt_text }) : h("span", {}, textObject(item)))),
  actions: (context, block) => h("div.b-actions", {}, block.elements.map((element) => drawElement(context, block, element))),
  image: (context, block) =>
    h("figure.b-image", {}, block.title ? h("figcaption", {}, textObject(block.title)) : null, picture(imageSource(block), block.alt_text, block.image_width, block.image_height)),
  input(context, block) {
    const label = h("div.b-label", {}, textObject(block.label), block.optional ? h("span.optional", {}, "(任意)") : null);
    const error = context.errors?.[block.block_id];
    const field = drawElement(context, block, block.element);
    const control = field.matches("input, textarea") ? field : field.querySelector("input, textarea");
    control?.setAttribute("aria-label", label.textContent);
    if (error) control?.setAttribute("aria-invalid", "true");
    return h("div.b-input", { class: error ? "b-input wrong" : "b-input" }, label, field,
      error ? h("div.b-error", { role: "alert", "data-testid": "block-error" }, error) : null,
      block.hint ? h("div.b-hint", {}, textObject(block.hint)) : null);
  },
};

/** Draw a list of blocks. */
export function drawBlocks(context, blocks) {
  return (blocks ?? []).map((block) => {
    const draw = DRAW[block.type];
    const node = draw ? draw(context, block) : h("div.b-unknown", {}, `(表示できないブロック: ${block.type})`);
    node.classList.add("block");
    node.dataset.blockId = block.block_id;
    return node;
  });
}
