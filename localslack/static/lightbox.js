// Pictures: inline, and large on a click.
import { h, icon } from "./dom.js";

function enlarge(source, alt) {
  const shut = () => {
    box.remove();
    removeEventListener("keydown", onKey);
  };
  const onKey = (event) => { if (event.key === "Escape") shut(); };
  const box = h("div.lightbox", { role: "dialog", "aria-label": alt, "data-testid": "lightbox", onclick: shut },
    h("img", { src: source, alt }), h("p", {}, alt), h("button", { type: "button", "aria-label": "閉じる" }, icon("close")));
  addEventListener("keydown", onKey);
  document.body.append(box);
  box.querySelector("button").focus();
}

const HIGHEST = 420;

/**
 * A picture that grows on a click; its alternative text stands in when it cannot be loaded. Where its size is known
 * its place is kept free, so that nothing moves under the pointer when it arrives.
 */
export function picture(source, alt, width, height) {
  const image = h("img", { src: source, alt, loading: "lazy" });
  if (width && height) {
    image.style.aspectRatio = `${width} / ${height}`;
    image.style.width = `${Math.min(width, (HIGHEST * width) / height)}px`;
  }
  const button = h("button.picture", { type: "button", "aria-label": `${alt}(拡大)`, onclick: () => enlarge(source, alt) }, image);
  image.addEventListener("error", () => button.replaceChildren(h("span.picture-missing", {}, `画像を表示できません: ${alt}`)));
  return button;
}
