// What the page knows: the answer of /_local/boot, the messages of the conversations seen so far, and how to ask the server.
import { toast } from "./dom.js";

export const model = {
  me: "",
  team: {},
  people: new Map(),
  channels: [],
  unread: new Set(),
  commands: [],
  readOnly: false,
  clock: { now: "", offset_seconds: 0 },
  home: null,
  views: [],
  messages: new Map(),
  /** Values typed into the inputs of a message or view, by its key: they outlive a redraw. */
  typed: new Map(),
  place: { channel: "", tab: "messages", thread: "" },
};

const SLACKBOT = { id: "USLACKBOT", real_name: "ワークスペース", color: "#64748b", role: "お知らせ" };

/** The person behind an id; somebody unknown has the id as name. */
export function person(id) {
  if (id === SLACKBOT.id) return SLACKBOT;
  return model.people.get(id) ?? { id, real_name: id, color: "#888888", role: "" };
}

/** A conversation of mine by id. */
export function channel(id) {
  return model.channels.find((item) => item.id === id);
}

/** The direct messages with the bot, if this person has them. */
export function botChannel() {
  return model.channels.find((item) => item.is_im);
}

async function answerOf(response) {
  const answer = await response.json().catch(() => ({ ok: false, error: "サーバーの返事が読めません。" }));
  if (!answer.ok) throw new Error(answer.error || "うまくいきませんでした。");
  return answer;
}

/** GET an address of the workspace. */
export async function get(path, query = {}) {
  return answerOf(await fetch(`${path}?${new URLSearchParams({ user: model.me, ...query })}`));
}

/** Act as the chosen person: POST /_local/{what}. */
export async function act(what, body = {}) {
  return answerOf(
    await fetch(`/_local/${what}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ user: model.me, ...body }),
    }),
  );
}

/** Like act, but a failure becomes a notice; undefined then. */
export async function attempt(what, body) {
  try {
    return await act(what, body);
  } catch (error) {
    toast(error.message);
    return undefined;
  }
}

/** Load everything for a person. */
export async function boot(user) {
  model.me = user;
  const answer = await get("/_local/boot");
  model.me = answer.me;
  model.team = answer.team;
  model.people = new Map(answer.people.map((item) => [item.id, item]));
  model.channels = answer.channels;
  model.unread = new Set(answer.unread);
  model.commands = answer.commands;
  model.readOnly = answer.messages_read_only;
  model.clock = answer.clock;
  model.home = answer.home;
  model.views = answer.views;
}

/** What is heard while a conversation is being loaded; it is done again on what the server answered. */
const loading = new Set();

/** Load the messages of a conversation. */
export async function loadMessages(id) {
  const meanwhile = [];
  loading.add(meanwhile);
  try {
    const answer = await get("/_local/state", { channel: id });
    model.messages.set(id, answer.messages);
  } finally {
    loading.delete(meanwhile);
  }
  for (const again of meanwhile) again();
}

function heard(change) {
  for (const list of loading) list.push(change);
  change();
}

/** Take a new or changed message into the model. */
export function keepMessage(id, message) {
  heard(() => {
    const list = model.messages.get(id);
    if (!list) return;
    const at = list.findIndex((item) => item.ts === message.ts);
    if (at >= 0) list[at] = message;
    else {
      list.push(message);
      list.sort((a, b) => (a.ts < b.ts ? -1 : 1));
    }
  });
}

/** Take a deleted message out of the model. */
export function dropMessage(id, ts) {
  heard(() => {
    const list = model.messages.get(id);
    if (list) model.messages.set(id, list.filter((item) => item.ts !== ts));
  });
}

/** The values typed so far in a message or view. */
export function typedIn(key) {
  if (!model.typed.has(key)) model.typed.set(key, {});
  return model.typed.get(key);
}
