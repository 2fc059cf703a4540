// Interactive elements of Block Kit. Each writes its value into context.values and says so through context.changed.
import { combobox } from "./combobox.js";
import { composing, h, icon } from "./dom.js";
import { attempt, model } from "./model.js";
import { plain, textObject } from "./mrkdwn.js";

const key = (block, element) => `${block.block_id}/${element.action_id}`;

/** The value now: what was typed before a redraw, else the initial one. */
function current(context, block, element, initial) {
  const name = key(block, element);
  return name in context.values ? context.values[name] : (initial ?? null);
}

function set(context, block, element, value) {
  context.values[key(block, element)] = value;
}

function changed(context, block, element, value) {
  set(context, block, element, value);
  context.changed(block, element, value);
}

function button(context, block, element) {
  const node = h("button.button", { type: "button", "data-value": element.value, "aria-label": element.accessibility_label }, textObject(element.text));
  if (element.style) node.classList.add(element.style);
  node.addEventListener("click", async () => {
    if (!(await context.confirmed(element))) return;
    if (element.url && /^https?:/i.test(element.url)) window.open(element.url, "_blank", "noopener");
    node.classList.add("busy");
    await context.act(block, element, element.value ?? null);
    node.classList.remove("busy");
  });
  return node;
}

function overflow(context, block, element) {
  const list = h("div.menu", { hidden: true, role: "menu" }, element.options.map((option) =>
    h("button", { type: "button", role: "menuitem", "data-value": option.value, onclick: async () => {
      list.hidden = true;
      if (option.url && /^https?:/i.test(option.url)) window.open(option.url, "_blank", "noopener");
      if (await context.confirmed(element)) await context.act(block, element, option.value);
    } }, textObject(option.text))));
  const toggle = h("button.button.icon-only", { type: "button", "aria-label": "その他の操作", "aria-haspopup": "menu", onclick: () => { list.hidden = !list.hidden; } }, icon("more"));
  const root = h("span.overflow", {}, toggle, list);
  root.addEventListener("focusout", (event) => { if (!root.contains(event.relatedTarget)) list.hidden = true; });
  return root;
}

function typedInput(context, block, element) {
  const area = element.type === "plain_text_input" && element.multiline;
  const numeric = element.type === "number_input";
  const node = h(area ? "textarea" : "input", {
    type: area ? null : "text", inputmode: numeric ? (element.is_decimal_allowed ? "decimal" : "numeric") : null,
    rows: area ? 4 : null, autocomplete: "off", placeholder: plain(element.placeholder), maxlength: element.max_length,
    "data-field": key(block, element), value: current(context, block, element, element.initial_value) ?? "",
    autofocus: element.focus_on_load,
  });
  const on = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  let pause;
  node.addEventListener("input", () => {
    set(context, block, element, node.value);
    if (!block.dispatch_action || !on.includes("on_character_entered")) return;
    clearTimeout(pause);
    pause = setTimeout(() => context.act(block, element, node.value), 400);
  });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || composing(event) || area) return;
    event.preventDefault();
    if (block.dispatch_action && on.includes("on_enter_pressed")) context.act(block, element, node.value);
  });
  return node;
}

function dated(type, initial) {
  return (context, block, element) => {
    const node = h("input", { type, "data-field": key(block, element), value: current(context, block, element, element[initial]) ?? "" });
    node.addEventListener("change", () => changed(context, block, element, node.value || null));
    return node;
  };
}

function choices(context, block, element) {
  const many = element.type === "checkboxes";
  const first = many ? (element.initial_options ?? []).map((item) => item.value) : element.initial_option?.value;
  const now = current(context, block, element, first);
  const name = `${context.key}/${key(block, element)}`;
  const boxes = element.options.map((option) => h("input", {
    type: many ? "checkbox" : "radio", name, value: option.value, "data-value": option.value,
    checked: many ? (now ?? []).includes(option.value) : now === option.value,
  }));
  for (const box of boxes) {
    box.addEventListener("change", () => {
      const on = boxes.filter((other) => other.checked).map((other) => other.value);
      changed(context, block, element, many ? on : (on[0] ?? null));
    });
  }
  return h("div.choices", { role: many ? "group" : "radiogroup" }, element.options.map((option, number) =>
    h("label", {}, boxes[number], h("span", {}, textObject(option.text), option.description ? h("small", {}, textObject(option.description)) : null))));
}

const asItem = (option) => ({ key: option.value, label: plain(option.text), description: plain(option.description), option });
const matches = (query) => (item) => !query || item.label.toLowerCase().includes(query.toLowerCase());

function grouped(holder) {
  const groups = holder.option_groups ?? [{ options: holder.options ?? [] }];
  return groups.map((group) => ({ label: plain(group.label), options: group.options.map(asItem) }));
}

const people = () => [...model.people.values()].filter((one) => !one.is_bot).map((one) => ({ key: one.id, label: one.real_name, description: one.role }));
const rooms = () => model.channels.filter((one) => one.is_channel).map((one) => ({ key: one.id, label: "#" + one.name, description: one.purpose }));
const conversations = () => [...rooms(), ...people()];

function menu(source, initialName) {
  return (context, block, element) => {
    const many = element.type.startsWith("multi_");
    const external = element.type.endsWith("external_select");
    const initial = element[initialName + (many ? "s" : "")];
    const now = current(context, block, element, initial);
    const values = now === null ? [] : Array.isArray(now) ? now : [now];
    const known = external ? [] : source(element).flatMap((group) => group.options);
    const shownAs = (value) => {
      if (typeof value === "object") return asItem(value);
      return known.find((item) => item.key === value) ?? { key: value, label: value };
    };
    // External options are sent whole: only the bot knows them.
    const raw = (item) => (external ? item.option : item.key);
    const least = element.min_query_length ?? 3;
    return combobox({
      many, most: element.max_selected_items, field: key(block, element), placeholder: plain(element.placeholder) || "選択してください",
      chosen: values.map(shownAs),
      empty: external ? `${least}文字以上で検索できます(見つからない場合もここに出ます)` : undefined,
      options: async (query) => {
        if (!external) return source(element).map((group) => ({ ...group, options: group.options.filter(matches(query)) })).filter((group) => group.options.length);
        const answer = await attempt("options", { ...context.where, action_id: element.action_id, block_id: block.block_id, value: query });
        return answer ? grouped(answer) : [];
      },
      change: async (picked) => {
        const value = many ? picked.map(raw) : raw(picked[0]);
        if (await context.confirmed(element)) changed(context, block, element, value);
      },
    });
  };
}

const listOf = (items) => () => [{ label: "", options: items() }];

function fileInput(context, block, element) {
  const names = h("span.file-names");
  const node = h("input", { type: "file", multiple: (element.max_files ?? 10) > 1, accept: (element.filetypes ?? []).map((kind) => "." + kind).join(",") || null });
  node.addEventListener("change", async () => {
    const kept = [];
    for (const file of node.files) {
      const query = new URLSearchParams({ user: model.me, name: file.name });
      const answer = await (await fetch(`/_local/upload?${query}`, { method: "POST", body: file })).json();
      if (answer.ok) kept.push(answer.file);
    }
    names.textContent = kept.map((file) => file.name).join("、");
    changed(context, block, element, kept);
  });
  return h("div.file-input", {}, node, names);
}

const DRAW = {
  button,
  overflow,
  checkboxes: choices,
  radio_buttons: choices,
  plain_text_input: typedInput,
  number_input: typedInput,
  email_text_input: typedInput,
  url_text_input: typedInput,
  datepicker: dated("date", "initial_date"),
  timepicker: dated("time", "initial_time"),
  file_input: fileInput,
  static_select: menu((element) => grouped(element), "initial_option"),
  external_select: menu(null, "initial_option"),
  users_select: menu(listOf(people), "initial_user"),
  channels_select: menu(listOf(rooms), "initial_channel"),
  conversations_select: menu(listOf(conversations), "initial_conversation"),
};

/** Draw one element; `context` says where it stands and what happens when it is used. */
export function drawElement(context, block, element) {
  const draw = DRAW[element.type.replace(/^multi_/, "")];
  const node = draw ? draw(context, block, element) : h("em", {}, `(表示できない部品: ${element.type})`);
  node.dataset.actionId = element.action_id;
  node.dataset.type = element.type;
  return node;
}
