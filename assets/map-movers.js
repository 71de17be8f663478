/**
 * Map, part 3: moving things. Keeps where each one was and is going, so that positions arriving once a
 * second or once in ten are drawn as steady motion. Never draws ahead of what was reported.
 */
(function (root) {
  "use strict";
  const M = (root.cockpitMap = root.cockpitMap || {});
  const SEEN_EPOCH = 1767225600; // live client's whole-number columns count from 2026-01-01
  const UNSEEN = -(2 ** 31);
  const LEAST_MS = 300;
  const MOST_MS = 5000; // never show a thing more than this late
  const JUMP_METRES = 1500; // a longer step is a new place, not a movement

  class Movers {
    /** @param {string} kind "vehicles" or "vessels" */
    constructor(kind) {
      this.kind = kind;
      this.head = {};
      this.count = 0; // things, without free slots
      this.size = 0; // slots
      this.ids = [];
      this.labels = [];
      this.activeUntil = 0; // performance.now() until which something is on its way
      this.fastest = 0; // world units per millisecond
      this.seq = 0; // of the state taken last
      this.live = true; // and whether it is the present
      this.styledAt = -Infinity; // performance.now() of the last M.styleMovers
      this.slots = new Map();
      this.grow(0);
    }

    grow(size) {
      const wider = (old, Type) => {
        const next = new Type(size);
        if (old) next.set(old.subarray(0, Math.min(old.length, size)));
        return next;
      };
      for (const name of ["fromX", "fromY", "toX", "toY", "start"]) this[name] = wider(this[name], Float64Array);
      for (const name of ["span", "turnFrom", "turn", "speed"]) this[name] = wider(this[name], Float32Array);
      this.seen = wider(this.seen, Float64Array);
      for (const name of ["status", "style", "used"]) this[name] = wider(this[name], Uint8Array);
      this.size = size;
    }

    /**
     * Take a state of the live client.
     * @param {Object} state head, ids, labels and columns; whole-number columns when state.scaled
     * @param {number} now performance.now()
     * @param {boolean} still show new positions at once (reduced motion, hidden page)
     */
    update(state, now, still) {
      const ids = state.ids || [];
      const was = this.live;
      this.seq = state.seq;
      this.live = !state.source || state.source === "live";
      this.styledAt = -Infinity;
      if (state.source === "playback" && !state.full && ids.length === this.size) return this.follow(state);
      still = still || !this.live || !was; // a moment, and the way back from it, are shown at once
      if (ids.length !== this.size) this.grow(ids.length);
      const before = this.ids;
      this.head = state.head || {};
      this.labels = state.labels || [];
      this.fastest = 0;
      this.count = 0;
      let same = ids.length === before.length;
      for (let i = 0; i < ids.length; i++) {
        const known = before[i] === ids[i];
        same = same && known;
        this.used[i] = ids[i] ? 1 : 0;
        if (!ids[i]) continue;
        this.count++;
        this.take(state, i, now, still || !known);
      }
      if (same) return;
      this.ids = ids.slice();
      this.slots = null; // made again when somebody looks for an id
    }

    /** Take positions that are interpolated already: draw exactly there. */
    follow(state) {
      this.activeUntil = this.fastest = 0;
      for (let i = 0; i < this.size; i++) {
        if (!this.used[i]) continue;
        this.toX[i] = M.worldX(state.lon[i]);
        this.toY[i] = M.worldY(state.lat[i]);
        this.turn[i] = state.heading[i];
        this.speed[i] = state.speed[i];
        this.seen[i] = state.seen[i];
        this.status[i] = state.status[i];
        this.span[i] = 0;
      }
    }

    take(state, i, now, jump) {
      const raw = state.scaled === true;
      const lon = raw ? state.lon[i] * 1e-5 : state.lon[i];
      const lat = raw ? state.lat[i] * 1e-5 : state.lat[i];
      const heading = state.heading[i];
      const speed = state.speed[i];
      const seen = raw ? (state.seen[i] === UNSEEN ? NaN : state.seen[i] + SEEN_EPOCH) : state.seen[i];
      const turn = heading == null || heading < 0 ? NaN : heading;
      const x = M.worldX(lon);
      const y = M.worldY(lat);
      if (jump || x !== this.toX[i] || y !== this.toY[i]) this.steer(i, x, y, turn, seen, now, jump);
      else this.turn[i] = turn;
      this.seen[i] = seen == null ? NaN : seen;
      this.speed[i] = speed == null || speed < 0 ? NaN : raw ? speed / 10 : speed;
      this.status[i] = state.status[i];
    }

    /** Start from where it is drawn now and arrive after as long as the source took between two fixes. */
    steer(i, x, y, turn, seen, now, jump) {
      const share = this.share(i, now);
      const fromX = this.fromX[i] + (this.toX[i] - this.fromX[i]) * share;
      const fromY = this.fromY[i] + (this.toY[i] - this.fromY[i]) * share;
      const step = Math.hypot(x - fromX, y - fromY);
      const far = step * M.metresPerWorld(36) > JUMP_METRES;
      const gap = (seen - this.seen[i]) * 1000;
      this.turnFrom[i] = this.turnAt(i, share);
      this.turn[i] = turn;
      this.toX[i] = x;
      this.toY[i] = y;
      this.start[i] = now;
      if (jump || far) {
        this.fromX[i] = x;
        this.fromY[i] = y;
        this.turnFrom[i] = turn;
        this.span[i] = 0;
        return;
      }
      this.fromX[i] = fromX;
      this.fromY[i] = fromY;
      this.span[i] = Math.min(MOST_MS, Math.max(LEAST_MS, gap > 0 ? gap : 1000));
      this.activeUntil = Math.max(this.activeUntil, now + this.span[i]);
      this.fastest = Math.max(this.fastest, step / this.span[i]);
    }

    /** How much of its way a thing has gone, 0 to 1. */
    share(i, now) {
      const span = this.span[i];
      return span > 0 ? Math.min(1, (now - this.start[i]) / span) : 1;
    }

    /** Heading in degrees part of the way, by the shorter turn; NaN unknown. */
    turnAt(i, share) {
      const to = this.turn[i];
      const from = this.turnFrom[i];
      if (share >= 1 || Number.isNaN(from) || Number.isNaN(to)) return to;
      return from + ((((to - from) % 360) + 540) % 360 - 180) * share;
    }

    slotOf(id) {
      if (!this.slots) {
        this.slots = new Map();
        this.ids.forEach((key, i) => key && this.slots.set(key, i));
      }
      return this.slots.has(id) ? this.slots.get(id) : -1;
    }

    /** Widen a box in world units by everything that moves. */
    spread(box) {
      for (let i = 0; i < this.size; i++) {
        if (!this.ids[i]) continue;
        box.west = Math.min(box.west, this.toX[i]);
        box.east = Math.max(box.east, this.toX[i]);
        box.north = Math.min(box.north, this.toY[i]);
        box.south = Math.max(box.south, this.toY[i]);
      }
      return box;
    }

    /**
     * Places of everything inside the view, in pixels, into reusable lists.
     * @param {Object} view see map-canvas.js
     * @param {number} now performance.now()
     * @returns {{n: number, inside: number, x: Float32Array, y: Float32Array, slot: Int32Array,
     *   styled: Array<Int32Array>, styledCount: Int32Array}} styled: entries of each of M.STYLES
     */
    visible(view, now) {
      if (!this.seenHere || this.seenHere.slot.length < this.size) {
        const [size, list] = [this.size, () => new Int32Array(this.size)];
        this.seenHere = { n: 0, inside: 0, dense: false, x: new Float32Array(size), y: new Float32Array(size), slot: list(),
          styled: M.STYLES.map(list), styledCount: new Int32Array(M.STYLES.length) };
      }
      const here = this.seenHere;
      here.styledCount.fill(0);
      const margin = 30 * view.ui;
      let n = 0;
      let inside = 0; // within what people see, not the margin drawn for panning
      for (let i = 0; i < this.size; i++) {
        if (!this.used[i]) continue;
        const span = this.span[i];
        const passed = now - this.start[i];
        let wx = this.toX[i];
        let wy = this.toY[i];
        if (passed < span) {
          wx = this.fromX[i] + (wx - this.fromX[i]) * (passed / span);
          wy = this.fromY[i] + (wy - this.fromY[i]) * (passed / span);
        }
        const x = wx * view.scale - view.originX;
        const y = wy * view.scale - view.originY;
        if (x < -margin || y < -margin || x > view.width + margin || y > view.height + margin) continue;
        if (x >= view.seenX && y >= view.seenY && x <= view.width - view.seenX && y <= view.height - view.seenY) inside++;
        here.x[n] = x;
        here.y[n] = y;
        const style = this.style[i];
        here.styled[style][here.styledCount[style]++] = n;
        here.slot[n++] = i;
      }
      here.n = n;
      here.inside = inside;
      return here;
    }
  }

  M.Movers = Movers;
})(window);
