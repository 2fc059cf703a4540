// Live updates by Server-Sent Events.

let source = null;

/**
 * Listen as a person. `heard` gets every event; `again` is called when a lost connection is back.
 * Resolves when the first attempt to connect has ended: what is loaded afterwards misses nothing.
 */
export function listen(user, heard, again) {
  source?.close();
  let lost = false;
  const mine = new EventSource(`/stream?user=${encodeURIComponent(user)}`);
  source = mine;
  mine.onmessage = (event) => heard(JSON.parse(event.data));
  return new Promise((resolve) => {
    mine.onerror = () => {
      lost = true;
      document.body.classList.add("offline");
      resolve();
    };
    mine.onopen = () => {
      document.body.classList.remove("offline");
      if (lost) again();
      lost = false;
      resolve();
    };
  });
}
