// The workspace bar, the list of conversations, who acts, and the clock.
import { avatar, h, icon, redraw } from "./dom.js";
import { drawClock } from "./clock.js";
import { botChannel, model, person } from "./model.js";

function row(item, label, mark) {
  const here = model.place.channel === item.id;
  const unread = model.unread.has(item.id) && !here;
  return h("a.row", {
    href: item.is_im ? "#/app" : `#/${item.id}`, "data-channel": item.id, "aria-current": here ? "page" : null,
    class: `row${here ? " here" : ""}${unread ? " unread" : ""}`,
  }, mark, h("span.row-name", {}, label), item.is_ext_shared ? h("span.shared", { title: "社外の人がいます" }, "社外") : null, unread ? h("span.dot", { "aria-label": "未読" }) : null);
}

function actAs(change) {
  const me = person(model.me);
  const select = h("select", { "data-testid": "act-as", "aria-label": "誰として操作するか", onchange: () => change(select.value) },
    [...model.people.values()].filter((one) => !one.is_bot).map((one) => {
      const option = h("option", { value: one.id }, `${one.real_name}(${one.role})`);
      option.selected = one.id === model.me;
      return option;
    }));
  return h("div.act-as", {}, h("div.foot-title", {}, "誰として操作するか"), h("label.act-as-box", {}, avatar(me, "small"), select, icon("down")));
}

/** Draw the left side. */
export function drawSidebar(change) {
  document.title = `${model.unread.size ? "● " : ""}${model.team.name} – 番頭の手元のワークスペース`;
  redraw(document.getElementById("rail"), h("span.workspace", {}, model.team.name.slice(0, 1)), h("img", { src: "/static/icon.svg", alt: "", width: "36", height: "36" }));
  const dm = botChannel();
  const bot = [...model.people.values()].find((one) => one.is_bot);
  redraw(document.getElementById("sidebar"),
    h("header.team", {}, h("b", {}, model.team.name), h("small", {}, "手元のワークスペース(外には出ません)")),
    h("nav.rows", {},
      h("div.rows-title", {}, "チャンネル"),
      model.channels.filter((one) => one.is_channel).map((one) => row(one, one.name, icon("hash"))),
      dm ? h("div.rows-title", {}, "アプリ") : null,
      dm ? row(dm, bot.real_name, avatar(bot, "tiny")) : null),
    h("footer.side-foot", {}, actAs(change), drawClock()));
}
