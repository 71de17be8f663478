/**
 * Why something is old, in words beside it: the connection, or which of its feeds is late or down and since when.
 * Words about feeds come drawn from the server (view `feed-causes`, layouts/causes.py); the rest from `#live-texts`.
 * A part of a page may live on a connection (`data-connection`) or feeds (`data-causes`) of its own: the styleguide
 * shows so what the page itself shows when its own are in trouble.
 */
(function () {
  "use strict";

  const VIEW = "view:feed-causes@";
  const CLOCK_SECONDS = 60; // a PC's clock that is wrong by more is told about
  const PATIENCE_SECONDS = 3; // a connection that comes back sooner is not worth a word on every tile

  const { parts } = window.cockpit;
  let feeds = {}; // name -> {title, words}
  let followed = "";
  let stop = () => {};
  const lostAt = new WeakMap(); // what lives on a connection that is away -> performance ms

  /** Follow the words of the language on screen. */
  function follow(subscribe) {
    const topic = VIEW + parts.page.language();
    if (topic === followed) return;
    stop();
    followed = topic;
    stop = subscribe(topic, (state) => (feeds = state.value || {}));
  }

  /** For how long the connection is away on which this element lives, 0 while it stands. */
  function lostSeconds(element) {
    const holder = element.closest("[data-connection]");
    if (!holder) return 0;
    if (["live", "polling"].includes(holder.dataset.connection)) lostAt.delete(holder);
    else if (!lostAt.has(holder)) lostAt.set(holder, performance.now());
    return lostAt.has(holder) ? Math.floor((performance.now() - lostAt.get(holder)) / 1000) : 0;
  }

  function feedsOf(element) {
    const holder = element.closest("[data-causes]");
    return holder ? JSON.parse(holder.dataset.causes) : feeds;
  }

  /** What the lamp of the connection says: its state, for how long, and a clock that is wrong. */
  function connectionWords(connection) {
    const { text } = parts.page;
    const seconds = lostSeconds(document.body);
    const words = text("connection." + connection) + (connection === "lost" && seconds ? text("connection.since", seconds) : "");
    const ahead = parts.link.clockErrorSeconds();
    const wrong = Math.abs(ahead) > CLOCK_SECONDS;
    const clock = wrong ? text(ahead > 0 ? "connection.clock_fast" : "connection.clock_slow", Math.round(Math.abs(ahead) / 60)) : "";
    document.body.toggleAttribute("data-clock-wrong", wrong);
    return clock ? `${words} · ${clock}` : words;
  }

  function wordsFor(element, state) {
    const lost = lostSeconds(element);
    if (lost >= PATIENCE_SECONDS) return parts.page.text("cause.connection", lost);
    if (state === "fresh") return "";
    const told = feedsOf(element);
    const behind = (element.dataset.feeds || "").split(" ").filter((name) => told[name]);
    const blamed = behind.map((name) => told[name].words).filter(Boolean);
    if (blamed.length) return blamed.join("; ");
    return state === "late" || state === "lost" ? behind.map((name) => parts.page.text("cause.quiet").replace("{feed}", told[name].title)).join("; ") : "";
  }

  /** Write the cause into a tile that has a place for it. */
  function say(element, state) {
    const place = element.querySelector(":scope > .cause");
    if (!place) return;
    const words = wordsFor(element, state);
    if (place.textContent === words) return;
    parts.page.write(place, words);
    place.title = words;
  }

  parts.causes = { follow, say, connectionWords };
})();
