/**
 * Positions while playing: blocks of tracks from /api/v1/moment/tracks, fetched ahead, and between
 * two fixes interpolated for every animation frame. Typed arrays, nothing allocated per frame.
 */
(function () {
  "use strict";

  const KINDS = { vehicles: 1800, vessels: 3600 }; // seconds a silent one stays, as in the live picture
  const BLOCK_SECONDS = 10; // of playing time
  const LEAST_SECONDS = 600; // of the moment's time
  const MOST_SECONDS = 6 * 3600; // what the server gives at once, with the margin
  const BRIDGE_SECONDS = 600; // a longer silence is not bridged
  const GLIDE_SECONDS = 5; // "as known then" glides from the fix before, as the live map did then
  const EVERY_FROM_SPEED = 60; // from here on not every fix is needed
  const RETRY_MS = 2000;
  const SMOOTH = 0.93; // share of the screen's own frame rate that has to be held
  const LEAST_FRAME_MS = 16; // faster screens need not be filled
  const PAUSED_MS = 500; // playing began anew
  const MOST_STRIDE = 6; // a slow machine draws every so many frames

  const { parts } = window.cockpit;
  const players = new Map(); // kind -> Player

  /** Fixes of a kind between two moments, grouped by id and sorted by time. */
  class Block {
    constructor(topic, since, until, answer, columns) {
      Object.assign(this, columns); // time (s after since), lon, lat (1e-5 deg), speed (0.1), heading: Int32Array
      this.since = since; // epoch ms
      this.until = until; // epoch ms up to which every fix has its successor, if there is one
      this.first = Int32Array.from(answer.first);
      this.cursor = Int32Array.from(answer.first.slice(0, -1)); // fix each one stands at
      const n = answer.ids.length;
      this.ids = answer.ids;
      this.state = {
        kind: "columns", topic, source: "playback", seq: 0, n, ids: new Array(n).fill(""), labels: answer.labels, full: true, fresh: [],
        lon: new Float64Array(n), lat: new Float64Array(n), speed: new Float64Array(n), heading: new Float64Array(n),
        status: Int16Array.from(answer.status), seen: new Float64Array(n), recorded: new Float64Array(n).fill(NaN),
      };
    }

    covers(at) {
      return at >= this.since && at < this.until;
    }

    /**
     * Move everybody to a moment.
     * @param {number} at  epoch ms
     * @param {boolean} then  from what was known by then alone: glide from the fix before, never ahead
     * @param {number} stays  seconds a silent one stays
     * @returns {boolean} whether somebody came or left
     */
    place(at, then, stays) {
      const { state, first, time, cursor, ids, lon, lat, speed, heading } = this;
      const seconds = (at - this.since) / 1000;
      const epoch = this.since / 1000;
      let changed = false;
      for (let i = 0; i < state.n; i++) {
        const end = first[i + 1];
        let k = cursor[i];
        if (k < end && time[k] > seconds) k = first[i]; // back in time
        while (k + 1 < end && time[k + 1] <= seconds) k++;
        cursor[i] = k;
        const age = k < end ? seconds - time[k] : -1;
        const here = age >= 0 && age <= stays;
        if (here !== (state.ids[i] !== "")) {
          state.ids[i] = here ? ids[i] : "";
          changed = true;
        }
        if (!here) continue;
        let from = then && k > first[i] ? k - 1 : k;
        let to = then || k + 1 >= end ? k : k + 1;
        const gap = time[to] - time[from];
        if (gap > BRIDGE_SECONDS) from = to = k;
        const share = from === to ? 0 : Math.min(1, age / (then ? Math.min(gap, GLIDE_SECONDS) : gap));
        state.lon[i] = (lon[from] + (lon[to] - lon[from]) * share) * 1e-5;
        state.lat[i] = (lat[from] + (lat[to] - lat[from]) * share) * 1e-5;
        state.heading[i] = turned(heading[from], heading[to], share);
        state.speed[i] = speed[k] < 0 ? NaN : speed[k] / 10;
        state.seen[i] = epoch + time[k];
      }
      return changed;
    }
  }

  /** Heading part of the way, by the shorter turn; NaN unknown. */
  function turned(from, to, share) {
    if (from < 0) return NaN;
    if (to < 0 || share === 0) return from;
    const step = to - from;
    return from + (step > 180 ? step - 360 : step < -180 ? step + 360 : step) * share;
  }

  /** The blocks of one kind: the one being played and the next. */
  class Player {
    constructor(kind) {
      this.kind = kind;
      this.blocks = [];
      this.fetching = null; // epoch ms the block on its way begins at
      this.failed = false; // then pictures of the moment will do
      this.retryAt = 0; // performance ms
      this.shown = null; // block on screen
      this.gone = false;
    }

    /** @returns {boolean} false: the block is still on its way, time has to wait */
    show(at, is) {
      const inside = Math.min(at, is.until - 1); // a block ends before its last moment; the range's end is shown too
      const block = this.blocks.find((one) => one.covers(inside));
      const ahead = block ? block.until : inside;
      if (ahead < is.until && !this.blocks.some((one) => one.covers(ahead))) this.fetch(ahead, is);
      if (!block) return this.failed;
      this.blocks = this.blocks.filter((one) => one === block || one.covers(block.until));
      const { state } = block;
      const turned = block !== this.shown;
      const changed = block.place(at, is.known === "then", KINDS[this.kind]);
      state.full = turned || changed;
      if (turned) state.head = Object.assign({ kind: this.kind, expected_seconds: 60, origins: [], feeds: [] }, headOf(this.kind));
      if (turned || Math.abs(at - state.at) >= 1000) state.head.as_of = new Date(at).toISOString();
      this.shown = block;
      state.at = at;
      state.known = is.known;
      parts.source.hand(this.kind, state);
      return true;
    }

    async fetch(since, is) {
      if (this.fetching !== null || performance.now() < this.retryAt) return;
      this.fetching = since;
      const seconds = Math.min(Math.max(LEAST_SECONDS, BLOCK_SECONDS * is.speed), MOST_SECONDS * 0.9);
      const margin = Math.min(BRIDGE_SECONDS, Math.max(60, seconds / 10));
      const until = Math.min(since + seconds * 1000, is.until);
      const every = is.speed >= EVERY_FROM_SPEED ? Math.floor(is.speed / 4) : 0;
      try {
        const block = await this.load(since, until, margin, every, is.known);
        if (this.gone) return;
        this.blocks.push(block);
        this.failed = false;
      } catch (error) {
        this.failed = true;
        this.retryAt = performance.now() + RETRY_MS;
        console.warn("time: no tracks of", this.kind, error);
      } finally {
        this.fetching = null;
      }
    }

    async load(since, until, margin, every, known) {
      const iso = (ms) => new Date(ms).toISOString();
      const last = Math.min(until + margin * 1000, window.cockpit.serverNow() - 1000);
      const query = { kind: this.kind, since: iso(since), until: iso(last), known };
      if (every) query.every = String(every);
      const response = await fetch("/api/v1/moment/tracks?" + new URLSearchParams(query), { cache: "no-store" });
      if (!response.ok) throw new Error("status " + response.status);
      const answer = await response.json();
      const columns = {};
      const fixes = answer.first[answer.first.length - 1];
      for (const name of ["time", "lon", "lat", "speed", "heading"]) {
        columns[name] = parts.codec.unpacked(answer[name], fixes);
        await new Promise((go) => setTimeout(go, 0)); // leave room for frames in between
      }
      return new Block(this.kind, since, until, answer, columns);
    }
  }

  /** What the picture before said of itself: feeds and origins. */
  function headOf(kind) {
    const before = window.cockpit.state(kind);
    return before ? before.head : {};
  }

  // ---- how often: every frame if the machine draws that fast, else every second, third… of them ----
  const pace = { stride: 2, left: 0, began: 0, frames: 0, best: Infinity, last: 0, good: 0, patience: 2 };

  /** @returns {boolean} whether positions are due in this frame */
  function due(now) {
    if (now - pace.last > PAUSED_MS) Object.assign(pace, { began: now, frames: 0, left: 0 });
    pace.best = Math.min(pace.best, Math.max(LEAST_FRAME_MS, now - pace.last));
    pace.last = now;
    pace.frames++;
    if (now - pace.began >= 1000) settle(now);
    if (--pace.left > 0) return false;
    pace.left = pace.stride;
    return true;
  }

  /** Once a second: draw less often when frames were missed, and after a good while try more often again. */
  function settle(now) {
    const smooth = (pace.frames * pace.best) / (now - pace.began) >= SMOOTH;
    pace.good = smooth ? pace.good + 1 : 0;
    if (!smooth) pace.stride = Math.min(MOST_STRIDE, pace.stride + 1);
    else if (pace.good >= pace.patience && pace.stride > 1) {
      pace.stride--;
      pace.good = 0;
      pace.patience = Math.min(60, pace.patience * 2);
    }
    pace.began = now;
    pace.frames = 0;
  }

  /**
   * Show positions of a moment.
   * @param {number} at  epoch ms
   * @param {{known: string, until: number, speed: number}} is
   * @returns {boolean} false: a block is still on its way
   */
  function show(at, is) {
    let there = true;
    const wanted = parts.source.topics();
    for (const kind of Object.keys(KINDS)) {
      if (!wanted.includes(kind)) {
        drop(kind);
        continue;
      }
      if (!players.has(kind)) players.set(kind, new Player(kind));
      there = players.get(kind).show(at, is) && there;
    }
    return there;
  }

  function drop(kind) {
    if (!players.has(kind)) return;
    players.get(kind).gone = true;
    players.delete(kind);
  }

  parts.timeTracks = {
    due,
    show,
    stop: () => Object.keys(KINDS).forEach(drop),
    /** Kinds whose positions come from here now. */
    played: () => Array.from(players.values()).filter((player) => player.shown && !player.failed).map((player) => player.kind),
    Block,
  };
})();
