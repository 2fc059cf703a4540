// The emoji names that a bot of a shop is likely to write; an unknown one stays as it was typed.
const TABLE = {
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", rotating_light: "🚨", bell: "🔔",
  chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", bar_chart: "📊", calendar: "📅", date: "📅",
  spiral_calendar_pad: "🗓️", memo: "📝", pencil: "📝", pencil2: "✏️", clipboard: "📋", bulb: "💡", mag: "🔍",
  eyes: "👀", tada: "🎉", rocket: "🚀", fire: "🔥", star: "⭐", sparkles: "✨", thumbsup: "👍", "+1": "👍",
  thumbsdown: "👎", "-1": "👎", ok_hand: "👌", raised_hands: "🙌", clap: "👏", pray: "🙏", muscle: "💪", wave: "👋",
  smile: "😄", slightly_smiling_face: "🙂", thinking_face: "🤔", cry: "😢", bow: "🙇", hourglass: "⌛",
  hourglass_flowing_sand: "⏳", stopwatch: "⏱️", alarm_clock: "⏰", clock9: "🕘", repeat: "🔁",
  arrows_counterclockwise: "🔄", arrow_up: "⬆️", arrow_down: "⬇️", arrow_right: "➡️", arrow_left: "⬅️",
  small_red_triangle: "🔺", small_red_triangle_down: "🔻", red_circle: "🔴", large_green_circle: "🟢",
  large_yellow_circle: "🟡", large_orange_circle: "🟠", large_blue_circle: "🔵", white_circle: "⚪", black_circle: "⚫",
  octagonal_sign: "🛑", no_entry: "⛔", no_entry_sign: "🚫", information_source: "ℹ️", question: "❓", exclamation: "❗",
  moneybag: "💰", yen: "💴", money_with_wings: "💸", shopping_cart: "🛒", shopping_trolley: "🛒", package: "📦",
  gift: "🎁", truck: "🚚", email: "📧", envelope: "✉️", telephone_receiver: "📞", loudspeaker: "📢", mega: "📣",
  bust_in_silhouette: "👤", busts_in_silhouette: "👥", handshake: "🤝", crown: "👑", trophy: "🏆", seedling: "🌱",
  cherry_blossom: "🌸", abacus: "🧮", notebook: "📓", ledger: "📒", books: "📚", link: "🔗", lock: "🔒", gear: "⚙️",
  wrench: "🔧", floppy_disk: "💾", file_folder: "📁", paperclip: "📎", inbox_tray: "📥", outbox_tray: "📤",
  speech_balloon: "💬", ballot_box_with_check: "☑️", zzz: "💤", heart: "❤️", hash: "#️⃣", new: "🆕", ok: "🆗",
};

/** The character of an emoji name, or undefined. */
export function emoji(name) {
  return TABLE[name];
}

/** Text with :names: replaced by their characters. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => TABLE[name] ?? whole);
}
