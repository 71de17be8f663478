/**
 * Tells the server how long pictures take from its tick to this screen: a small histogram every
 * half minute, nothing about who looks at what. The map calls `cockpit.drawn(topic, seq)` when it has
 * painted a state. Taken up by POST /api/v1/metrics/browser (api/browser_report.py).
 */
(function () {
  "use strict";

  // Seconds; the same as BOUNDS in api/browser_report.py.
  const BOUNDS = [0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0];
  const EVERY_MS = 30000;
  const SPREAD_MS = 10000; // tabs opened together do not report together
  const LONGEST_SECONDS = 3600;

  const tab = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  /** @type {Map<string, {seq: number, counts: number[], total: number}>} */
  const topics = new Map();

  function fresh(seq) {
    return { seq, counts: new Array(BOUNDS.length + 1).fill(0), total: 0 };
  }

  /**
   * A state was painted.
   * @param {string} topic
   * @param {number} seq  its sequence number; the same one again counts once
   */
  function drawn(topic, seq) {
    const cockpit = window.cockpit;
    const state = cockpit.state(topic);
    const live = !cockpit.time || cockpit.time.mode === "live";
    if (!state || state.seq !== seq || !live || document.visibilityState !== "visible") return;
    let here = topics.get(topic);
    if (!here) topics.set(topic, (here = fresh(0)));
    if (here.seq === seq) return;
    here.seq = seq;
    // A whole state may have been published long before this tab asked for it: that says nothing.
    if (state.full || !state.published) return;
    const seconds = Math.min(LONGEST_SECONDS, Math.max(0, cockpit.now() / 1000 - state.published));
    let bin = 0;
    while (bin < BOUNDS.length && seconds > BOUNDS[bin]) bin++;
    here.counts[bin]++;
    here.total += seconds;
  }

  function report() {
    setTimeout(report, EVERY_MS + Math.random() * SPREAD_MS);
    const draws = {};
    for (const [topic, here] of topics) {
      if (!here.counts.some((count) => count > 0)) continue;
      draws[topic] = { counts: here.counts, total: here.total };
      topics.set(topic, fresh(here.seq));
    }
    if (!Object.keys(draws).length || window.cockpit.connection !== "live") return;
    const body = JSON.stringify({ tab, draws });
    const headers = window.cockpitHeaders();
    fetch("/api/v1/metrics/browser", { method: "POST", headers, body }).catch(() => {}); // lost is lost
  }

  window.cockpit.drawn = drawn;
  setTimeout(report, EVERY_MS + Math.random() * SPREAD_MS);
})();
