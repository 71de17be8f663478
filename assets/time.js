/**
 * Time on the screen: live, a past moment, or a range played back. `window.cockpit.time`.
 *
 * This file holds which moment is on screen and moves it. Its parts are time_url.js (the address),
 * time_moment.js (pictures of a moment), time_tracks.js (positions while playing, fetched ahead) and
 * time_bar.js (controls, keys, words). Everything but the clock and the notices follows, through the
 * live client's own decoders and readers. See docs/live-protocol.md, "The browser side".
 */
(function () {
  "use strict";
  const live = window.cockpit;
  if (!live || live.time) return;

  const TOLD_MS = 250; // while playing, listeners hear of it this often
  const ASK_MS = 1000; // and everything but positions is fetched this often
  const LONGEST_STEP_MS = 250; // of real time: a hung or sleeping screen goes on where it stood
  const NEWEST_MS = 1000; // a moment lies at least this far behind the server's clock
  const SPEEDS = [1, 3600];
  const KNOWN = ["corrected", "then"];

  const is = { mode: "live", at: null, known: "corrected", since: null, until: null, speed: 60, error: null, waiting: false };
  const listeners = new Set();
  const { parts } = live;
  let frameId = 0;
  let steppedAt = 0; // performance ms
  let toldAt = 0;
  let askedAt = 0;

  const source = { now: () => is.at, wanted: () => ask(true) };

  /** Say what changed: address first, then body, then whoever listens. */
  function tell() {
    toldAt = performance.now();
    parts.timeUrl.write(is);
    mark();
    for (const listener of listeners) {
      try {
        listener(time);
      } catch (error) {
        console.error("time: a listener failed", error);
      }
    }
  }

  function mark() {
    const { dataset } = document.body;
    dataset.time = is.mode;
    const flags = { timeLoading: time.loading, timeWaiting: is.waiting, timeError: is.error };
    for (const [name, value] of Object.entries(flags)) {
      if (value) dataset[name] = value === true ? "" : value;
      else delete dataset[name];
    }
  }

  // ---- pictures ----
  /** Fetch what the present moment needs; `late` when topics only joined. */
  function ask(late) {
    if (is.mode === "live") return;
    askedAt = late ? askedAt : performance.now();
    parts.timeMoment.want({ at: is.at, known: is.known, again: !late });
  }

  function onMoment(error) {
    if (is.mode === "live") return;
    is.error = error;
    tell();
  }

  function enter(mode) {
    is.mode = mode;
    is.waiting = false;
    cancelAnimationFrame(frameId);
    if (mode !== "playback") parts.timeTracks.stop();
    live.parts.source.divert(mode === "live" ? null : source);
  }

  // ---- playing ----
  function frame(now) {
    if (is.mode !== "playback") return;
    frameId = requestAnimationFrame(frame);
    const passed = Math.min(now - steppedAt, LONGEST_STEP_MS);
    steppedAt = now;
    if (document.visibilityState === "hidden" || passed <= 0) return;
    const next = Math.min(is.at + passed * is.speed, is.until);
    const there = parts.timeTracks.due(now) ? parts.timeTracks.show(next, is) : !is.waiting;
    if (there) is.at = next;
    const turned = is.waiting === there;
    is.waiting = !there;
    // A slow answer is waited for: a newer question would make it stale, and no picture would ever come.
    if (now - askedAt >= ASK_MS && there && !parts.timeMoment.asking()) ask(false);
    if (is.at >= is.until) time.pause();
    else if (turned || now - toldAt >= TOLD_MS) tell();
  }

  function moment(value) {
    const at = value instanceof Date ? value.getTime() : typeof value === "string" ? Date.parse(value) : Number(value);
    return Number.isFinite(at) ? at : null;
  }

  /** Latest moment there is; until the server's clock was heard only the server can say. */
  const newest = () => (live.connection === "connecting" ? Infinity : live.serverNow() - NEWEST_MS);

  const time = {
    get mode() { return is.mode; },
    get at() { return is.at; },
    get known() { return is.known; },
    get since() { return is.since; },
    get until() { return is.until; },
    get speed() { return is.speed; },
    get error() { return is.error; },
    get playing() { return is.mode === "playback"; },
    get waiting() { return is.waiting; },
    get loading() { return is.mode === "moment" && parts.timeMoment.loading(); },
    /** Epoch ms of the pictures on screen, null while live or before the first; of the first data. */
    get shown() { return is.mode === "live" ? null : parts.timeMoment.shown(); },
    get oldest() { return parts.timeMoment.oldest(); },

    /**
     * Show a moment. A range it lies in is kept, so that one can go on playing from there.
     * @param {number|string|Date} at  epoch ms, ISO text or Date; a time to come is refused
     * @param {{known?: string, since?: number, until?: number}} [how]  known: "corrected" | "then"
     * @returns {boolean} whether it is shown
     */
    set(at, how = {}) {
      const wanted = moment(at);
      if (wanted === null || wanted > newest() + NEWEST_MS) return refuse(wanted === null ? "bad_time" : "future");
      if (how.known) time.setKnown(how.known);
      if (how.since !== undefined) range(how.since, how.until);
      is.at = Math.floor(Math.min(wanted, newest()) / 1000) * 1000;
      if (is.since !== null && (is.at < is.since || is.at > is.until)) is.since = is.until = null;
      is.error = null;
      const playing = is.mode === "playback";
      if (!playing) enter("moment");
      ask(false);
      tell();
      return true;
    },

    /** Times faster than it was, 1 to 3600. */
    setSpeed(speed) {
      is.speed = Math.min(SPEEDS[1], Math.max(SPEEDS[0], Number(speed) || is.speed));
      tell();
    },

    /** As corrected since, or as it was known then. */
    setKnown(known) {
      if (!KNOWN.includes(known) || known === is.known) return;
      is.known = known;
      parts.timeTracks.stop(); // its blocks hold the other knowledge
      if (is.mode === "live") return;
      ask(false);
      tell();
    },

    /**
     * Play a range; without one the present range goes on, or the hour up to now.
     * @param {{since?: number, until?: number, at?: number, speed?: number}} [how]  epoch ms; 1 to 3600
     */
    play(how = {}) {
      if (how.speed) time.setSpeed(how.speed);
      if (how.since !== undefined) range(how.since, how.until);
      else if (is.since === null) range(is.at === null ? newest() - 3600e3 : is.at, is.at === null ? newest() : Math.min(newest(), is.at + 3600e3));
      if (is.since === null) return void refuse("bad_time");
      const from = how.at !== undefined ? moment(how.at) : how.since !== undefined ? is.since : is.at;
      is.at = from === null || from < is.since || from >= is.until ? is.since : from;
      is.error = null;
      enter("playback");
      steppedAt = performance.now();
      frameId = requestAnimationFrame(frame);
      ask(false);
      tell();
    },

    /** Stop at the present moment and show it exactly. */
    pause() {
      if (is.mode !== "playback") return;
      is.at = Math.floor(is.at / 1000) * 1000;
      enter("moment");
      ask(false);
      tell();
    },

    /** A step of so many seconds, from live into the past; inside a range it stays inside. */
    step(seconds) {
      let to = (is.at === null ? newest() : is.at) + seconds * 1000;
      if (is.since !== null) to = Math.min(is.until, Math.max(is.since, to));
      time.set(Math.min(to, newest()));
    },

    /** Return to live. */
    live() {
      if (is.mode === "live" && !is.error) return;
      enter("live");
      parts.timeMoment.stop();
      Object.assign(is, { at: null, since: null, until: null, error: null, known: "corrected" });
      tell();
    },

    /** Hear of every change, in playback four times a second; returns the function that ends it. */
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  function range(since, until) {
    const from = moment(since);
    const to = Math.min(moment(until === undefined ? newest() : until), newest());
    if (from === null || to === null || from >= to) return;
    is.since = Math.floor(from / 1000) * 1000; // whole seconds, as in the address
    is.until = Math.floor(to / 1000) * 1000;
  }

  /** Nothing changes but the reason shown. */
  function refuse(code) {
    is.error = code;
    tell();
    return false;
  }

  /** What the address says: on opening, and when people go back and forth. */
  function follow() {
    const told = parts.timeUrl.read();
    if (told.error) refuse(told.error);
    else if (told.at === null) time.live();
    else {
      time.setKnown(told.known);
      if (told.speed) time.play({ at: told.at, since: told.since, until: told.until, speed: told.speed });
      else time.set(told.at, { since: told.since, until: told.until });
    }
  }

  live.time = time;
  const asked = new URLSearchParams(location.search);
  document.body.dataset.time = asked.has("at") || asked.has("since") ? (asked.has("speed") ? "playback" : "moment") : "live";
  document.addEventListener("DOMContentLoaded", () => {
    parts.timeMoment.start(onMoment);
    follow();
    window.addEventListener("popstate", follow);
  });
})();
