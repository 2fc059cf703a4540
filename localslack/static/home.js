// The app's own place: its Home tab and its messages.
import { blockContext, drawBlocks } from "./blocks.js";
import { avatar, h, redraw } from "./dom.js";
import { model } from "./model.js";

/** The tabs above the app's place. */
export function tabs(now) {
  const tab = (name, label) => h("a.tab", { href: name === "home" ? "#/app" : "#/app/messages", class: `tab${now === name ? " here" : ""}`, "data-testid": `tab-${name}` }, label);
  return h("nav.tabs", {}, tab("home", "ホーム"), tab("messages", "メッセージ"));
}

/** Draw the Home that the bot has published for this person. */
export function drawHome(root) {
  const bot = [...model.people.values()].find((one) => one.is_bot);
  const view = model.home;
  const body = view
    ? drawBlocks(blockContext({ view_id: view.id }, `home/${model.me}`), view.blocks)
    : h("div.welcome", {}, avatar(bot), h("h2", {}, "番頭"), h("p", {}, "ホームの準備をしています。番頭が動いていれば、まもなく表示されます。"));
  redraw(root, h("div.home", { "data-testid": "home", "data-view-id": view?.id, "data-callback-id": view?.callback_id }, body));
}
