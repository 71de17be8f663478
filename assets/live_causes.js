/**
 * Why something is old, in words beside it: the connection, or which of its feeds is late or down and since when.
 * Words about feeds come drawn from the server (view `feed-causes`, layouts/causes.py); the rest from `#live-texts`.
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
  let lostAt = 0; // performance ms, 0 while connected

  /** Follow the words of the language on screen. */
  function follow(subscribe) {
    const topic = VIEW + parts.page.language();
    if (topic === followed) return;
    stop();
    followed = topic;
    stop = subscribe(topic, (state) => (feeds = state.value || {}));
  }

  function lostSeconds(connection) {
    if (connection === "live" || connection === "polling") lostAt = 0;
    else if (!lostAt) lostAt = performance.now();
    return lostAt ? Math.floor((performance.now() - lostAt) / 1000) : 0;
  }

  /** What the lamp of the connection says: its state, for how long, and a clock that is wrong. */
  function connectionWords(connection) {
    const { text } = parts.page;
    const seconds = lostSeconds(connection);
    const words = text("connection." + connection) + (connection === "lost" && seconds ? text("connection.since", seconds) : "");
    const ahead = parts.link.clockErrorSeconds();
    const wrong = Math.abs(ahead) > CLOCK_SECONDS;
    const clock = wrong ? text(ahead > 0 ? "connection.clock_fast" : "connection.clock_slow", Math.round(Math.abs(ahead) / 60)) : "";
    document.body.toggleAttribute("data-clock-wrong", wrong);
    return clock ? `${words} · ${clock}` : words;
  }

  function wordsFor(element, state) {
    const lost = lostSeconds(window.cockpit.connection);
    if (lost >= PATIENCE_SECONDS) return parts.page.text("cause.connection", lost);
    if (state === "fresh") return "";
    const behind = (element.dataset.feeds || "").split(" ").filter((name) => feeds[name]);
    const blamed = behind.map((name) => feeds[name].words).filter(Boolean);
    if (blamed.length) return blamed.join("; ");
    return state === "late" || state === "lost" ? behind.map((name) => parts.page.text("cause.quiet").replace("{feed}", feeds[name].title)).join("; ") : "";
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
