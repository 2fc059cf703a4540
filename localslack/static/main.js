// The page: which place is shown, and what each live event changes.
import { show as showClock } from "./clock.js";
import { drawComposer } from "./composer.js";
import { h, icon, redraw, toast } from "./dom.js";
import { drawHome, tabs } from "./home.js";
import { drawModal } from "./modal.js";
import { attempt, boot, botChannel, channel, dropMessage, keepMessage, loadMessages, model } from "./model.js";
import { drawSidebar } from "./sidebar.js";
import { listen } from "./stream.js";
import { drawThread } from "./thread.js";
import { drawTimeline, markRead } from "./timeline.js";

const main = () => document.getElementById("main");
const timeline = () => main().querySelector(".timeline");
const WHO = "localslack.act-as";
const OWNER = "U0OWNER01";

function placeFromAddress() {
  const [name = "", rest = ""] = location.hash.replace(/^#\//, "").split("/");
  const dm = botChannel();
  if (dm && (name === "app" || name === dm.id)) {
    return { channel: dm.id, tab: name === "app" && rest !== "messages" ? "home" : "messages", thread: "" };
  }
  // A newcomer starts where the bot is, so that everything it can do works at once.
  const first = model.channels.find((one) => one.is_channel && one.members.some((id) => model.people.get(id)?.is_bot));
  const known = channel(name) ?? first ?? model.channels[0];
  return { channel: known.id, tab: "messages", thread: "" };
}

function drawer(open) {
  document.body.classList.toggle("drawer-open", open);
}

function head() {
  const room = channel(model.place.channel);
  const title = room.is_im ? "番頭" : room.name;
  const members = room.is_im ? null : h("span.members", { title: "メンバー" }, `${room.members.length}人`);
  return h("header.main-head", {},
    h("button.plain.burger", { type: "button", "aria-label": "メニュー", "data-testid": "menu", onclick: () => drawer(true) }, icon("menu"), model.unread.size ? h("span.dot") : null),
    h("h1", {}, room.is_im ? null : icon("hash"), title),
    h("span.purpose", {}, room.is_im ? "アプリ" : room.purpose), members);
}

function drawMain() {
  const { channel: id, tab } = model.place;
  const room = channel(id);
  if (tab === "home") {
    const root = h("div.home-frame");
    redraw(main(), head(), tabs("home"), root);
    drawHome(root);
  } else {
    redraw(main(), head(), room.is_im ? tabs("messages") : null, h("div.timeline", { "data-testid": "timeline", "aria-live": "polite" }), drawComposer(id));
    drawTimeline(timeline(), id, openThread);
  }
}

function openThread(ts) {
  model.place.thread = ts;
  drawThread(shutThread);
  document.querySelector("[data-testid=thread-composer]")?.focus();
}

function shutThread() {
  model.place.thread = "";
  drawThread(shutThread);
}

/** Show the place that the address names: at once with what is known, then with what the server knows. */
async function go() {
  model.place = placeFromAddress();
  drawer(false);
  const { channel: id, tab } = model.place;
  drawSidebar(become);
  drawMain();
  drawThread(shutThread);
  main().querySelector("[data-testid=composer]")?.focus({ preventScroll: true });
  if (tab === "home") attempt("home", { tab: "home" });
  try {
    await loadMessages(id);
  } catch (error) {
    toast(error.message);
  }
  if (model.place.channel !== id || model.place.tab !== "messages" || !timeline()) return;
  drawTimeline(timeline(), id, openThread);
  showLinked();
  markRead(id);
  drawSidebar(become);
}

/** Bring the message that a permalink names (#/C…/p1234567890123456) into sight. */
function showLinked() {
  const [, whole, part] = location.hash.match(/\/p(\d{10})(\d{6})$/) ?? [];
  const found = whole && timeline().querySelector(`[data-ts="${whole}.${part}"]`);
  if (!found) return;
  found.scrollIntoView({ block: "center" });
  found.classList.add("found");
}

const HEARD = {
  message({ channel: id, message }) {
    keepMessage(id, message);
    const here = model.place.channel === id && model.place.tab === "messages";
    if (message.user !== model.me) model.unread.add(id);
    if (here) {
      drawTimeline(timeline(), id, openThread);
      if (message.thread_ts && message.thread_ts === model.place.thread) drawThread(shutThread);
      else if (message.ts === model.place.thread) drawThread(shutThread);
      markRead(id);
    }
    drawSidebar(become);
  },
  message_deleted({ channel: id, ts }) {
    dropMessage(id, ts);
    if (model.place.channel !== id || model.place.tab !== "messages") return;
    drawTimeline(timeline(), id, openThread);
    drawThread(shutThread);
  },
  views({ views }) {
    model.views = views;
    drawModal();
  },
  home({ view }) {
    model.home = view;
    if (model.place.tab === "home") drawHome(main().querySelector(".home-frame"));
  },
  clock({ now, offset_seconds }) {
    model.clock = { now, offset_seconds };
    showClock();
  },
  channels: () => become(model.me),
  notice: ({ text }) => toast(text),
};

async function become(user) {
  // Nothing may be typed or pressed in the name of the person who was here before.
  if (user !== model.me) main().replaceChildren();
  // The stream comes first, so that nothing falls between it and what is loaded; it waits until that is there.
  let waiting = [];
  await listen(user, (event) => (waiting ? waiting.push(event) : HEARD[event.type]?.(event)), () => become(user));
  try {
    await boot(user);
  } catch (error) {
    // A person who was chosen earlier may be unknown to a new workspace.
    if (user === OWNER) throw error;
    return become(OWNER);
  }
  localStorage.setItem(WHO, model.me);
  model.messages.clear();
  const shown = go();
  drawModal();
  const missed = waiting;
  waiting = null;
  for (const event of missed) HEARD[event.type]?.(event);
  await shown;
}

addEventListener("popstate", go);
document.addEventListener("click", (event) => {
  const here = event.target.closest('a[href^="#/"]');
  if (!here || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  history.pushState(null, "", here.getAttribute("href"));
  go();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden || !model.me || model.place.tab !== "messages") return;
  markRead(model.place.channel);
  drawSidebar(become);
});
document.getElementById("scrim").addEventListener("click", () => drawer(false));
setInterval(showClock, 10_000);
become(new URLSearchParams(location.search).get("as") ?? localStorage.getItem(WHO) ?? OWNER);
