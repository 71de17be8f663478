/**
 * The moment in the address, so that it can be shared: at, known, since, until, speed.
 * Other parts of the address stay as they are.
 */
(function () {
  "use strict";

  const PLAYING_MS = 2000; // browsers allow only so many changes of the address
  const KEYS = ["at", "known", "since", "until", "speed"];
  const iso = (ms) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
  let writtenAt = -Infinity;

  /**
   * What the address asks for.
   * @returns {{at: number|null, known: string, since?: number, until?: number, speed?: number, error?: string}}
   *     epoch ms; `at` null: live; `error` "bad_time": no moment can be read from it
   */
  function read() {
    const query = new URLSearchParams(location.search);
    const told = { at: null, known: query.get("known") === "then" ? "then" : "corrected" };
    for (const key of ["at", "since", "until"]) {
      if (!query.get(key)) continue;
      told[key] = Date.parse(query.get(key));
      if (Number.isNaN(told[key])) return { at: null, known: told.known, error: "bad_time" };
    }
    if (told.at === null && told.since !== undefined) told.at = told.since;
    const speed = Number(query.get("speed"));
    if (told.since !== undefined && speed >= 1) told.speed = speed;
    return told;
  }

  /** Put the present moment into the address, without a new entry in the history. */
  function write(is) {
    const now = performance.now();
    if (is.mode === "playback" && now - writtenAt < PLAYING_MS) return;
    const address = new URL(location.href);
    const before = address.search;
    for (const key of KEYS) address.searchParams.delete(key);
    if (is.mode !== "live") {
      address.searchParams.set("at", iso(is.at));
      if (is.known !== "corrected") address.searchParams.set("known", is.known);
      if (is.since !== null) {
        address.searchParams.set("since", iso(is.since));
        address.searchParams.set("until", iso(is.until));
      }
      if (is.mode === "playback") address.searchParams.set("speed", String(is.speed));
    }
    const after = address.href.replace(/%3A/g, ":"); // a colon may stand in a query, and reads better
    if (after === location.href || (!before && !address.search)) return;
    history.replaceState(history.state, "", after);
    writtenAt = now;
  }

  window.cockpit.parts.timeUrl = { read, write };
})();
