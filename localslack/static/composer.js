// The message box: Enter sends, Shift+Enter breaks the line, "/" and "@" complete.
import { avatar, composing, h, icon, redraw, toast } from "./dom.js";
import { act, channel, model } from "./model.js";

const drafts = new Map();

/** What may follow what has been typed: commands at the start of the text, people and the bot after an "@". */
function completions(text, caret) {
  const before = text.slice(0, caret);
  if (/^\/[^\s]*$/.test(before)) {
    const builtIn = { command: "/invite", description: "番頭をこのチャンネルに招待する", usage_hint: "@番頭", own: true };
    return [...model.commands, builtIn].filter((item) => item.command.startsWith(before)).map((item) => ({
      title: item.command, hint: item.usage_hint, text: item.description, from: 0, insert: item.command + " ",
      face: item.own ? null : "bot",
    }));
  }
  const at = before.match(/(?:^|[\s、。])@([^\s@]*)$/);
  if (!at) return [];
  return [...model.people.values()].filter((one) => one.id !== model.me && (one.real_name + one.name).includes(at[1])).map((one) => ({
    title: one.real_name, text: one.role, hint: "", from: caret - at[1].length - 1, insert: `@${one.real_name} `, person: one,
  }));
}

/** The hint of the command whose name stands in the box, as Slack shows it above. */
function usage(text) {
  const name = text.match(/^(\/\S+)\s/)?.[1];
  const known = name && model.commands.find((item) => item.command === name);
  return known ? [h("b", {}, known.command), " ", known.usage_hint, h("small", {}, known.description)] : null;
}

async function sendFile(id, thread, file, text) {
  const query = new URLSearchParams({ user: model.me, channel: id, name: file.name, text, ...(thread ? { thread_ts: thread } : {}) });
  const answer = await (await fetch(`/_local/upload?${query}`, { method: "POST", body: file })).json();
  if (!answer.ok) toast(answer.error);
}

/** A message box for a conversation, or for a thread in it. */
export function drawComposer(id, thread = "") {
  const room = channel(id);
  if (room.is_im && model.readOnly) {
    return h("div.no-composer", {}, "このアプリへのメッセージの送信はオフになっています。チャンネルで ", h("kbd", {}, "/"), " からコマンドを使えます。");
  }
  const key = `${model.me}/${id}/${thread}`;
  let items = [];
  let active = 0;
  const list = h("div.completions", { hidden: true, role: "listbox", "data-testid": "completions" });
  const hint = h("div.usage", { hidden: true });
  const box = h("textarea", {
    rows: "1", "data-testid": thread ? "thread-composer" : "composer", "data-field": `composer/${key}`,
    "aria-label": "メッセージ", placeholder: thread ? "返信する…" : room.is_im ? "番頭へのメッセージ" : `#${room.name} へのメッセージ`,
  });
  const send = h("button.send", { type: "button", "aria-label": "送信", "data-testid": "send", onclick: () => submit() }, icon("send"));
  const picker = h("input", { type: "file", hidden: true, onchange: async () => {
    const text = box.value;
    write("");
    for (const file of picker.files) await sendFile(id, thread, file, text);
    picker.value = "";
  } });

  function write(text) {
    box.value = text;
    changed();
  }

  function changed() {
    drafts.set(key, box.value);
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 220)}px`;
    send.classList.toggle("ready", box.value.trim() !== "");
    const said = usage(box.value);
    hint.hidden = !said;
    redraw(hint, said ?? []);
    active = 0;
    complete();
  }

  function complete() {
    items = completions(box.value, box.selectionStart);
    list.hidden = !items.length;
    redraw(list, items.map((item, number) =>
      h("div.completion", {
        class: `completion${number === active ? " active" : ""}`, role: "option", "aria-selected": String(number === active),
        onmousedown: (event) => { event.preventDefault(); take(item); },
      }, item.person ? avatar(item.person, "tiny") : null, h("b", {}, item.title), item.hint ? h("code", {}, item.hint) : null, h("span", {}, item.text))));
    list.querySelector(".active")?.scrollIntoView({ block: "nearest" });
  }

  function take(item) {
    const caret = box.selectionStart;
    const rest = box.value.slice(caret);
    box.value = box.value.slice(0, item.from) + item.insert + rest;
    box.setSelectionRange(item.from + item.insert.length, item.from + item.insert.length);
    changed();
    box.focus();
  }

  async function submit() {
    const text = box.value;
    if (!text.trim()) return;
    write("");
    list.hidden = true;
    try {
      await act("command", { channel: id, text, ...(thread ? { thread_ts: thread } : {}) });
    } catch (error) {
      toast(error.message);
      if (!box.value) write(text);
    }
  }

  box.addEventListener("input", changed);
  box.addEventListener("blur", () => { list.hidden = true; });
  box.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    if (!list.hidden && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      active = (active + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length;
      complete();
    } else if (!list.hidden && event.key === "Escape") {
      list.hidden = true;
    } else if (!list.hidden && event.key === "Tab") {
      event.preventDefault();
      take(items[active]);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      const chosen = items[active];
      // A command typed in full is sent; one that is still incomplete is completed first.
      if (!list.hidden && chosen && chosen.insert.trim() !== box.value.trim()) take(chosen);
      else submit();
    }
  });
  const root = h("div.composer", {}, list, hint,
    h("div.composer-box", {}, h("button.plain", { type: "button", "aria-label": "ファイルを添付", title: "ファイルを添付", onclick: () => picker.click() }, icon("attach")), box, send, picker));
  box.value = drafts.get(key) ?? "";
  send.classList.toggle("ready", box.value.trim() !== "");
  return root;
}
